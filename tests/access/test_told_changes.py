"""A company is told, in words, when what its Billing user may do or its password is changed; and of nothing else."""

from datetime import timedelta

import pytest
from django.conf import settings

from countersign.audit.actors import system
from countersign.identity import dispatches
from countersign.instances import binding
from countersign.people import accounts, changes, groups
from countersign.people.models import PermissionGroup, User
from countersign.people.permissions import Permission

PRIYA = system("Priya Raman")
TOLD = []


def note(received):
    TOLD.append((binding.bound().name, received.body))


@pytest.fixture
def key(cast, monkeypatch):
    """A key of which the company was told once already, when it was renamed."""
    monkeypatch.setitem(settings.DISPATCHES, "key.changed", "tests.access.test_told_changes.note")
    key = cast.key(groups=["Billing claims only"], permissions=[Permission.EXPORT_CLIENTS])
    change(cast, name="ACME Billing, claims")
    TOLD.clear()
    return key


def change(cast, **values):
    with binding.bind(cast.good_therapy):
        key = User.objects.get(user_id="acme-billing")
        values = {
            "name": key.name, "email": "", "type": key.type, "groups": list(key.groups.all()),
            "permissions": key.permissions, "billing_company": key.billing_company, **values,
        }
        accounts.change(key, by=PRIYA, grantable=None, **values)
    dispatches.settle()


def test_words_for_a_difference():
    assert changes.difference([], []) == ""
    assert changes.difference(["view_notes"], ["view_notes", "gone"]) == ""
    assert changes.difference(["view_notes", "add_clients"], ["view_clients"]) == (
        "now may: View clients; no longer may: Add clients, View notes"
    )


def test_a_changed_permission_is_told_whole_and_in_words(cast, key):
    change(cast, permissions=[Permission.VIEW_NOTES])

    ((who, body),) = TOLD
    assert who == "ACME Billing" and (body["billing_user"], body["state"]) == ("acme-billing", "live")
    assert body["difference"] == "now may: View notes; no longer may: Export clients"
    assert "view_notes" in body["permissions"] and "export_clients" not in body["permissions"]


def test_a_changed_group_is_told_too(cast, key):
    with binding.bind(cast.good_therapy):
        group = PermissionGroup.objects.get(name="Billing claims only")
        groups.change(
            group, name=group.name, description="-", by=PRIYA, grantable=frozenset(Permission),
            permissions=[p for p in group.permissions if p != "release_claims"],
        )
    dispatches.settle()

    assert [body["difference"] for _, body in TOLD] == ["no longer may: Release claims"]


def test_what_is_no_change_for_the_company_is_not_told(cast, key):
    change(cast)
    change(cast, email="keys@example.org")

    assert TOLD == []


@pytest.mark.parametrize(("hours", "said"), [(0, "counts no more"), (3, "counts until ")])
def test_a_new_password_is_told_and_neither_it_nor_what_is_stored_of_it(cast, key, hours, said):
    with binding.bind(cast.good_therapy):
        accounts.set_password(key, password="amber ladder in the yard 7", by=PRIYA, overlap=timedelta(hours=hours))
    dispatches.settle()

    ((_, body),) = TOLD
    assert body["difference"].startswith(f"has a new password, the old one {said}")
    assert hours == 0 or body["difference"].endswith(" (America/New_York)")
    assert "amber" not in str(body) and key.password not in str(body) and body["state"] == "live"


def test_inactivated_and_back_is_told(cast, key):
    with binding.bind(cast.good_therapy):
        accounts.inactivate(User.objects.get(id=key.id), by=PRIYA)
    dispatches.settle()
    with binding.bind(cast.good_therapy):
        accounts.reactivate(User.objects.get(id=key.id), by=PRIYA, grantable=None)
    dispatches.settle()

    assert [body["state"] for _, body in TOLD] == ["inactive", "live"]


def test_given_to_another_company_both_are_told_and_neither_of_the_other(cast, key):
    change(cast, billing_company=cast.rival.id, name="For the new ones")

    told = dict(TOLD)
    assert told.keys() == {"ACME Billing", "Rival Billing"}
    assert (told["ACME Billing"]["state"], told["ACME Billing"]["permissions"]) == ("ended", [])
    assert told["ACME Billing"]["because"] == "the Billing user was given to another company"
    assert "new ones" not in str(told["ACME Billing"])
    assert told["Rival Billing"]["difference"] == ""


def test_whoever_saves_reads_the_difference(cast, key):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    priya = cast.signed_in(cast.good_therapy, "priya")
    at = f"/settings/users/{key.id}/"
    page = priya.get(at)
    form = {
        "name": "ACME Billing, claims", "email": "", "type": "billing", "billing_company": cast.acme.id,
        "groups": [], "permissions": ["view_clients"], "version": page.context["version"],
    }

    said = priya.post(at, form, follow=True).content.decode()

    assert "acme-billing no longer may: Export clients, View ledger, View claims, Edit claims, Release claims." in said
    dispatches.settle()
    assert TOLD[-1][1]["permissions"] == ["view_clients"]
