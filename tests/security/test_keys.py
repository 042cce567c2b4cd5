"""Case 10: what is taken from a Billing user is taken, at the next request, from every person behind it."""

import pytest

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.people import accounts
from countersign.people.models import PermissionGroup, User, UserType


@pytest.fixture
def two_visits(cast):
    """Two browsers, two individuals, one key."""
    cast.key()
    cast.jane()
    cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park", email="june@example.org")
    visits = [cast.visit(user_id="jane"), cast.visit(user_id="june")]
    assert [cast.go(visit, "/clients/").status_code for visit in visits] == [200, 200]
    return visits


def test_an_inactivated_key_shuts_out_everybody_behind_it(cast, two_visits):
    with binding.bind(cast.good_therapy):
        accounts.inactivate(User.objects.get(user_id="acme-billing"), by=system())

    for visit in two_visits:
        cast.go(visit, "/clients/")
        assert visit.url.partition("?")[0].endswith("/sign-in/")


def test_a_group_that_loses_a_permission_shuts_that_door_for_everybody_behind_the_key(cast, two_visits):
    with binding.bind(cast.good_therapy):
        group = PermissionGroup.objects.get(name="Billing full cycle")
        group.permissions = [string for string in group.permissions if string != "view_clients"]
        group.save()

    assert [cast.go(visit, "/clients/").status_code for visit in two_visits] == [403, 403]


def test_a_key_taken_out_of_its_group_opens_nothing_more(cast, two_visits):
    with binding.bind(cast.good_therapy):
        User.objects.get(user_id="acme-billing").groups.clear()

    assert [cast.go(visit, "/clients/").status_code for visit in two_visits] == [403, 403]
    refused = cast.events(cast.good_therapy, action="page.refused")
    assert {event.person for event in refused} == {"Jane Doe", "June Park"}
