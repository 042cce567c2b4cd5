"""After a backup was put in place: no visit that it holds goes on, no first part of a sign-in, and no terms of access
that were taken back since."""

from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from countersign.access import standing, support, terms
from countersign.access.models import (
    Agreement,
    AgreementEnding,
    Ending,
    PreSession,
    Suspension,
    Term,
    Ticket,
    Visit,
)
from countersign.access.models_winding import WindingDown, WindingDownEnding
from countersign.audit import record
from countersign.audit.actors import system
from countersign.instances import revocations
from countersign.instances.models import Instance, RevocationKind
from countersign.people.models import User

BACK = "the practice's system was restored from a backup"


def open_visits(as_of):
    """The visits that were live when the backup was made; what had run out of time by then keeps that as its end."""
    idle_since = as_of - timedelta(seconds=settings.IDLE_SECONDS)
    return list(Visit.objects.filter(
        ending=None, session__ended_at=None, session__expires_at__gt=as_of, session__seen_at__gt=idle_since
    ))


def end(visits, *, by):
    """One ending and one event each."""
    now = timezone.now()
    for visit in visits:
        Ending.objects.create(visit=visit, at=now, by=by.person, reason=BACK)
        record.write(system(), "visit.ended", object=visit, reason=BACK)


def end_first_parts():
    """Whoever gave the first part of a sign-in begins again. Returns {what: how many}."""
    now = timezone.now()
    begun = PreSession.objects.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    begun += Ticket.objects.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    return {"sign-ins under way": begun}


def shut_again():
    """What was suspended, ended or made to end sooner after the backup stays so. Returns {what: [which, ...]}."""
    return {
        "suspended again": _suspend_again(), "agreements ended again": _end_agreements_again(),
        "Billing users that end sooner again": _end_sooner_again(), "wound down again": _wind_down_again(),
        **support.after_restore(),
    }


def _suspend_again():
    done = []
    standing_now = {terms.subject_of(one) for one in Suspension.objects.filter(lifted_at=None)}
    for subject, one in revocations.standing(RevocationKind.SUSPENDED).items():
        kind, _, subject_id = subject.partition(" ")
        key = User.objects.filter(id=subject_id).first() if kind == "key" else None
        if subject in standing_now or (kind == "key" and key is None):
            continue
        company_id = key.billing_company if key else subject_id
        name = Instance.objects.filter(id=company_id).values_list("name", flat=True).first() or "the company"
        reason = f"suspended after the backup, by {one.revoked_by}"
        made = Suspension.objects.create(
            company_id=company_id, company=name, key=key, suspended_by=system().person, reason=reason[:200]
        )
        record.write(system(), "access.suspended", object=record.Named(company_id, str(made)), reason=reason)
        done.append(str(made))
    return done


def _end_agreements_again():
    done = []
    ended = revocations.standing(RevocationKind.AGREEMENT)
    for agreement in Agreement.objects.filter(id__in=ended, ending=None):
        reason = f"ended after the backup, by {ended[str(agreement.id)].revoked_by}"[:200]
        AgreementEnding.objects.create(agreement=agreement, ended_by=system().person, reason=reason)
        record.write(system(), "agreement.ended", object=agreement, reason=reason)
        done.append(str(agreement))
    return done


def _end_sooner_again():
    done = []
    said = {
        subject: one for subject, one in revocations.standing(RevocationKind.TERM).items() if " " not in subject
    }
    for key in User.objects.filter(id__in=said).order_by("user_id"):
        before, last_on = standing.last_on(key), date.fromisoformat(said[str(key.id)].mark)
        if last_on < before:
            reason = f"set after the backup, by {said[str(key.id)].revoked_by}"[:200]
            Term.objects.create(key=key, last_on=last_on, set_by=system().person, reason=reason)
            record.write(
                system(), "access.end.set", object=key, changes={"last_on": [f"{before}", f"{last_on}"]}, reason=reason
            )
            done.append(key.user_id)
    return done


def _wind_down_again():
    done = []
    for subject, one in revocations.standing(RevocationKind.TERM).items():
        kind, _, company_id = subject.partition(" ")
        if kind != "company":
            continue
        services, work = map(date.fromisoformat, one.mark.split())
        before = WindingDown.objects.filter(company_id=company_id, ending=None).first()
        if before and (before.services_until_on, before.workable_until_on) == (services, work):
            continue
        name = Instance.objects.filter(id=company_id).values_list("name", flat=True).first() or "the company"
        reason = f"set after the backup, by {one.revoked_by}"[:200]
        if before:
            WindingDownEnding.objects.create(winding=before, ended_by=system().person, reason=reason)
        made = WindingDown.objects.create(
            company_id=company_id, company=name, services_until_on=services, workable_until_on=work,
            set_by=system().person, reason=reason,
        )
        record.write(system(), "access.winding-down.set", object=record.Named(company_id, str(made)), reason=reason)
        done.append(str(made))
    return done
