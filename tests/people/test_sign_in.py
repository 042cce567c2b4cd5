from countersign.people import passwords
from tests.cast import PASSWORD
from tests.conftest import PARAMETERS


def test_the_right_password_opens_a_session_and_is_on_the_record(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")

    client = cast.signed_in(cast.good_therapy, "priya")

    assert client.get("/").status_code == 302
    (event,) = cast.events(cast.good_therapy, action="sign-in.accepted")
    assert (event.person, event.user_id, event.address) == ("Priya Raman", "priya", "127.0.0.1")


def test_unknown_user_wrong_password_and_inactive_user_get_the_same_answer(cast):
    cast.administrator(cast.good_therapy, "priya")
    client = cast.client(cast.good_therapy)

    unknown = client.post("/sign-in/", {"user_id": "nobody", "password": PASSWORD})
    wrong = client.post("/sign-in/", {"user_id": "priya", "password": "x" * 20})

    assert unknown.status_code == wrong.status_code == 422
    assert "is not right" in wrong.content.decode()
    assert [e.reason for e in cast.events(cast.good_therapy, action="sign-in.refused")] == [
        "unknown User ID", "wrong password",
    ]


def test_a_cookie_of_another_instance_is_anonymous(cast):
    cast.administrator(cast.good_therapy, "priya")
    cast.administrator(cast.elm_street, "ellis")
    client = cast.signed_in(cast.good_therapy, "priya")
    stranger = cast.client(cast.elm_street)
    stranger.cookies = client.cookies

    response = stranger.get("/")

    assert response.status_code == 302 and response["Location"].startswith("/sign-in/")
    assert len(cast.events(cast.elm_street, action="session.foreign")) == 1


def test_passwords_cost_what_owasp_asks_for_at_least():
    """OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane. Tests pay less (conftest.py)."""
    assert {"m": 19 * 1024, "t": 2, "p": 1} == PARAMETERS
    assert "argon2id" in passwords.encode("a password that nobody has")
