import pytest

from countersign.instances import binding
from countersign.people.models import PermissionGroup
from tests.people.rooms import group, text, version


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


def at(found, more=""):
    return f"/settings/groups/{found.id}/{more}"


def test_the_page_says_whom_a_change_touches_and_from_when(cast, priya):
    cast.user(cast.good_therapy, "cole", name="Cole Reyes", groups=["Clinician"])
    cast.user(cast.good_therapy, "cora", name="Cora Lane", groups=["Clinician"])

    page = text(priya.get(at(group(cast.good_therapy, "Clinician"))))

    assert "A change touches 2 users" in page and "Cole Reyes (cole)" in page and "Cora Lane (cora)" in page
    assert "It counts from their next request." in page


def test_a_changed_group_counts_at_the_next_request_of_a_signed_in_member(cast, priya):
    cast.user(cast.good_therapy, "cole", groups=["Clinician"])
    clinician, client = group(cast.good_therapy, "Clinician"), cast.signed_in(cast.good_therapy, "cole")
    before = client.get("/settings/users/").status_code

    priya.post(at(clinician), {
        "name": "Clinician", "permissions": [*clinician.permissions, "manage_users"],
        "version": version(priya.get(at(clinician))),
    })

    assert (before, client.get("/settings/users/").status_code) == (403, 200)
    (event,) = cast.events(cast.good_therapy, action="group.changed")
    assert event.changes["permissions"][1] == sorted([*clinician.permissions, "manage_users"])


def test_what_is_ignored_for_billing_members_is_said(cast, priya):
    cast.key(groups=["Practice manager"])

    page = text(priya.get(at(group(cast.good_therapy, "Practice manager"))))

    assert "Ignored for its Billing members: Manage users, Manage permission groups," in page


def test_a_group_is_made_and_deleted_while_nobody_is_in_it(cast, priya):
    made = priya.post("/settings/groups/new/", {"name": "Auditors", "permissions": ["view_reports"]})
    auditors = group(cast.good_therapy, "Auditors")
    cast.user(cast.good_therapy, "cole", groups=["Auditors"])
    refused = priya.post(at(auditors, "deletion/"))
    with binding.bind(cast.good_therapy):
        auditors.members.clear()
    deleted = priya.post(at(auditors, "deletion/"))

    assert [r.status_code for r in (made, refused, deleted)] == [302, 422, 302]
    assert "This group has members." in text(refused)
    with binding.bind(cast.good_therapy):
        assert not PermissionGroup.objects.filter(name="Auditors").exists()


def test_two_groups_do_not_share_a_name(cast, priya):
    response = priya.post("/settings/groups/new/", {"name": "front DESK"})

    assert response.status_code == 422 and "Another group has this name." in text(response)


def test_of_two_tabs_the_second_is_told(cast, priya):
    desk = group(cast.good_therapy, "Front desk")
    first = second = priya.get(at(desk))
    priya.post(at(desk), {"name": "Desk", "permissions": ["view_clients"], "version": version(first)})

    late = priya.post(at(desk), {"name": "Reception", "permissions": [], "version": version(second)})

    assert late.status_code == 422 and "Somebody changed this group meanwhile." in text(late)
    assert 'value="Reception"' in text(late) and "<dd>Desk</dd>" in text(late)


def test_the_list_asks_the_same_few_questions_whatever_the_number_of_groups(cast, priya, queries):
    priya.get("/settings/groups/")
    with queries(cast.good_therapy) as few:
        priya.get("/settings/groups/")
    with binding.bind(cast.good_therapy):
        PermissionGroup.objects.bulk_create(PermissionGroup(name=f"Group {n}") for n in range(20))
    with queries(cast.good_therapy) as many:
        priya.get("/settings/groups/")

    assert (len(few), len(many)) == (5, 5)


def test_whoever_does_not_manage_groups_is_refused(cast):
    cast.user(cast.good_therapy, "mona", permissions=["manage_users"])

    response = cast.signed_in(cast.good_therapy, "mona").get("/settings/groups/")

    assert response.status_code == 403 and "Manage permission groups" in text(response)
