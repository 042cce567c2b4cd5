"""The one rule of when a Billing user opens anything at this practice, beside being active and bound to a company.

Asked at both parts of the sign-in and at every request of a visit, so whatever is changed counts from the next one.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from countersign.access import approved
from countersign.access.models import Agreement, AgreementEnding, Requirement, Suspension, Term
from countersign.access.models_asking import AccessAnswer
from countersign.access.models_winding import WindingDown
from countersign.instances.models import Instance
from countersign.instances.prepared import Prepared
from countersign.people.models import User

DAYS = 365  # from the creation of a Billing user, unless somebody says otherwise
LIVE, SUSPENDED, NO_AGREEMENT, ENDED = "live", "suspended", "no agreement", "ended"

_suspensions = Suspension.objects.filter(lifted_at=None).order_by().filter(
    Q(key=OuterRef("id")) | Q(key=None, company_id=OuterRef("billing_company"))
)
_agreements = Agreement.objects.filter(ending=None, company_id=OuterRef("billing_company")).order_by("-until_on")
_windings = WindingDown.objects.filter(ending=None, company_id=OuterRef("billing_company")).order_by("-set_at")
_grants = AccessAnswer.objects.filter(key=OuterRef("id"), ending=None, expires_at__isnull=False).order_by("-expires_at")
# All of it in one query, and of agreements the one that lasts longest: hardly ever is another one needed.
_facts = Prepared(
    lambda key_id: User.objects.filter(id=key_id).order_by().values_list(
        Subquery(_suspensions.values("id")[:1]),
        Subquery(Term.objects.filter(key=OuterRef("id")).order_by("-id").values("last_on")[:1]),
        Subquery(Requirement.objects.order_by("-id").values("agreement")[:1]),
        Subquery(_agreements.values("from_on")[:1]),
        Subquery(_agreements.values("until_on")[:1]),
        Subquery(_windings.values("services_until_on")[:1]),
        Subquery(_windings.values("workable_until_on")[:1]),
        Subquery(_grants.values("expires_at")[:1]),
    ),
    uuid.UUID(int=1),
)


@dataclass(frozen=True)
class Standing:
    """state: one of the words above; because: the sentence, "" while it is live.

    services_until: while the relation is wound down, the last day whose services are seen. granted_until: when the last
    of what was granted for a time ends (asking.py). ends_at: when what was approved for Support does (approved.py).
    """

    state: str
    because: str = ""
    services_until: object = None
    granted_until: object = None
    ends_at: object = None


def why_not(key, at=None):
    """Why this Billing user opens nothing, as a sentence without a full stop, or "" when it does.

    at: a moment, for somebody who looks ahead; suspensions are always those of now.
    """
    return judge(key, at).because


def judge(key, at=None):
    """The Standing of a Billing user, or of what an approval made for Support."""
    if key.is_for_support:
        because, ends_at = approved.judge(key)
        return Standing(ENDED, because) if because else Standing(LIVE, ends_at=ends_at)
    today = timezone.localdate(at)
    suspended, said, needed, from_on, until_on, services_until, workable_until, granted_until = _facts.rows(key.id)[0]
    if suspended:
        return Standing(SUSPENDED, _suspended(key))
    if needed is not False and not (from_on and from_on <= today <= until_on):
        because = _no_agreement(key, today)
        if because:
            return Standing(NO_AGREEMENT, because)
    if workable_until and workable_until < today:
        return Standing(ENDED, f"the Billing user was wound down with its company on {workable_until:%m/%d/%Y}")
    last_on = said or first_term(key)
    if last_on < today:
        return Standing(ENDED, f"the Billing user ended on {last_on:%m/%d/%Y}")
    return Standing(LIVE, services_until=services_until, granted_until=granted_until)


def first_term(key):
    """The last day of a Billing user of which nobody said otherwise."""
    return timezone.localdate(key.created_at) + timedelta(days=DAYS)


def last_on(key):
    """The last day on which a Billing user opens anything."""
    said = key.terms.order_by("-id").values_list("last_on", flat=True).first()
    return said or first_term(key)


def until_on(key):
    """The same, the last day of work included when the relation with its company is wound down."""
    wound_down = WindingDown.objects.filter(company_id=key.billing_company, ending=None)
    return min([last_on(key), *wound_down.values_list("workable_until_on", flat=True)])


def ends_at(key):
    """The moment at which a Billing user ends by what is set today (settings.KEY_ENDS_AT): the end of its last day."""
    return timezone.make_aware(datetime.combine(until_on(key) + timedelta(days=1), time.min))


def needs_agreement():
    """Whether a Billing user of this practice needs an agreement in force."""
    newest = Requirement.objects.first()
    return newest is None or newest.agreement


def agreement_in_force(company_id, today):
    """The Agreement with a company that is in force on a day, or None; of several the one that lasts longest."""
    return Agreement.objects.filter(
        company_id=company_id, ending=None, from_on__lte=today, until_on__gte=today
    ).first()


def _suspended(key):
    alone = Suspension.objects.filter(lifted_at=None, key=key).exists()
    return f"the {'Billing user' if alone else 'company'} is suspended by the practice"


def _no_agreement(key, today):
    """Why no agreement with the company is in force, or "" when one is after all."""
    if agreement_in_force(key.billing_company, today):
        return ""
    company = Instance.objects.filter(id=key.billing_company).values_list("name", flat=True).first() or "the company"
    signed = Agreement.objects.filter(company_id=key.billing_company)
    ahead = signed.filter(ending=None, from_on__gt=today).order_by("from_on").first()
    if ahead:
        return f"the agreement with {company} begins on {ahead.from_on:%m/%d/%Y}"
    ended = AgreementEnding.objects.filter(agreement__in=signed).order_by("-ended_at").first()
    past = signed.filter(ending=None).first()
    if ended and (past is None or timezone.localdate(ended.ended_at) > past.until_on):
        return f"the agreement with {company} was ended on {timezone.localdate(ended.ended_at):%m/%d/%Y}"
    if past:
        return f"the agreement with {company} expired on {past.until_on:%m/%d/%Y}"
    return f"the agreement with {company} is missing"
