"""User Details: the tags that a Billing user holds, and its switch for 42 CFR Part 2."""

import pytest

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.people import tags
from countersign.people.models import AccessTag, User
from tests.people.rooms import text, user, version

pytestmark = pytest.mark.usefixtures("home_not_asked")


@pytest.fixture
def good(cast):
    return cast.good_therapy


@pytest.fixture
def priya(cast, good):
    cast.administrator(good, "priya", name="Priya Raman")
    return cast.signed_in(good, "priya")


@pytest.fixture
def made(good):
    """{name: tag}: two in use, and one that was retired."""
    with binding.bind(good):
        found = {name: tags.add(name=name, by=system()) for name in ("Adults", "North", "Gone")}
        tags.retire(found["Gone"], by=system())
        return found


def filled(cast, **more):
    return {"name": "ACME Billing", "email": "", "type": "billing", "billing_company": str(cast.acme.id), **more}


def held(good, user_id="acme-billing"):
    with binding.bind(good):
        key = User.objects.get(user_id=user_id)
        return sorted(tag.name for tag in key.tags.all()), key.sees_part_2


def test_a_new_billing_user_sees_no_part_2_and_holds_no_tag_unless_ticked(cast, good, priya, made):
    new = filled(cast, user_id="acme-new", password="brass lamp by the window")
    priya.post("/settings/users/new/", new)
    ticked = {**new, "user_id": "acme-two", "tags": [made["Adults"].id], "sees_part_2": "on"}
    priya.post("/settings/users/new/", ticked)

    assert (held(good, "acme-new"), held(good, "acme-two")) == (([], False), (["Adults"], True))
    created = [event.changes for event in cast.events(good, action="user.created") if "acme" in event.object]
    assert [(one["tags"], one["sees_part_2"]) for one in created] == [([], False), (["Adults"], True)]


def test_they_are_changed_on_the_users_page_with_old_and_new(cast, good, priya, made):
    key = cast.key(groups=())
    address = f"/settings/users/{key.id}/"
    page = priya.get(address)

    response = priya.post(address, filled(
        cast, version=version(page), tags=[made["North"].id, made["Adults"].id], sees_part_2="on"
    ))

    assert response.status_code == 302 and held(good) == (["Adults", "North"], True)
    (event,) = cast.events(good, action="user.changed")
    assert event.changes == {"tags": [[], ["Adults", "North"]], "sees_part_2": [False, True]}


@pytest.mark.parametrize("wrong", ["nonsense", "00000000-0000-0000-0000-000000000007", "Gone"])
def test_a_tag_that_does_not_exist_or_is_retired_is_refused_beside_the_field(cast, good, priya, made, wrong):
    key = cast.key(groups=())
    address = f"/settings/users/{key.id}/"

    response = priya.post(address, filled(
        cast, version=version(priya.get(address)), name="Typed", tags=[made["Adults"].id, getattr(
            made.get(wrong), "id", wrong
        )], sees_part_2="on",
    ))

    assert response.status_code == 422
    assert "does not exist or was retired" in str(response.context["form"].errors["tags"])
    assert 'value="Typed"' in text(response)
    assert held(good) == ([], False) and user(good, "acme-billing").name == "ACME Billing"


def test_a_retired_tag_is_kept_by_who_holds_it_and_offered_to_nobody_else(cast, good, priya, made):
    first, second = cast.key(groups=()), cast.key("acme-two", groups=())
    with binding.bind(good):
        first.tags.set([AccessTag.objects.get(name="Gone")])

    pages = [text(priya.get(f"/settings/users/{key.id}/")) for key in (first, second)]

    assert ["Gone (retired)" in page for page in pages] == [True, False]


@pytest.mark.parametrize("more", [{"sees_part_2": "on"}, {"tags": True}])
def test_nobody_of_another_type_is_given_them(cast, good, priya, made, more):
    sent = {"tags": [made["Adults"].id]} if "tags" in more else more

    response = priya.post("/settings/users/new/", {
        "name": "Nell", "user_id": "nell", "type": "regular", "password": "brass lamp by the window", **sent,
    })

    assert response.status_code == 422 and "Only a user of the type Billing holds access tags" in text(response)
    with binding.bind(good):
        assert not User.objects.filter(user_id="nell").exists()


def test_of_two_tabs_the_second_is_told(cast, good, priya, made):
    key = cast.key(groups=())
    address = f"/settings/users/{key.id}/"
    stale = version(priya.get(address))
    priya.post(address, filled(cast, version=stale, tags=[made["Adults"].id]))

    late = priya.post(address, filled(cast, version=stale, sees_part_2="on"))

    assert late.status_code == 422 and held(good) == (["Adults"], False)
    assert "Adults" in text(late)
