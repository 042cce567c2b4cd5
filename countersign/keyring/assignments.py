"""Who may use which key of the ring, and the verbs on it. A key that is in the ring is for nobody else, however they
come: by the launch pad, or by typing its password at the practice (settings.ENTRY_CHECKS)."""

from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from countersign.audit import record
from countersign.identity import entries
from countersign.identity.models import Entry
from countersign.instances import binding, revocations
from countersign.instances.models import RevocationKind
from countersign.keyring.models import Assignment, Key, Membership, Team
from countersign.people.models import UserType

NOT_ONESELF = "You cannot give a key to yourself. Ask somebody else who manages the key ring."


def today():
    """The day it is in the zone of this instance, whoever asks from wherever."""
    return timezone.localdate(timezone=ZoneInfo(binding.bound().time_zone))


def of(user):
    """The assignments that somebody has, directly or by a team, whatever their days; ended ones are none."""
    teams = Membership.objects.standing().filter(user=user).values("team")
    return Assignment.objects.standing().filter(Q(user=user) | Q(team__in=teams))


def current(found, *, on=None):
    """Those of the assignments whose days have begun and are not over."""
    day = on or today()
    return found.filter(begins_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))


def usable(user):
    """The keys of the ring that somebody may use now."""
    return Key.objects.live().filter(id__in=current(of(user)).values("key"))


def why_not(user, party, billing_user):
    """settings.ENTRY_CHECKS: why this person may not enter with this key, or "" when they may, or it is in no ring."""
    found = Key.objects.filter(issuer=party.client_id, user_id=billing_user)
    key = found.live().first()
    if key is None:
        return f"{binding.bound().name} has ended the key {billing_user}" if found.exists() else ""
    theirs = of(user).filter(key=key)
    if current(theirs).exists():
        return ""
    nearest = theirs.order_by("-begins_on").first()
    if nearest is None:
        return f"The key {billing_user} is not assigned to you"
    if nearest.begins_on > today():
        return f"The key {billing_user} is assigned to you from {nearest.begins_on:%m/%d/%Y}"
    return f"Your assignment of the key {billing_user} ended on {nearest.ends_on:%m/%d/%Y}"


def assign(key, *, to, begins_on, ends_on, by, grantor):
    """Let a person (User) or a Team use a key from one day to another, both included; ends_on may be None.

    grantor: the User who assigns. Raises ValidationError keyed by field.
    """
    if key.ended_at is not None:
        raise ValidationError("This key has ended. Add it again first.")
    if ends_on is not None and ends_on < begins_on:
        raise ValidationError({"ends_on": "The last day must not be before the first."})
    if ends_on is not None and ends_on < today():
        raise ValidationError({"ends_on": "This day is over. Enter a later one, or leave it out."})
    team = to if isinstance(to, Team) else None
    refuse_own([m.user_id for m in team.memberships.standing()] if team else [to.id], grantor)
    if team is None:
        refuse_unfit(to, field="to")
    with transaction.atomic():
        made = Assignment.objects.create(
            key=key, user=None if team else to, team=team, begins_on=begins_on, ends_on=ends_on, made_by=by.person
        )
        record.write(by, "key.assigned", object=key, changes={
            "to": str(to), "begins_on": f"{begins_on:%Y-%m-%d}", "ends_on": f"{ends_on:%Y-%m-%d}" if ends_on else "",
        })
    return made


def refuse_own(ids, grantor):
    """Nobody widens their own rights. A System Administrator can make any account anyway: what counts is the record."""
    if grantor.id in ids and grantor.type != UserType.ADMINISTRATOR:
        raise ValidationError({"to": NOT_ONESELF})


def refuse_unfit(user, *, field):
    if user.is_billing:
        raise ValidationError({field: "A Billing user is a key itself, and no person."})
    if not user.is_active:
        raise ValidationError({field: f"{user.name} is inactive. Reactivate them first, or choose somebody else."})


def end(assignment, *, by):
    """Take it back; whoever is in by it alone is out at once. Returns whether it had not ended before."""
    with transaction.atomic():
        ended = Assignment.objects.standing().filter(id=assignment.id).update(
            ended_at=timezone.now(), ended_by=by.person
        )
        if ended:
            record.write(by, "assignment.ended", object=assignment)
            revocations.note(RevocationKind.ASSIGNMENT, assignment.id, by=by.person)
            put_out(assignment.key)
    return bool(ended)


def put_out(key, *, because="the key was taken back"):
    """End every live entry with this key of somebody who may not use it any more; the practices hear of it at once."""
    inside = Entry.objects.select_related("user", "party").filter(
        party__client_id=key.issuer, billing_user=key.user_id, ended_at=None
    )
    ids = [one.id for one in inside if why_not(one.user, one.party, one.billing_user)]
    if ids:
        entries.end(Entry.objects.filter(id__in=ids, ended_at=None), because=because)


def make_team(*, name, by):
    """Raises ValidationError when there is one of this name."""
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, made_by=by.person)
            record.write(by, "team.made", object=team, changes={"name": name})
    except IntegrityError:
        raise ValidationError({"name": "There is a team of this name already."}) from None
    return team


def join(team, user, *, by, grantor):
    """Put a person into a team: they may use its keys. Raises ValidationError."""
    refuse_own([user.id], grantor)
    refuse_unfit(user, field="to")
    try:
        with transaction.atomic():
            made = Membership.objects.create(team=team, user=user, began_by=by.person)
            record.write(by, "team.joined", object=team, changes={"who": str(user)})
    except IntegrityError:
        raise ValidationError({"to": f"{user.name} is in this team already."}) from None
    return made


def leave(membership, *, by):
    """Take a person out of a team; whoever is in by it alone is out at once."""
    with transaction.atomic():
        ended = Membership.objects.standing().filter(id=membership.id).update(
            ended_at=timezone.now(), ended_by=by.person
        )
        if ended:
            record.write(by, "team.left", object=membership)
            revocations.note(RevocationKind.MEMBERSHIP, membership.id, by=by.person)
            for key in Key.objects.live().filter(assignments__team=membership.team).distinct():
                put_out(key, because="the person left the team that may use the key")
    return bool(ended)
