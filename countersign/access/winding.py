"""Verbs on the end of a relation: wind it down, take that back, and keep the certificate about the data.

While it is wound down the company sees no service after one day, exports nothing, and comes in until another day.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from countersign.access import standing, telling
from countersign.access.models_winding import Certificate, WindingDown, WindingDownEnding
from countersign.audit import record
from countersign.instances import binding, revocations
from countersign.instances.models import RevocationKind
from countersign.people.models import User, UserType
from countersign.people.permissions import Permission
from countersign.ui.paper import Paper

# What takes lists away as files. The accounting of disclosures stays: the client may ask for it at any time.
EXPORTS = frozenset({Permission.EXPORT_CLIENTS, Permission.VIEW_REPORTS, Permission.VIEW_GENERAL_LOG})
STILL_IN = "The company can still come in. Record this when the last day is over, or when it is suspended."
PAST = "This day is over."
ORDER = "This is before the last day of service."


def rights(visit, permissions):
    """What a visit may do at this moment (settings.VISIT_RIGHTS): no exports while the relation is wound down."""
    return permissions - EXPORTS if visit.standing.services_until else permissions


def services_until(visit):
    """The last day whose services a visit sees (settings.SERVICES_UNTIL), or None for all."""
    return visit.standing.services_until


def current(company_id):
    """How the relation with a company is wound down, or None."""
    return WindingDown.objects.filter(company_id=company_id, ending=None).first()


def begin(company, *, by, services_until_on, workable_until_on, reason):
    """Wind the relation with a company (its Instance) down; in place of what was set before. The company is told.

    Raises ValidationError keyed by field.
    """
    today, faults = timezone.localdate(), {}
    if services_until_on < today:
        faults["services_until_on"] = PAST
    if workable_until_on < today:
        faults["workable_until_on"] = PAST
    elif workable_until_on < services_until_on:
        faults["workable_until_on"] = ORDER
    if faults:
        raise ValidationError(faults)
    with transaction.atomic():
        keys = _locked(company.id)
        before = _end(company.id, by=by, reason="another one was set")
        made = WindingDown.objects.create(
            company_id=company.id, company=company.name, services_until_on=services_until_on,
            workable_until_on=workable_until_on, set_by=by.person, reason=reason,
        )
        days = {"services_until_on": f"{services_until_on}", "workable_until_on": f"{workable_until_on}"}
        old = {name: f"{getattr(before, name)}" if before else "" for name in days}
        record.write(
            by, "access.winding-down.set", object=record.Named(company.id, company.name), reason=reason,
            changes={name: [old[name], day] for name, day in days.items()},
        )
        revocations.note(RevocationKind.TERM, f"company {company.id}", by=by.person, mark=" ".join(days.values()))
        telling.tell(*keys)
    return made


def take_back(company, *, by, reason):
    """Go on as before. Raises ValidationError when nothing is wound down."""
    with transaction.atomic():
        keys = _locked(company.id)
        if _end(company.id, by=by, reason=reason) is None:
            raise ValidationError("Nothing is wound down.")
        record.write(
            by, "access.winding-down.ended", object=record.Named(company.id, company.name), reason=reason
        )
        revocations.take_back(RevocationKind.TERM, f"company {company.id}")
        telling.tell(*keys)


def certify(company, *, by, how, what, certified_by, certified_on):
    """Keep what the company certified about the data it had. Raises ValidationError keyed by field."""
    if certified_on > timezone.localdate():
        raise ValidationError({"certified_on": "This day has not come yet."})
    keys = User.objects.filter(type=UserType.BILLING, billing_company=company.id, inactivated_at=None)
    if any(not standing.why_not(key) for key in keys):
        raise ValidationError(STILL_IN)
    with transaction.atomic():
        made = Certificate.objects.create(
            company_id=company.id, company=company.name, how=how, what=what, certified_by=certified_by,
            certified_on=certified_on, recorded_by=by.person,
        )
        record.write(
            by, "certificate.recorded", object=record.Named(company.id, str(made)),
            changes={"how": made.get_how_display(), "certified by": certified_by, "certified on": f"{certified_on}"},
        )
    return made


def paper(certificate):
    """The certificate as PDF, as bytes."""
    practice = binding.bound().name
    made = Paper(
        title="Certificate: return or destruction of health information", owner=practice,
        lead=f"{certificate.company} to {practice}, at the end of their relation (45 CFR 164.504(e)(2)(ii)(J)).",
    )
    made.facts([
        ("Company", certificate.company), ("What became of it", certificate.get_how_display()),
        ("Which", certificate.what), ("Certified by", certificate.certified_by),
        ("On", f"{certificate.certified_on:%m/%d/%Y}"),
        ("Recorded", f"{timezone.localtime(certificate.recorded_at):%m/%d/%Y} by {certificate.recorded_by}"),
    ])
    return made.pdf()


def _end(company_id, *, by, reason):
    found = current(company_id)
    if found:
        WindingDownEnding.objects.create(winding=found, ended_by=by.person, reason=reason)
    return found


def _locked(company_id):
    keys = User.objects.select_for_update().filter(type=UserType.BILLING, billing_company=company_id)
    return list(keys.order_by("id"))
