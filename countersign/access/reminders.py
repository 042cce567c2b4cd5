"""Once a day: what ends soon is said 31, 7 and 1 days before, once each, a review that is overdue once, and the
companies are told what has changed.

It is an event of the record; the alert and the mail come of it (watch/rules.py). After skipped days the nearest
reminder that is due is given, and those before it are not made up for.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.access import evidence, standing, telling
from countersign.access.models import Agreement, Reminder
from countersign.audit import record
from countersign.audit.actors import SYSTEM, Actor
from countersign.instances.models import Instance
from countersign.people.models import User, UserType

DAYS = (1, 7, 31)


def daily():
    """Called by `countersign daily` (settings.DAILY)."""
    keys = list(User.objects.kept().filter(type=UserType.BILLING, inactivated_at=None).order_by("user_id"))
    names = dict(Instance.objects.filter(id__in={k.billing_company for k in keys}).values_list("id", "name"))
    for company_id, name in names.items():
        _of_agreements(company_id, name)
    for key in keys:
        _remind(
            "end", key.id, standing.last_on(key), f"the Billing user {key.user_id} ends",
            company=names.get(key.billing_company, ""), billing_user=key.user_id,
        )
        _overdue(key, company=names.get(key.billing_company, ""), billing_user=key.user_id)
    with transaction.atomic():
        telling.tell_what_changed()


def _of_agreements(company_id, name):
    """Only the one that lasts longest: where the next one is recorded already, nothing ends."""
    last = Agreement.objects.filter(company_id=company_id, ending=None).first()
    if last:
        _remind("agreement", last.id, last.until_on, f"the agreement with {name} ends", company=name)


def _remind(what, subject_id, last_on, words, **about):
    left = (last_on - timezone.localdate()).days
    due = next((days for days in DAYS if 0 <= left <= days), None)
    given = Reminder.objects.filter(about=what, subject_id=subject_id, last_on=last_on)
    if due is None or given.filter(days__lte=due).exists():
        return
    try:
        with transaction.atomic():
            Reminder.objects.create(about=what, subject_id=subject_id, last_on=last_on, days=due)
            who = Actor(person="Countersign", source=SYSTEM, **about)
            record.write(who, "access.ends-soon", object=f"{words} on {last_on:%m/%d/%Y}, {_in(left)}")
    except IntegrityError:  # another process was first
        return


def _overdue(key, **about):
    due_on = evidence.due_on(key)
    if due_on >= timezone.localdate():
        return
    try:
        with transaction.atomic():
            Reminder.objects.create(about="review", subject_id=key.id, last_on=due_on, days=0)
            who = Actor(person="Countersign", source=SYSTEM, **about)
            words = f"the review of the Billing user {key.user_id} is overdue since {due_on:%m/%d/%Y}"
            record.write(who, "access.review.overdue", object=words)
    except IntegrityError:  # it was said already
        return


def _in(days):
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
