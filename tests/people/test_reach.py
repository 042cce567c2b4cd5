"""Nobody grants what they do not hold, nobody gets in as somebody who may do more, and a key manages nothing."""

import pytest
from django.conf import settings
from django.test import RequestFactory

from countersign.instances import binding
from countersign.people import sessions
from countersign.people.models import Session, User
from tests.cast import PASSWORD
from tests.people.rooms import details, group, held, text, user, version

NEW = "/settings/users/new/"


@pytest.fixture
def mona(cast):
    """Mona manages users and groups of Good Therapy, sees clients, and holds nothing else."""
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.user(cast.good_therapy, "mona", name="Mona Lee", permissions=[
        "manage_users", "manage_permission_groups", "view_clients",
    ])
    return cast.signed_in(cast.good_therapy, "mona")


def test_what_one_does_not_hold_is_neither_offered_nor_given(cast, mona):
    page = text(mona.get(NEW))
    refused = mona.post(NEW, details(permissions=["view_clients", "release_claims"]))
    grouped = mona.post(NEW, details(groups=[group(cast.good_therapy, "Clinician").id]))

    assert 'value="view_clients"' in page and 'value="release_claims"' not in page and ">Clinician<" not in page
    assert refused.status_code == grouped.status_code == 422
    assert "You cannot give what you do not hold: Release claims." in text(refused)
    assert user(cast.good_therapy, "jo") is None


def test_only_a_system_administrator_makes_another(cast, mona):
    page = text(mona.get(NEW))

    response = mona.post(NEW, details(type="administrator"))

    assert "System Administrator</option>" not in page
    assert response.status_code == 422 and user(cast.good_therapy, "jo") is None


def test_a_group_editor_cannot_add_what_they_do_not_hold(cast, mona):
    """Security case 52: neither to a group they are in, nor to a new one, nor by joining one."""
    desk = group(cast.good_therapy, "Front desk")
    page = mona.get(f"/settings/groups/{desk.id}/")
    mark = version(page)

    added = mona.post(f"/settings/groups/{desk.id}/", {
        "name": "Front desk", "permissions": [*desk.permissions, "release_claims"], "version": mark,
    })
    new = mona.post("/settings/groups/new/", {"name": "Mine", "permissions": ["release_claims"]})
    me = user(cast.good_therapy, "mona")
    joined = mona.post(f"/settings/users/{me.id}/", {
        "name": "Mona Lee", "type": "regular", "permissions": me.permissions,
        "groups": [group(cast.good_therapy, "Clinician").id],
        "version": version(mona.get(f"/settings/users/{me.id}/")),
    })

    assert [r.status_code for r in (added, new, joined)] == [422, 422, 422]
    for response in (added, new):
        assert "You cannot give what you do not hold: Release claims." in text(response)
    assert group(cast.good_therapy, "Front desk").permissions == desk.permissions
    assert held(cast.good_therapy, "mona") == ["manage_permission_groups", "manage_users", "view_clients"]


def test_nobody_gets_in_as_somebody_who_may_do_more(cast, mona):
    """An activation to an address of one's own would open any account."""
    priya = user(cast.good_therapy, "priya")
    page = mona.get(f"/settings/users/{priya.id}/")

    readdressed = mona.post(f"/settings/users/{priya.id}/", {
        "name": priya.name, "type": "administrator", "email": "mona@example.org",
        "version": version(page),
    })
    sent = mona.post(f"/settings/users/{priya.id}/activation/")
    password = mona.post(f"/settings/users/{priya.id}/password/", {"password": "copper kettle evening 88"})

    assert [r.status_code for r in (readdressed, sent, password)] == [422, 422, 422]
    assert user(cast.good_therapy, "priya").email == "priya@example.org"
    cast.signed_in(cast.good_therapy, "priya", PASSWORD)


def test_permissions_one_does_not_hold_oneself_stay_when_somebody_else_is_saved(cast, mona):
    cast.user(cast.good_therapy, "cole", name="Cole", groups=["Clinician"], permissions=["release_claims"])
    cole = user(cast.good_therapy, "cole")
    page = mona.get(f"/settings/users/{cole.id}/")

    response = mona.post(f"/settings/users/{cole.id}/", {
        "name": "Cole Reyes", "type": "regular", "permissions": ["release_claims", "view_clients"],
        "groups": [group(cast.good_therapy, "Clinician").id],
        "version": version(page),
    })

    assert 'value="release_claims"' in text(page)
    assert response.status_code == 302 and "release_claims" in held(cast.good_therapy, "cole")


def test_the_model_and_the_gate_hold_the_ceiling_too(cast):
    """Somebody writes past the form: the model refuses it; past the model: the gate denies it."""
    key = cast.key(groups=["Practice manager"])

    with binding.bind(cast.good_therapy):
        key.permissions = ["manage_users"]
        with pytest.raises(Exception, match="can never be given: Manage users"):
            key.save()
        User.objects.filter(id=key.id).update(permissions=["manage_users", "view_psychotherapy_notes", "view_claims"])

    assert "view_claims" in held(cast.good_therapy, "acme-billing")
    for above in ("manage_users", "view_psychotherapy_notes", "manage_permission_groups", "manage_account"):
        assert above not in held(cast.good_therapy, "acme-billing")


@pytest.fixture
def visitor(cast, settings_without_checks):
    """Jane in Good Therapy under a key that holds all a key can hold, and by mistake a group that holds more."""
    key = cast.key(groups=["Billing full cycle", "Practice manager"])
    client = cast.client(cast.good_therapy)
    request = RequestFactory().get("/", headers={"user-agent": "Test browser"})
    request.address = "127.0.0.1"
    with binding.bind(cast.good_therapy):
        _, token = sessions.start(request, key, individual={
            "person": "Jane Doe", "iss": "http://acme-billing.countersign.localhost:8000", "sub": "1", "email": "",
            "factors": "pwd", "company": "ACME Billing", "visit": "00000000-0000-0000-0000-000000000001",
        })
    client.cookies[sessions.cookie_name()] = token
    return client


@pytest.fixture
def settings_without_checks(monkeypatch):
    """What a visit rests on is access's and is tested there; here somebody simply is in one."""
    monkeypatch.setattr(settings, "SESSION_CHECKS", [])


def test_a_visitor_manages_neither_users_nor_groups_nor_itself(cast, visitor):
    """Security cases 50 and 51: each is refused by name, and nothing changed."""
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.user(cast.good_therapy, "cole", groups=["Clinician"])
    key, cole = user(cast.good_therapy, "acme-billing"), user(cast.good_therapy, "cole")
    desk = group(cast.good_therapy, "Front desk")
    before = _everything(cast)

    answers = [
        visitor.post(NEW, details(type="administrator")),
        visitor.post(f"/settings/users/{key.id}/", {
            "name": "x", "type": "billing", "permissions": ["manage_users"], "groups": [desk.id],
            "is_staff": "1", "instance": str(cast.elm_street.id), "billing_company": str(cast.rival.id),
        }),
        visitor.post(f"/settings/users/{cole.id}/inactivation/"),
        visitor.post(f"/settings/users/{cole.id}/reactivation/"),
        visitor.post(f"/settings/users/{cole.id}/password/", {"password": "copper kettle evening 88"}),
        visitor.post(f"/settings/users/{cole.id}/forced-password/"),
        visitor.post(f"/settings/users/{cole.id}/activation/"),
        visitor.post(f"/settings/users/{cole.id}/sessions/ending/"),
        visitor.post(f"/settings/groups/{desk.id}/", {"name": "x", "permissions": ["view_reports"]}),
        visitor.post("/settings/groups/new/", {"name": "x"}),
        visitor.post(f"/settings/groups/{desk.id}/deletion/"),
        visitor.post("/profile/password/", {"current": "x", "password": "y"}),
        visitor.post("/profile/sessions/ending/"),
    ]

    assert {response.status_code for response in answers} == {403}
    assert _everything(cast) == before
    refused = cast.events(cast.good_therapy, action="page.refused")
    assert len(refused) == len(answers)
    assert {(e.person, e.company, e.billing_user) for e in refused} == {("Jane Doe", "ACME Billing", "acme-billing")}
    assert {e.rule for e in refused} == {"manage_users", "manage_permission_groups", "own people only"}


def test_what_is_taken_from_a_key_is_taken_from_everybody_behind_it_at_the_next_request(cast, visitor):
    """Security case 10: a permission, a group, the key itself."""
    cast.administrator(cast.good_therapy, "priya")
    priya, key = cast.signed_in(cast.good_therapy, "priya"), user(cast.good_therapy, "acme-billing")
    path = f"/settings/users/{key.id}/"
    before = visitor.get("/")

    ungrouped = priya.post(path, {
        "name": key.name, "type": "billing", "billing_company": key.billing_company,
        "version": version(priya.get(path)),
    })
    after = visitor.get("/")
    priya.post(f"{path}inactivation/")
    gone = visitor.get("/")

    assert (before.status_code, before["Location"]) == (302, "/clients/")
    assert ungrouped.status_code == 302
    assert after.status_code == 200 and "Nothing to open yet" in text(after)
    assert gone.status_code == 302 and gone["Location"].startswith("/sign-in/")


def test_fields_that_no_form_has_change_nothing(cast):
    """Security case 50, mass assignment."""
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    client = cast.signed_in(cast.good_therapy, "priya")

    response = client.post(NEW, details(
        is_staff="1", instance=str(cast.elm_street.id), inactivated_at="2020-01-01", created_by="Somebody", look="x",
        password_forced_at="2020-01-01", id="00000000-0000-0000-0000-000000000001",
    ))

    made = user(cast.good_therapy, "jo")
    assert response.status_code == 302
    assert (made.inactivated_at, made.created_by, made.look, made.password_forced_at) == (
        None, "Priya Raman", "jo", None,
    )
    assert str(made.id) != "00000000-0000-0000-0000-000000000001"
    assert user(cast.elm_street, "jo") is None


def test_a_user_of_another_instance_is_not_there(cast):
    cast.administrator(cast.good_therapy, "priya")
    ellis = cast.administrator(cast.elm_street, "ellis")
    client = cast.signed_in(cast.good_therapy, "priya")

    answers = [client.get(f"/settings/users/{ellis.id}/"), client.post(f"/settings/users/{ellis.id}/inactivation/")]

    assert [response.status_code for response in answers] == [404, 404]
    assert user(cast.elm_street, "ellis").is_active


@pytest.mark.parametrize("path", [
    NEW, "/settings/groups/new/", "/profile/password/", "/profile/sessions/ending/", "/settings/users/{id}/",
    "/settings/users/{id}/inactivation/", "/settings/users/{id}/reactivation/", "/settings/users/{id}/password/",
    "/settings/users/{id}/forced-password/", "/settings/users/{id}/activation/", "/forgotten-password/",
    "/settings/users/{id}/sessions/ending/", "/activation/{id}/", "/sign-out/",
])
def test_a_form_from_elsewhere_is_refused(cast, path):
    """Security case 55."""
    cast.administrator(cast.good_therapy, "priya")
    cole = cast.user(cast.good_therapy, "cole")
    signed_in = cast.signed_in(cast.good_therapy, "priya")
    client = cast.client(cast.good_therapy, enforce_csrf_checks=True)
    client.cookies = signed_in.cookies
    before = _everything(cast)

    response = client.post(path.format(id=cole.id), details())

    assert response.status_code == 403 and "not sent from a page of this system" in text(response)
    assert _everything(cast) == before


def _everything(cast):
    """Users, groups and sessions of Good Therapy as plain values (when somebody was last seen aside)."""
    with binding.bind(cast.good_therapy):
        return [
            list(User.objects.order_by("id").values()),
            list(User.groups.through.objects.order_by("id").values()),
            list(Session.objects.order_by("id").values("id", "user_id", "ended_at")),
        ]
