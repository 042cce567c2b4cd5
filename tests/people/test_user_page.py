from datetime import timedelta

import pytest

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.people import accounts
from countersign.people.models import Session
from tests.cast import KEY, PASSWORD
from tests.people.rooms import group, held, text, user, version

FRESH = "copper kettle evening 88"


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


@pytest.fixture
def cole(cast, priya):
    cast.user(cast.good_therapy, "cole", name="Cole Reyes", email="cole@example.org", groups=["Clinician"])
    return user(cast.good_therapy, "cole")


def filled(cast, page, **more):
    """

from datetime import timedelta

What a browser sends when Cole's page is saved as it stands."""
    clinician = group(cast.good_therapy, "Clinician")
    return {
        "name": "Cole Reyes", "email": "cole@example.org", "type": "regular", "groups": [clinician.id],
        "version": version(page), **more,
    }


def at(person, more=""):
    return f"/settings/users/{person.id}/{more}"


def test_the_user_id_is_shown_and_cannot_be_changed(cast, priya, cole):
    page = priya.get(at(cole))

    response = priya.post(at(cole), filled(cast, page, user_id="other", name="Cole R. Reyes"))

    assert response.status_code == 302
    assert 'name="user_id"' not in text(page) and ">cole</dd>" in text(page)
    assert user(cast.good_therapy, "cole").name == "Cole R. Reyes"
    assert [e.object for e in cast.events(cast.good_therapy, action="user.opened")] == ["Cole Reyes (cole)"]


def test_a_change_counts_from_the_next_request_of_who_is_signed_in(cast, priya, cole):
    client = cast.signed_in(cast.good_therapy, "cole")
    before = client.get("/settings/users/").status_code

    priya.post(at(cole), filled(cast, priya.get(at(cole)), permissions=["manage_users"]))
    given = client.get("/settings/users/").status_code
    priya.post(at(cole), filled(cast, priya.get(at(cole))))
    taken = client.get("/settings/users/").status_code

    assert (before, given, taken) == (403, 200, 403)


def test_of_two_tabs_the_second_is_told_and_loses_nothing_that_was_typed(cast, priya, cole):
    """Security case 54."""
    first, second = priya.get(at(cole)), priya.get(at(cole))
    saved = priya.post(at(cole), filled(cast, first, name="Cole Reyes-Lind", permissions=["view_reports"]))

    late = priya.post(at(cole), filled(cast, second, name="Nicholas Reyes"))

    assert (saved.status_code, late.status_code) == (302, 422)
    assert "Somebody changed this user meanwhile." in text(late)
    assert 'value="Nicholas Reyes"' in text(late) and "<dd>Cole Reyes-Lind</dd>" in text(late)
    assert user(cast.good_therapy, "cole").name == "Cole Reyes-Lind"
    assert "view_reports" in held(cast.good_therapy, "cole")
    assert priya.post(at(cole), filled(cast, late, name="Nicholas Reyes")).status_code == 302


def test_a_permission_lost_between_loading_and_saving_refuses_the_save_with_the_rule(cast, priya, cole):
    """Security case 11: the right to manage users, and the right to give what is being given."""
    cast.user(cast.good_therapy, "mona", name="Mona Lee", permissions=["manage_users", "view_claims"])
    mona, row = cast.signed_in(cast.good_therapy, "mona"), user(cast.good_therapy, "mona")
    loaded = mona.get(at(cole))

    def leave(*permissions):
        with binding.bind(cast.good_therapy):
            accounts.change(
                accounts.User.objects.get(id=row.id), by=system(), grantable=None, name="Mona Lee", email="",
                type="regular", groups=(), permissions=permissions,
            )

    wanted = {"name": "Cole Reyes", "email": "cole@example.org", "type": "regular", "permissions": ["view_claims"],
              "version": version(loaded)}
    leave("manage_users")
    beyond = mona.post(at(cole), wanted)
    leave()
    gone = mona.post(at(cole), wanted)

    assert beyond.status_code == 422 and "You cannot give what you do not hold: View claims." in text(beyond)
    assert gone.status_code == 403 and "Rule: manage_users" in text(gone)
    assert "view_claims" not in held(cast.good_therapy, "cole")
    assert [e.rule for e in cast.events(cast.good_therapy, action="page.refused")] == ["manage_users"]


def test_inactivate_and_force_log_off_shows_what_it_does_and_does_it(cast, priya, cole):
    client = cast.signed_in(cast.good_therapy, "cole")

    asked = priya.get(at(cole, "inactivation/"))
    response = priya.post(at(cole, "inactivation/"))

    assert "Inactivate &amp; force log off</button>" in text(asked) and "1 open session" in text(asked)
    assert response.status_code == 302
    assert client.get("/profile/").status_code == 302
    assert cast.client(cast.good_therapy).post(
        "/sign-in/", {"user_id": "cole", "password": PASSWORD}
    ).status_code == 422
    assert [e.person for e in cast.events(cast.good_therapy, action="user.inactivated")] == ["Priya Raman"]


def test_the_last_administrator_stays_and_nobody_inactivates_themselves(cast, priya):
    cast.user(cast.good_therapy, "mona", permissions=["manage_users"])
    mona = cast.signed_in(cast.good_therapy, "mona")
    me, own = user(cast.good_therapy, "priya"), user(cast.good_therapy, "mona")

    last = mona.post(at(me, "inactivation/"))
    self_ = mona.post(at(own, "inactivation/"))
    demoted = priya.post(at(me), {"name": "Priya", "email": me.email, "type": "regular", "version": version(
        priya.get(at(me)))})

    assert [r.status_code for r in (last, self_, demoted)] == [422, 422, 422]
    assert "This is the last active System Administrator." in text(last)
    assert "You cannot inactivate yourself." in text(self_)
    assert user(cast.good_therapy, "priya").is_active and user(cast.good_therapy, "priya").type == "administrator"


def test_reactivated_users_sign_in_again(cast, priya, cole):
    priya.post(at(cole, "inactivation/"))

    response = priya.post(at(cole, "reactivation/"))

    assert response.status_code == 302
    cast.signed_in(cast.good_therapy, "cole")


def test_nobody_gives_back_what_they_do_not_hold(cast, priya, cole):
    cast.user(cast.good_therapy, "mona", permissions=["manage_users"])
    priya.post(at(cole, "inactivation/"))

    response = cast.signed_in(cast.good_therapy, "mona").post(at(cole, "reactivation/"))

    assert response.status_code == 422 and not user(cast.good_therapy, "cole").is_active


def test_sign_out_everywhere_ends_the_open_sessions(cast, priya, cole):
    client = cast.signed_in(cast.good_therapy, "cole")
    listed = text(priya.get(at(cole)))

    response = priya.post(at(cole, "sessions/ending/"))

    assert "Test browser" in listed and response.status_code == 302
    assert client.get("/profile/").status_code == 302
    assert len(cast.events(cast.good_therapy, action="user.signed-out")) == 1


def test_a_forced_password_lets_the_person_do_nothing_else_first(cast, priya, cole):
    client = cast.signed_in(cast.good_therapy, "cole")

    priya.post(at(cole, "forced-password/"))
    turned = client.get("/profile/")
    chosen = client.post("/profile/password/", {"current": PASSWORD, "password": FRESH})

    assert turned["Location"] == "/profile/password/"
    assert chosen.status_code == 302 and client.get("/profile/").status_code == 200


def test_a_new_password_of_a_key_is_generated_shown_once_and_ends_what_rests_on_it(cast, priya):
    key = cast.key()
    page = text(priya.post(at(key, "password/"), {"generate": "1", "password": ""}))
    generated = page.partition('name="password" value="')[2].partition('"')[0]

    saved = priya.post(at(key, "password/"), {"password": generated, "generated": "1"}, follow=True)

    assert len(generated) >= 20 and generated not in text(saved)
    with binding.bind(cast.good_therapy):
        stored = accounts.User.objects.get(id=key.id)
        assert accounts.passwords.matches(generated, stored.password)
        assert not accounts.passwords.matches(KEY, stored.password)
    assert not any(generated in repr(event.__dict__) for event in cast.events(cast.good_therapy))


def test_a_key_has_nobody_to_ask_or_to_mail(cast, priya):
    key = cast.key()

    answers = [priya.post(at(key, "forced-password/")), priya.post(at(key, "activation/"))]

    assert [r.status_code for r in answers] == [422, 422]
    assert "Force a new password" not in text(priya.get(at(key)))


def test_a_password_set_for_a_person_without_e_mail_must_be_replaced_by_them(cast, priya):
    cast.user(cast.good_therapy, "nomail")
    person = user(cast.good_therapy, "nomail")

    response = priya.post(at(person, "password/"), {"password": FRESH})

    assert response.status_code == 302
    assert cast.signed_in(cast.good_therapy, "nomail", FRESH).get("/profile/")["Location"] == "/profile/password/"


def test_raising_a_restricted_user_says_that_they_are_charged_for_from_now_on(cast, priya):
    cast.user(cast.good_therapy, "rita", "restricted", name="Rita Rest")
    rita = user(cast.good_therapy, "rita")
    page = priya.get(at(rita))

    shown = text(priya.post(at(rita), {"name": "Rita Rest", "type": "regular", "show": "1"}))
    raised = priya.post(at(rita), {"name": "Rita Rest", "type": "regular", "version": version(page)}, follow=True)

    assert "charged for from now on" in shown and 'name="permissions"' in shown
    assert "Rita Rest is charged for from now on." in text(raised)


def test_a_key_stays_a_key_and_a_person_a_person(cast, priya, cole):
    key = cast.key()

    as_person = priya.post(at(key), {"name": "x", "type": "regular", "version": version(priya.get(at(key)))})
    as_key = priya.post(at(cole), filled(cast, priya.get(at(cole)), type="billing", billing_company=cast.acme.id))

    assert [r.status_code for r in (as_person, as_key)] == [422, 422]


def test_another_company_ends_what_is_open_under_the_key(cast, priya):
    key = cast.key()
    with binding.bind(cast.good_therapy):
        Session.objects.create(
            digest="x", user=key, individual={"person": "Jane"}, signed_in_at=key.created_at, seen_at=key.created_at,
            expires_at=key.created_at + timedelta(hours=1),
        )
    page = priya.get(at(key))

    response = priya.post(at(key), {
        "name": "ACME Billing", "type": "billing", "billing_company": cast.rival.id, "version": version(page),
        "groups": [group(cast.good_therapy, "Billing full cycle").id],
    })

    assert response.status_code == 302
    with binding.bind(cast.good_therapy):
        assert Session.objects.get(digest="x").ended_because == "the Billing user was given to another company"


def test_a_key_keeps_its_company_on_the_form_after_the_company_was_delisted(cast, priya):
    key = cast.key()
    cast.installation.list(cast.acme, "delisted")
    page = priya.get(at(key))

    response = priya.post(at(key), {
        "name": "Renamed", "type": "billing", "billing_company": cast.acme.id, "version": version(page),
    })

    assert "ACME Billing (not listed)" in text(page) and response.status_code == 302


def test_old_data_in_hand_does_not_undo_what_somebody_changed(cast, cole):
    """A password is set on a user that was read before the permissions were taken away."""
    with binding.bind(cast.good_therapy):
        in_hand = accounts.User.objects.get(id=cole.id)
        accounts.User.objects.filter(id=cole.id).update(permissions=["view_reports"], email="new@example.org")
        accounts.set_password(in_hand, password=FRESH, by=system())

        stored = accounts.User.objects.get(id=cole.id)
    assert (stored.permissions, stored.email) == (["view_reports"], "new@example.org")


def test_the_page_of_a_user_asks_a_fixed_number_of_questions(cast, priya, cole, queries):
    priya.get(at(cole))

    with queries(cast.good_therapy) as asked:
        priya.get(at(cole))

    assert len(asked) == 13
