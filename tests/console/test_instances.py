"""Support opens instances: whole or not at all."""

import re

import pytest
from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections
from django.test.utils import CaptureQueriesContext

from countersign.audit.actors import SUPPORT, Actor
from countersign.console import actions
from countersign.instances import binding, locations
from countersign.instances.models import Instance, InstanceChange
from countersign.people import post
from countersign.people.models import PermissionGroup, User
from countersign.people.permissions import Permission
from tests.cast import PASSWORD
from tests.installation import as_owner

pytestmark = pytest.mark.everybody

NEW = {
    "name": "North Harbor Counseling", "slug": "north-harbor", "kind": "practice", "time_zone": "America/Denver",
    "admin_name": "Nora Harbor", "admin_user_id": "nora.harbor", "admin_email": "nora@example.org",
}
MORGAN = Actor(person="Morgan Hale", iss="http://support.countersign.localhost:8000", sub="1")


@pytest.fixture
def support(cast):
    cast.administrator(cast.support, "morgan", name="Morgan Hale")
    client = cast.signed_in(cast.support, "morgan")
    client.raise_request_exception = False  # a 503 is an answer like any other
    return client


def folders():
    root = settings.DATA_DIR / "instances"
    return {path.name for path in root.iterdir()} if root.exists() else set()


def test_a_new_instance_its_activation_and_its_administrators_first_sign_in(cast, support):
    response = support.post("/console/instances/new/", NEW)
    post.settle()

    instance = Instance.objects.get(slug="north-harbor")
    assert response.status_code == 302 and response["Location"] == f"/console/instances/{instance.id}/"
    (message,) = mail.outbox
    assert message.to == ["nora@example.org"]
    link = re.search(r"http://north-harbor\.countersign\.localhost:8000(/activation/\S+)", message.body).group(1)
    code = re.search(r"\b[A-Z0-9]{5}-[A-Z0-9]{5}\b", message.body).group()
    nora = cast.client(instance)
    assert nora.get(link).status_code == 200
    used = nora.post(link, {"code": code, "password": PASSWORD, "again": PASSWORD})
    assert used.status_code == 302, used.content.decode()
    assert cast.signed_in(instance, "nora.harbor").get("/profile/").status_code == 200


def test_it_has_its_groups_and_stands_in_both_records(cast, support):
    support.post("/console/instances/new/", NEW)

    instance = Instance.objects.get(slug="north-harbor")
    with binding.bind(instance):
        assert PermissionGroup.objects.filter(name="Clinician").exists()
    (there,) = cast.events(instance, action="instance.created")
    (here,) = cast.events(cast.support, action="instance.created")
    assert (there.source, there.person) == (SUPPORT, "Morgan Hale")
    assert (here.source, here.person, here.object_id) == ("ours", "Morgan Hale", str(instance.id))


@pytest.mark.parametrize(
    "slug",
    ["../", "..%2f", "%00", "a\x00b", "/etc", "a/b", "a" * 300, "con", "support", "a∕b", "ａcme", "Acme", "1st", "a",
     "acme-billing", "x.y", "ünique"],
)
def test_an_address_that_cannot_be_is_refused_next_to_the_field(cast, support, slug):
    before = folders()

    response = support.post("/console/instances/new/", {**NEW, "slug": slug})

    page = response.content.decode()
    assert response.status_code == 422
    assert 'href="#id_slug"' in page and 'value="Nora Harbor"' in page
    assert folders() == before
    assert not Instance.objects.filter(name=NEW["name"]).exists()


def test_the_data_of_an_instance_stays_under_the_data_folder(cast):
    for instance in Instance.objects.all():
        assert locations.sqlite_path(instance).resolve().is_relative_to(settings.DATA_DIR.resolve())
        assert locations.folder(instance).name == str(instance.id)


@pytest.mark.parametrize("field", ["admin_user_id", "admin_email", "admin_name", "name", "time_zone", "kind"])
def test_what_is_wrong_stands_next_to_its_field_and_nothing_is_left(cast, support, field):
    before = folders()

    response = support.post("/console/instances/new/", {**NEW, field: "\n" if field.endswith("name") else "<?>"})

    assert response.status_code == 422
    assert f'href="#id_{field}"' in response.content.decode()
    assert folders() == before
    assert cast.events(cast.support, action="instance.created") == []


def test_if_support_cannot_record_it_nothing_is_created(cast, support):
    before, rows = folders(), Instance.objects.count()
    as_owner(cast.support, "ALTER TABLE audit_event RENAME TO audit_gone")

    response = support.post("/console/instances/new/", NEW)
    post.settle()

    assert response.status_code == 503
    assert Instance.objects.count() == rows
    assert InstanceChange.objects.count() == rows
    assert folders() == before
    assert mail.outbox == []


def test_if_support_can_no_longer_record_it_at_the_end_it_is_taken_back(cast):
    before = folders()
    with binding.bind(cast.support):
        as_owner(cast.support, "ALTER TABLE audit_event RENAME TO audit_gone")
        with pytest.raises(DatabaseError):
            create()

    assert folders() == before
    assert not Instance.objects.filter(slug="north-harbor").exists()


def create():
    return actions.create_instance(
        name="North Harbor", slug="north-harbor", kind="practice", time_zone="UTC", by=MORGAN,
        administrator={"name": "Nora Harbor", "user_id": "nora", "email": "nora@example.org"},
    )


def test_without_a_mail_server_it_is_created_and_the_mail_can_be_sent_again(cast, support, monkeypatch):
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    monkeypatch.setattr(settings, "EMAIL_PORT", 1)
    page = support.post("/console/instances/new/", NEW, follow=True).content.decode()

    assert "The activation could not be sent to nora@example.org" in page
    assert "Send the activation again" in page
    monkeypatch.undo()
    instance = Instance.objects.get(slug="north-harbor")
    again = support.post(f"/console/instances/{instance.id}/activations/", follow=True)
    post.settle()
    assert "An activation was sent" in again.content.decode()
    assert [message.to for message in mail.outbox] == [["nora@example.org"]]


def test_whoever_has_chosen_a_password_gets_no_activation_of_support(cast, support):
    cast.administrator(cast.good_therapy, "priya")

    page = support.post(f"/console/instances/{cast.good_therapy.id}/activations/", follow=True).content.decode()

    assert "No administrator of this instance is waiting" in page
    assert mail.outbox == []


@pytest.mark.parametrize(("state", "action"), [("suspended", "instance.suspended"), ("archived", "instance.archived")])
def test_a_closed_instance_answers_503_and_its_history_says_why(cast, support, state, action):
    url = f"/console/instances/{cast.elm_street.id}/"

    response = support.post(f"{url}changes/", {"state": state, "reason": "The contract ended"})

    assert response.status_code == 302
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 503
    assert cast.client(cast.good_therapy).get("/sign-in/").status_code == 200
    assert "The contract ended" in support.get(url).content.decode()
    for where in (cast.support, cast.elm_street):
        (event,) = cast.events(where, action=action)
        assert (event.person, event.reason) == ("Morgan Hale", "The contract ended")


def test_a_suspended_instance_is_reopened_and_an_archived_one_is_not(cast, support):
    url = f"/console/instances/{cast.elm_street.id}/changes/"
    support.post(url, {"state": "suspended", "reason": "Unpaid"})

    reopened = support.post(url, {"state": "active", "reason": "Paid"})
    assert reopened.status_code == 302
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 200
    support.post(url, {"state": "archived", "reason": "Moved away"})
    assert support.post(url, {"state": "active", "reason": "Came back"}).status_code == 422
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 503


def test_no_reason_no_change(cast, support):
    response = support.post(
        f"/console/instances/{cast.elm_street.id}/changes/", {"state": "suspended", "reason": "  "}
    )

    assert response.status_code == 422
    assert "Say why, in a few words." in response.content.decode()
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 200
    with binding.bind(cast.support), pytest.raises(ValidationError):
        actions.change_state(cast.elm_street, state="suspended", reason=" ", by=MORGAN)


def test_a_change_that_the_instance_cannot_record_is_not_made(cast, support):
    as_owner(cast.elm_street, "ALTER TABLE audit_event RENAME TO audit_gone")

    response = support.post(
        f"/console/instances/{cast.elm_street.id}/changes/", {"state": "suspended", "reason": "Unpaid"}
    )

    assert response.status_code == 503
    assert Instance.objects.get(id=cast.elm_street.id).state == "active"
    assert cast.events(cast.support, action="instance.suspended") == []


def test_support_itself_cannot_be_closed(cast, support):
    response = support.post(
        f"/console/instances/{cast.support.id}/changes/", {"state": "suspended", "reason": "Why not"}
    )

    assert response.status_code == 422
    assert support.get("/console/instances/").status_code == 200


def test_the_list_is_searched_filtered_and_paged_by_key(cast, support):
    for number in range(21):
        cast.installation.open(f"practice-{number:02}", f"Practice {number}")

    def shown(query):
        page = support.get(f"/console/instances/{query}").content.decode()
        return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', page), page

    assert shown("?q=elm")[0] == ["Elm Street Counseling"]
    assert shown("?kind=billing_company&listing=listed")[0] == ["ACME Billing", "Rival Billing"]
    assert shown("?state=archived")[0] == []
    assert "Support" not in shown("?listing=none&q=s")[0]
    first, page = shown("")
    assert len(first) == 20 and "Next 20" in page
    second, page = shown("?after=practice-16")
    assert second == ["Practice 17", "Practice 18", "Practice 19", "Practice 20", "Rival Billing", "Support"]
    assert "Back to the first page" in page
    assert support.get("/console/instances/", {"after": "a\x00", "state": "%"}).status_code == 200


def test_the_list_asks_the_catalogue_twice_whatever_its_length(cast, support):
    with CaptureQueriesContext(connections["control"]) as asked:
        support.get("/console/instances/")

    assert len(asked) == 2, asked.captured_queries  # which instance the host names; the page


@pytest.mark.parametrize("path", ["/console/instances/", "/console/instances/new/", "/console/listings/"])
def test_no_other_host_serves_the_console(cast, path):
    cast.administrator(cast.good_therapy, "priya")
    priya = cast.signed_in(cast.good_therapy, "priya")

    assert priya.get(path).status_code == 404
    assert cast.client(cast.good_therapy).get(path).status_code == 404


def test_at_support_too_the_console_needs_the_permission(cast):
    cast.user(cast.support, "clerk", permissions=[Permission.MANAGE_LISTINGS])
    clerk = cast.signed_in(cast.support, "clerk")

    assert clerk.get("/console/instances/").status_code == 403
    assert clerk.post("/console/instances/new/", NEW).status_code == 403
    assert clerk.get("/console/listings/").status_code == 200
    assert not Instance.objects.filter(slug="north-harbor").exists()


def test_reading_is_on_supports_record(cast, support):
    support.get("/console/instances/")
    support.get(f"/console/instances/{cast.acme.id}/")

    assert len(cast.events(cast.support, action="instances.listed")) == 1
    (event,) = cast.events(cast.support, action="instance.opened")
    assert (event.object, event.object_id) == ("ACME Billing", str(cast.acme.id))


def test_an_administrators_own_sign_in_is_not_known_to_support(cast, support):
    support.post("/console/instances/new/", NEW)

    with binding.bind(cast.support):
        assert not User.objects.filter(user_id="nora.harbor").exists()
