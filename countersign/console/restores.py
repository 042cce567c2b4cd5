"""Support's verbs on backups: make one, put one back, and restart the record of a database that was put back by hand.

A restored backup brings nobody back to life. Whoever was shut out since stays out (instances/revocations.py), nobody is
signed in, and the record says itself that it was restarted, at which size, by whom and why (security case 66).
"""

import time
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from countersign.access import restored as visits_restored
from countersign.audit import checkpoints, guards, record, signing, tree
from countersign.audit.models import Checkpoint, Event
from countersign.identity import notices
from countersign.identity import restored as home_restored
from countersign.instances import backups, binding, locks, schema
from countersign.instances.models import Instance, InstanceChange, InstanceKind, InstanceState, LatestCheckpoint
from countersign.keyring import restored as ring_restored
from countersign.people import accounts, activations, sessions
from countersign.people import restored as people_restored
from countersign.people.models import User, UserType

GRACE_SECONDS = 10  # for requests under way when the instance is closed for the restore
MADE, RESTORED = "instance.backup.made", "instance.restored"


@dataclass(frozen=True)
class Restarted:
    """size: how many events the restored record has; lost: how many more Support had seen a checkpoint of."""

    size: int
    lost: int
    ended: dict
    administrators: int
    whole: bool


def back_up(instance, target, *, by):
    """Write the instance's database into a new file, with a signed checkpoint that says whose it is. Raises
    ValidationError, OSError. That it was begun is on both records, in the backup's own too."""
    _at_support(instance, by, MADE)
    try:
        with binding.bind(instance):
            with transaction.atomic():
                record.write(by, MADE, object=instance)
            checkpoints.take("a backup")
        backups.make(instance, target)
    except (ValidationError, OSError, tree.Unsettled) as error:
        _at_support(instance, by, MADE, result=record.FAILED, reason=str(error)[:300])
        raise


def restore(instance, source, *, by, reason, grace=None):
    """Serve the instance from a backup from now on, as a new generation. Raises ValidationError; then all is as before.

    What the instance has now is not read, and stays where it is: it may be damaged, and it may be evidence.
    grace: seconds that requests under way are given.
    """
    _refuse(instance, reason)
    with locks.of_machine(f"upgrade-{instance.id}"):
        was = _close(instance, by=by, reason=reason, grace=grace)
        try:
            draft = backups.place(instance, source)
            try:
                made = _restart(draft, by=by, reason=reason, trusted=False)
                _serve(draft, was, by=by, reason=reason, made=made)
            except BaseException:
                backups.discard(draft)
                raise
        except BaseException:
            _reopen(instance, was, by=by)
            raise
    binding.pool.forget(instance)
    _again(draft)
    return made


def restarted(instance, *, by, reason):
    """Restart the record of a database that was put back by hand, where it stands. Raises ValidationError."""
    _refuse(instance, reason)
    with locks.of_machine(f"upgrade-{instance.id}"):
        binding.pool.forget(instance)
        made = _restart(instance, by=by, reason=reason, trusted=True)
        _serve(instance, instance.state, by=by, reason=reason, made=made)
    _again(instance)
    return made


def new_administrator(instance, *, name, user_id, email, by):
    """Where a restore left nobody to administrate: a new System Administrator, who is sent an activation.

    Raises ValidationError also where there is one: then it is not for Support to make another.
    """
    with binding.bind(instance), transaction.atomic():
        if User.objects.active().filter(type=UserType.ADMINISTRATOR).exists():
            raise ValidationError(f"{instance} has an active System Administrator, who can make another.")
        user = accounts.create(
            name=name, user_id=user_id, email=email, password=None, type=UserType.ADMINISTRATOR, by=by
        )
        activations.send(user, by=by)
        _at_support(instance, by, "user.created", changes={"administrator": str(user)})
    return user


def _refuse(instance, reason):
    if instance.state == InstanceState.ARCHIVED:
        raise ValidationError("An archived instance does not come back.")
    if not reason.strip():
        raise ValidationError({"reason": "Say why, in a few words."})


def _close(instance, *, by, reason, grace):
    """Nobody comes in while it is restored; returns the state it had. Support's own instance cannot be closed."""
    if instance.state == InstanceState.ACTIVE and instance.kind != InstanceKind.SUPPORT:
        with transaction.atomic(using="control"):
            Instance.objects.filter(id=instance.id).update(state=InstanceState.SUSPENDED)
            _history(instance, InstanceState.SUSPENDED, by, f"Closed to be restored: {reason}")
        time.sleep(GRACE_SECONDS if grace is None else grace)
    return instance.state


def _reopen(instance, state, *, by):
    """The restore failed: as it was before."""
    if Instance.objects.filter(id=instance.id).exclude(state=state).update(state=state):
        _history(instance, state, by, "The restore failed; nothing was changed")


def _history(instance, state, by, reason):
    InstanceChange.objects.create(instance_id=instance.id, state=state, changed_by=by.person, reason=reason[:500])


def _restart(draft, *, by, reason, trusted):
    """Bring what was put there to this version, and end whatever must not live, in one transaction."""
    with binding.bind_as_owner(draft):
        backups.refuse_newer()
        try:
            schema.migrate_bound()
        except guards.Unguarded as missing:
            raise ValidationError(f"What guards the record is not in this database: {missing}.") from missing
        whole = _is_ours(trusted=trusted)
        with transaction.atomic():
            return _end_all(draft, by=by, reason=reason, whole=whole)


def _is_ours(*, trusted):
    """Whether the record matches the last checkpoint in it. Raises ValidationError when that names another instance.

    trusted: an operator put it there; it may be too old to hold a checkpoint, or signed under a secret that was lost.
    """
    last = Checkpoint.objects.order_by("-id").first()
    if last is None:
        if trusted:
            return True
        raise ValidationError("This backup holds no signed checkpoint, so nothing in it says whose it is.")
    try:
        if signing.parse(last.note).origin != signing.origin():
            raise ValidationError("This is a backup of another instance.")
        if not trusted:
            signing.read(last.note, signing.public_key())
    except signing.NoteRefused as refused:
        raise ValidationError(f"The last checkpoint in this backup is not this instance's own: {refused}.") from None
    today = tree.Tree(last.seq)
    return today.size == last.size and today.root().hex() == last.root


def _end_all(instance, *, by, reason, whole):
    size, last = Event.objects.count(), Event.objects.order_by("-seq").first()
    as_of = min(last.at, timezone.now()) if last else timezone.now()
    held = LatestCheckpoint.objects.filter(instance_id=instance.id).first()
    people, home = people_restored.revived(), home_restored.revived()
    visits, ring = visits_restored.open_visits(as_of), ring_restored.revived()
    ended = {
        "visits": len(visits), **people_restored.end_open(as_of, by=by), **home_restored.end_open(),
        **visits_restored.end_first_parts(),
        "users": [user.user_id for user, _ in people.inactive], "passwords": [user.user_id for user in people.stale],
        "practices served": [str(party) for party, _ in home.parties],
        "signing keys": [key.kid for key, _ in home.keys],
        "keys of the key ring": [str(key) for key in ring.keys],
        "assignments": len(ring.assignments) + len(ring.memberships),
    }
    changes = {
        "ended": ended, "last event": _text(last and last.at), "matches its last checkpoint": whole,
        "held by Support": held.note if held else "",
    }
    record.write(by, "record.restarted", object=f"size {size}", changes=changes, reason=reason)
    people_restored.shut_out(people)
    home_restored.shut_out(home)
    ring_restored.shut_out(ring)
    visits_restored.end(visits, by=by)
    visits_restored.shut_again()
    left = User.objects.active().filter(type=UserType.ADMINISTRATOR).count()
    return Restarted(size, max(0, held.size - size) if held else 0, ended, left, whole)


def _text(at):
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _serve(draft, state, *, by, reason, made):
    """From here on the restored database is the instance; both records say so before the catalogue does."""
    with transaction.atomic(using="control"):
        _at_support(draft, by, RESTORED, changes={"size": made.size, "ended": made.ended}, reason=reason)
        Instance.objects.filter(id=draft.id).update(
            generation=draft.generation, schema=schema.fingerprint(), state=state
        )
        LatestCheckpoint.objects.filter(instance_id=draft.id).delete()
        _history(draft, state, by, f"Restored, record restarted at size {made.size}: {reason}")


def _again(instance):
    """Whoever was shut out while it was being restored is shut out too; and the first checkpoint of the new record."""
    with binding.bind(instance):
        people, home = people_restored.revived(), home_restored.revived()
        with transaction.atomic():
            people_restored.shut_out(people)
            home_restored.shut_out(home)
            visits_restored.shut_again()
            ring_restored.shut_out(ring_restored.revived())
            notices.send_soon()
            sessions.expire_overdue()
        checkpoints.take("the record was restarted")


def _at_support(instance, by, action, **what):
    """One event on Support's own record, unless it is Support that this is about."""
    support = Instance.objects.filter(kind=InstanceKind.SUPPORT).first()
    if support is None or support.id == instance.id:
        return
    with binding.elsewhere(), binding.bind(support), transaction.atomic():
        record.write(by, action, object=instance, **what)
