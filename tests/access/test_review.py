"""The review of a Billing user: who used it and which permissions nobody needed; then keep, take away, or end."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from countersign.access import evidence, reminders, reviews, standing, uses
from countersign.access.models import AccessReview, Outcome
from countersign.audit.actions import ACTIONS
from countersign.audit.actors import system
from countersign.identity import dispatches
from countersign.instances import binding
from countersign.people.models import User
from countersign.people.permissions import BILLING_CEILING, Permission
from countersign.watch import looking
from countersign.watch.models import Alert

PRIYA = system("Priya Raman")


@pytest.fixture
def key(cast):
    """Jane came with it, listed the clients twice, and was refused the notes once."""
    cast.jane()
    key = cast.key(groups=["Billing claims only"], permissions=[Permission.ADD_CLIENTS, Permission.EXPORT_CLIENTS])
    inside = cast.visit()
    for path in ("/clients/", "/clients/", "/settings/users/"):
        cast.go(inside, path)
    return key


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


def at(cast, verb, *args, **kwargs):
    with binding.bind(cast.good_therapy):
        return verb(*args, **kwargs)


def words(response):
    return " ".join(response.content.decode().split())


def held(cast, key):
    return at(cast, lambda: User.objects.get(id=key.id).holds(kind=cast.good_therapy.kind))


def test_every_permission_is_either_seen_in_the_record_or_has_no_page():
    assert uses.OF.keys() | uses.WITHOUT_A_PAGE == BILLING_CEILING
    assert uses.PERMISSION.keys() <= ACTIONS.keys()
    assert len(uses.PERMISSION) == sum(map(len, uses.OF.values()))


def test_the_evidence_is_who_came_and_what_was_used_refusals_not_counted(cast, key):
    seen = at(cast, evidence.of, key)

    assert seen.people == {"Jane Doe": 1}
    counted = {line.permission: line.times for line in seen.lines}
    assert counted[Permission.VIEW_CLIENTS] >= 2
    assert {p for p, times in counted.items() if times} == {Permission.VIEW_CLIENTS}
    assert {line.comes_from for line in seen.lines} == {"itself", "Billing claims only"}
    assert Permission.EXPORT_CLIENTS in seen.unused


def test_keeping_it_is_signed_off_and_the_next_one_is_due_in_90_days(cast, priya, key):
    form = {"outcome": "kept", "remark": "Claims are busy in fall"}
    assert priya.post(f"/billing-users/{key.id}/review/", form).status_code == 302

    made = at(cast, AccessReview.objects.get)
    assert (made.outcome, made.signed_by, made.remark) == ("kept", "Priya Raman", "Claims are busy in fall")
    assert made.evidence["people"] == {"Jane Doe": 1}
    assert at(cast, evidence.due_on, key) == timezone.localdate(made.signed_at) + timedelta(days=90)
    assert "Claims are busy in fall" in words(priya.get(f"/billing-users/{key.id}/review/"))


def test_what_is_removed_is_gone_at_the_next_request_and_nothing_else(cast, priya, key):
    before = held(cast, key)
    inside = cast.visit()
    remove = {Permission.EXPORT_CLIENTS, Permission.RELEASE_CLAIMS}  # one of its own, one of the group's

    form = {"outcome": "reduced", "remove": sorted(remove), "remark": "Never needed"}
    assert priya.post(f"/billing-users/{key.id}/review/", form).status_code == 302

    assert held(cast, key) == before - remove
    assert "Export clients" in cast.go(inside, "/clients/export/").content.decode()
    assert cast.go(inside, "/clients/").status_code == 200
    other = cast.key("acme-other", groups=["Billing claims only"])
    assert Permission.RELEASE_CLAIMS in held(cast, other), "the group itself is as it was"
    (event,) = cast.events(cast.good_therapy, action="access.reviewed")
    assert event.changes == {
        "outcome": "Take permissions away", "removed": ["export_clients", "release_claims"], "used by": ["Jane Doe"],
    }
    assert len(cast.events(cast.good_therapy, action="user.changed")) == 1


def test_what_it_has_by_itself_it_keeps_by_itself_though_a_group_gives_it_too(cast, key):
    """Else the group, when it is changed one day, would take away what the practice had given to this one alone."""
    twice = [Permission.VIEW_CLIENTS, Permission.ADD_CLIENTS]
    with binding.bind(cast.good_therapy):
        User.objects.filter(id=key.id).update(permissions=[*twice, Permission.EXPORT_CLIENTS])
        reviews.sign_off(
            key, by=PRIYA, outcome=Outcome.REDUCED, remark="Nobody exports", remove=[Permission.EXPORT_CLIENTS]
        )
        kept = User.objects.get(id=key.id)
        assert kept.permissions == sorted(twice)
        assert [group.name for group in kept.groups.all()] == ["Billing claims only"]


def test_ending_it_puts_everybody_out(cast, priya, key):
    inside = cast.visit()
    form = {"outcome": "ended", "remark": "We part"}
    assert priya.post(f"/billing-users/{key.id}/review/", form).status_code == 302

    cast.go(inside, "/clients/")
    assert "/sign-in/" in inside.url
    assert not at(cast, lambda: User.objects.get(id=key.id).is_active)
    again = priya.post(f"/billing-users/{key.id}/review/", form)
    assert again.status_code == 422 and at(cast, AccessReview.objects.count) == 1


@pytest.mark.parametrize(("form", "said"), [
    ({"outcome": "reduced", "remark": "x"}, reviews.NOTHING_CHOSEN),
    ({"outcome": "kept", "remark": "x", "remove": ["export_clients"]}, "Something is ticked below."),
    ({"outcome": "reduced", "remark": "x", "remove": ["view_notes"]}, reviews.NOT_HELD),
    ({"outcome": "reduced", "remark": "x", "remove": ["manage_users"]}, reviews.NOT_HELD),
    ({"outcome": "more", "remark": "x"}, "Select a valid choice"),
    ({"outcome": "kept"}, "Enter what you looked at"),
])
def test_bad_input_is_said_beside_the_field_and_nothing_is_saved(cast, priya, key, form, said):
    before = held(cast, key)
    answer = priya.post(f"/billing-users/{key.id}/review/", form)

    assert answer.status_code == 422 and said in words(answer)
    assert held(cast, key) == before and at(cast, AccessReview.objects.count) == 0


def test_a_review_never_gives_anything_also_not_by_the_verb_itself(cast, key):
    with pytest.raises(ValidationError):
        at(cast, reviews.sign_off, key, by=PRIYA, outcome=Outcome.REDUCED, remark="-", remove=["view_notes"])
    at(cast, reviews.sign_off, key, by=PRIYA, outcome=Outcome.KEPT, remark="-", remove=["export_clients"])
    assert Permission.EXPORT_CLIENTS in held(cast, key), "kept means kept"


def test_an_overdue_review_is_an_alert_once_and_shown_on_the_card(cast, priya, key):
    made = timezone.now() - timedelta(days=92)  # 91 are 90 in the last hour of a day that winter time lengthens
    with binding.bind(cast.good_therapy):
        User.objects.filter(id=key.id).update(created_at=made)
        reminders.daily()
        reminders.daily()
        looking.look()
        sentences = list(Alert.objects.filter(kind="terms").values_list("sentence", flat=True))
    dispatches.settle()
    due = f"{timezone.localdate(made) + timedelta(days=90):%m/%d/%Y}"

    assert sentences == [f"The review of the Billing user acme-billing is overdue since {due}."]
    page = words(priya.get("/settings/third-party/"))
    assert "Overdue</span>" in page and "Review acme-billing</a>" in page
    assert at(cast, standing.why_not, key) == "", "it is overdue, and works on"


def test_a_review_that_is_not_overdue_is_not_told(cast, key):
    with binding.bind(cast.good_therapy):
        User.objects.filter(id=key.id).update(created_at=timezone.now() - timedelta(days=89))
        reminders.daily()
    dispatches.settle()
    assert cast.events(cast.good_therapy, action="access.review.overdue") == []
