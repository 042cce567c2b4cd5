"""What ends soon is said 31, 7 and 1 days before, once each, as an alert and by mail; skipped days are no matter."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from countersign.access import reminders, standing
from countersign.access.models import Reminder, Term
from countersign.identity import dispatches
from countersign.instances import binding
from countersign.people import post
from countersign.watch import looking
from countersign.watch.models import Alert
from tests.cast import agree


def run(cast):
    with binding.bind(cast.good_therapy):
        reminders.daily()
    dispatches.settle()
    return [event.object for event in cast.events(cast.good_therapy, action="access.ends-soon")]


def ends_in(cast, key, days):
    with binding.bind(cast.good_therapy):
        day = timezone.localdate() + timedelta(days=days)
        Term.objects.create(key=key, last_on=day, set_by="Priya", reason="-")
        return f"{day:%m/%d/%Y}"


@pytest.mark.parametrize(("days", "said"), [
    (40, None), (32, None), (31, "in 31 days"), (8, "in 8 days"), (7, "in 7 days"), (1, "tomorrow"), (0, "today"),
    (-1, None),
])
def test_a_billing_user_that_ends_soon_is_named_once(cast, days, said):
    key = cast.key()
    day = ends_in(cast, key, days)

    wanted = [f"the Billing user acme-billing ends on {day}, {said}"] if said else []
    assert run(cast) == wanted
    assert run(cast) == wanted


def test_each_of_the_three_comes_even_if_days_are_skipped(cast, monkeypatch):
    key = cast.key()
    ends_in(cast, key, 35)
    today = timezone.localdate()
    seen = []
    for passed in (0, 5, 6, 20, 30, 34, 35, 36):  # 35, 30, 29, 15, 5, 1, 0 days before, and one after
        monkeypatch.setattr(reminders.timezone, "localdate", lambda *a, d=passed: today + timedelta(days=d))
        seen.append(len(run(cast)))
    assert seen == [0, 1, 1, 1, 2, 3, 3, 3]


def test_an_agreement_is_named_unless_the_next_one_is_recorded(cast):
    cast.key(agreed=False)
    day = timezone.localdate()
    with binding.bind(cast.good_therapy):
        agree(cast.acme, from_on=day - timedelta(days=9), until_on=day + timedelta(days=6))
    until = f"{day + timedelta(days=6):%m/%d/%Y}"

    assert run(cast) == [f"the agreement with ACME Billing ends on {until}, in 6 days"]
    with binding.bind(cast.good_therapy):
        agree(cast.acme, from_on=day, until_on=day + timedelta(days=90))
        Reminder.objects.all()
    assert len(run(cast)) == 1


def test_it_becomes_an_alert_and_a_mail_that_says_what_ends(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    day = ends_in(cast, cast.key(), 7)
    run(cast)
    with binding.bind(cast.good_therapy):
        looking.look()
        alerts = [(alert.kind, alert.sentence, alert.company) for alert in Alert.objects.all()]
    post.settle()

    sentence = f"The Billing user acme-billing ends on {day}, in 7 days."
    assert alerts == [("terms", sentence, "ACME Billing")]
    (letter,) = mail.outbox
    assert letter.to == ["priya@example.org"] and sentence in letter.body


def test_the_company_is_told_when_only_the_calendar_changed_something(cast, monkeypatch):
    key = cast.key()
    with binding.bind(cast.good_therapy):
        reminders.daily()
        assert key.told.body["state"] == "live"
        later = timezone.localdate() + timedelta(days=366)
        monkeypatch.setattr(standing.timezone, "localdate", lambda *a: later)
        reminders.daily()
        key.told.refresh_from_db()
        assert key.told.body["state"] != "live"
    dispatches.settle()
