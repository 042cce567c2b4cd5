"""A restored backup gives nobody back what was suspended, ended or made to end sooner after it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from countersign.access import agreements, standing, terms
from countersign.access.models import Suspension, Term
from countersign.audit.actors import system
from countersign.instances import binding, revocations
from countersign.people.models import User
from tests.cast import agree
from tests.instances.test_restore import back_up, restore

PRIYA = system("Priya Raman")


@pytest.fixture
def practice(cast):
    cast.administrator(cast.good_therapy, "priya", "Priya Raman")
    cast.administrator(cast.support, "morgan", "Morgan Hale")
    for key in ("acme-billing", "acme-second", "acme-quiet"):
        cast.key(key)
    return cast


def key(user_id):
    return User.objects.get(user_id=user_id)


def why_not(cast, user_id):
    with binding.bind(cast.good_therapy):
        return standing.why_not(key(user_id))


def test_what_was_shut_after_the_backup_stays_shut_and_nothing_else(practice, tmp_path):
    cast, day = practice, timezone.localdate() + timedelta(days=9)
    file = back_up(cast, tmp_path)
    with binding.bind(cast.good_therapy):
        terms.suspend(cast.acme, key=key("acme-billing"), by=PRIYA, reason="-")
        terms.set_end(key("acme-second"), last_on=day, by=PRIYA, reason="-")

    restore(cast, file)

    assert why_not(cast, "acme-billing") == "the Billing user is suspended by the practice"
    assert why_not(cast, "acme-second") == why_not(cast, "acme-quiet") == ""
    with binding.bind(cast.good_therapy):
        assert standing.last_on(key("acme-second")) == day
        assert [one.reason for one in Suspension.objects.all()] == ["suspended after the backup, by Priya Raman"]
        assert [one.reason for one in Term.objects.all()] == ["set after the backup, by Priya Raman"]
    said = {event.action for event in cast.events(cast.good_therapy, person="Countersign")}
    assert said >= {"access.suspended", "access.end.set"}


def test_a_whole_company_and_an_ended_agreement(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path)
    with binding.bind(cast.good_therapy):
        agreements.end(agree(cast.acme), by=PRIYA, reason="we part")
        terms.suspend(cast.acme, by=PRIYA, reason="-")

    restore(cast, file)

    assert why_not(cast, "acme-quiet") == "the company is suspended by the practice"
    with binding.bind(cast.good_therapy):
        terms.lift(Suspension.objects.get(), by=PRIYA, reason="-")
    assert why_not(cast, "acme-quiet").startswith("the agreement with ACME Billing was ended on ")


def test_what_was_lifted_again_before_the_restore_is_not_shut(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path)
    with binding.bind(cast.good_therapy):
        terms.lift(terms.suspend(cast.acme, by=PRIYA, reason="-"), by=PRIYA, reason="-")

    restore(cast, file)

    assert why_not(cast, "acme-quiet") == ""


def test_without_the_catalogues_memory_it_would_come_back(practice, tmp_path, monkeypatch):
    """The fault that all this is against, planted: shows that the tests above look."""
    monkeypatch.setattr(revocations, "note", lambda *args, **more: None)
    file = back_up(practice, tmp_path)
    with binding.bind(practice.good_therapy):
        terms.suspend(practice.acme, by=PRIYA, reason="-")

    restore(practice, file)

    assert why_not(practice, "acme-quiet") == ""
