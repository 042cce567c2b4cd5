"""Third-party access at a glance: one card a company, and what each of its Billing users comes to."""

from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.access import evidence, standing
from countersign.access.models import Agreement, Suspension, Visit
from countersign.audit.models import Event
from countersign.instances import listings
from countersign.instances.models import Instance
from countersign.people import choices
from countersign.people.models import FOR_SUPPORT, User, UserType
from countersign.people.permissions import known

ALL_CLIENTS = "All clients"


@dataclass
class KeyLine:
    """One Billing user. held: its permissions by section; shows: the kinds of health information; whose: in words."""

    user: User
    standing: standing.Standing
    last_on: object
    held: list
    count: int
    shows: list
    whose: str
    last_used: object = None
    suspension: Suspension | None = None
    review_due_on: object = None

    @property
    def review_is_overdue(self):
        return self.user.is_active and self.review_due_on < timezone.localdate()

    @property
    def is_live(self):
        return self.user.is_active and self.standing.state == standing.LIVE

    @property
    def state(self):
        if not self.user.is_active:
            return "Inactive"
        return STATES[self.standing.state]


STATES = {
    standing.LIVE: "Live", standing.SUSPENDED: "Suspended", standing.NO_AGREEMENT: "Agreement missing",
    standing.ENDED: "Ended",
}


@dataclass
class Card:
    """One company. agreement: the one in force, or None; keys: its Billing users, those that are active first."""

    id: UUID
    name: str
    is_listed: bool
    keys: list = field(default_factory=list)
    agreement: Agreement | None = None
    suspension: Suspension | None = None
    last_used: object = None
    inside: list = field(default_factory=list)
    notice: str = ""  # while it is not listed: what Support gave notice of

    @property
    def is_over(self):
        """Nothing of it could ever come in again by itself: no Billing user of it is active."""
        return not any(line.user.is_active for line in self.keys)

    @property
    def state(self):
        if self.suspension:
            return "Suspended"
        if self.is_over:
            return "Ended"
        if not self.is_listed:
            return "Not listed"
        return "Live" if any(line.is_live for line in self.keys) else "Shut"

    @property
    def whose(self):
        return sorted({line.whose for line in self.keys if line.user.is_active})

    @property
    def shows(self):
        return list(dict.fromkeys(kind for line in self.keys if line.user.is_active for kind in line.shows))

    @property
    def overdue(self):
        """The Billing users whose review is overdue."""
        return [line for line in self.keys if line.review_is_overdue]

    @property
    def review_due_on(self):
        return min((line.review_due_on for line in self.keys if line.user.is_active), default=None)


def names(only=None):
    """{company id: name} of every company that has, or had, anything to do with this practice. Support is none."""
    found = {}
    for rows, id_field, name_field in (
        (User.objects.kept(), "billing_company", "name"), (Suspension.objects, "company_id", "company"),
        (Agreement.objects, "company_id", "company"),
        (Visit.objects.exclude(billing_user__startswith=FOR_SUPPORT), "company_id", "company"),
    ):
        rows = rows.exclude(**{id_field: None}).order_by()
        rows = rows.filter(**{id_field: only}) if only else rows
        found.update(dict(rows.values_list(id_field, name_field).distinct()))
    found.update(choices.company_names(found))
    return found


def cards(only=None):
    """The cards of all companies, or of one, by name."""
    known_names = names(only)
    lines = {}
    for line in _key_lines(only):
        lines.setdefault(line.user.billing_company, []).append(line)
    visits = Visit.objects.filter(company_id__in=known_names).order_by()
    last = dict(visits.values("company_id").annotate(last=Max("began_at")).values_list("company_id", "last"))
    shut = {s.company_id: s for s in Suspension.objects.filter(lifted_at=None, key=None)}
    inside = {}
    for visit in Visit.objects.live().filter(company_id__in=known_names):
        inside.setdefault(visit.company_id, []).append(visit)
    today = timezone.localdate()
    found = [
        Card(
            id, name, listings.is_listed(id), lines.get(id, []), standing.agreement_in_force(id, today), shut.get(id),
            last.get(id), inside.get(id, []),
        )
        for id, name in known_names.items()
    ]
    notices = _notices([card.id for card in found if not card.is_listed])
    for card in found:
        card.notice = notices.get(str(card.id), "")
    return sorted(found, key=lambda card: (card.is_over, card.name.casefold(), str(card.id)))


def _notices(company_ids):
    """{company id: the newest notice that Support gave of it}."""
    told = Event.objects.filter(action="listing.noticed", object_id__in=list(map(str, company_ids))).order_by("seq")
    return dict(told.values_list("object_id", "object")) if company_ids else {}


def _key_lines(only):
    users = User.objects.kept().filter(type=UserType.BILLING).prefetch_related("groups")
    users = users.filter(billing_company=only) if only else users
    suspensions = {s.key_id: s for s in Suspension.objects.filter(lifted_at=None, key__in=users)}
    used = Visit.objects.filter(key__in=users).order_by().values("key_id").annotate(last=Max("began_at"))
    last = dict(used.values_list("key_id", "last"))
    for user in sorted(users, key=lambda one: (not one.is_active, one.user_id)):
        comes_to = choices.outcome(type=user.type, permissions=known(user.permissions), groups=user.groups.all())
        yield KeyLine(
            user, standing.judge(user), standing.until_on(user), comes_to["sections"], comes_to["count"],
            comes_to["shows"], whose(user), last.get(user.id), suspensions.get(user.id),
            evidence.due_on(user),
        )


def whose(user):
    """Whose data a Billing user reaches, in words (settings.REACH_IN_WORDS)."""
    return import_string(settings.REACH_IN_WORDS)(user) if settings.REACH_IN_WORDS else ALL_CLIENTS


def company(id):
    """The Instance of a company that this practice has, or had, anything to do with, or None."""
    return Instance.objects.filter(id=id).first() if id in names(id) else None
