import pytest

from tests.cast import PASSWORD
from tests.people.rooms import text

FRESH = "copper kettle evening 88"


@pytest.fixture
def cole(cast):
    cast.user(cast.good_therapy, "cole", name="Cole Reyes", groups=["Clinician"])
    return cast.signed_in(cast.good_therapy, "cole")


def test_everybody_sees_who_they_are_and_where_they_are_signed_in(cast, cole):
    page = text(cole.get("/profile/"))

    assert "Cole Reyes" in page and ">cole</dd>" in page and "this one" in page


def test_a_restricted_user_has_a_profile_and_an_activity(cast):
    cast.jane()
    jane = cast.signed_in(cast.acme, "jane")

    assert [jane.get(path).status_code for path in ("/profile/", "/my-activity/", "/profile/password/")] == [200] * 3
    assert jane.get("/settings/users/").status_code == 403


def test_a_new_password_needs_the_old_one_ends_other_sessions_and_keeps_this(cast, cole):
    other = cast.signed_in(cast.good_therapy, "cole")
    wrong = cole.post("/profile/password/", {"current": "not it at all 12345", "password": FRESH})
    still = other.get("/profile/").status_code

    changed = cole.post("/profile/password/", {"current": PASSWORD, "password": FRESH})

    assert wrong.status_code == 422 and "This is not your current password." in text(wrong)
    assert FRESH not in text(wrong)
    assert (still, changed.status_code) == (200, 302)
    assert cole.get("/profile/").status_code == 200 and other.get("/profile/").status_code == 302
    cast.signed_in(cast.good_therapy, "cole", FRESH)
    assert len(cast.events(cast.good_therapy, action="password.changed")) == 1


@pytest.mark.parametrize(("password", "because"), [
    ("short", "at least 15 characters"),
    ("1qaz2wsx3edc4rfv", "too common"),
    ("passwordpassword", "repeats itself"),
    ("countersign 1234", "mostly a name"),
    (PASSWORD, "the password you have"),
])
def test_a_weak_password_is_refused_with_the_rule(cast, cole, password, because):
    response = cole.post("/profile/password/", {"current": PASSWORD, "password": password})

    assert response.status_code == 422 and because in text(response)


def test_sign_out_elsewhere_keeps_this_session(cast, cole):
    other = cast.signed_in(cast.good_therapy, "cole")

    cole.post("/profile/sessions/ending/")

    assert cole.get("/profile/").status_code == 200 and other.get("/profile/").status_code == 302
    assert len(cast.events(cast.good_therapy, action="signed-out.everywhere")) == 1


def test_my_activity_shows_ones_own_events_and_nobody_elses(cast, cole):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.signed_in(cast.good_therapy, "priya").get("/settings/users/")
    cole.get("/settings/users/")

    page = text(cole.get("/my-activity/"))

    assert "Signed in" in page and "Was refused /settings/users/" in page
    assert "Listed the users" not in page


def test_my_activity_is_paged_by_key(cast, cole):
    for _ in range(25):
        cole.get("/profile/")

    first = text(cole.get("/my-activity/"))
    after = first.partition('href="?after=')[2].partition('"')[0]
    second = text(cole.get(f"/my-activity/?after={after}"))

    assert first.count("<td>Opened their own profile</td>") == 20
    assert second.count("<td>Opened their own profile</td>") == 5
    assert cole.get("/my-activity/?after=abc").status_code == 200
    assert cole.get("/my-activity/?after=²³").status_code == 200
