"""Support's verbs, with Support bound. Each is written down twice: in Support's own record, in the transaction of the
request, and in the record of the instance it concerns. The catalogue's change is committed after the latter: what
cannot be recorded does not happen."""

from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction

from countersign.audit import record
from countersign.console import opening
from countersign.identity import dispatches, keys
from countersign.instances import binding, catalogue, hosts, listings, sites
from countersign.instances.models import Instance, InstanceKind, InstanceState, Listing, ListingState
from countersign.people import activations
from countersign.people.models import User, UserType

STATE_ACTIONS = {
    InstanceState.ACTIVE: "instance.resumed",
    InstanceState.SUSPENDED: "instance.suspended",
    InstanceState.ARCHIVED: "instance.archived",
}
NEVER_CHOSEN = "!"  # accounts.create stores it where no password was given


def create_instance(*, name, slug, kind, time_zone, administrator, by, server=None):
    """Open an instance and send its first administrator an activation; returns (Instance, whether the mail went out).

    Nothing is left of it when any of its parts fails, but for the mail: that can be sent again.
    Raises ValidationError keyed by field (see `opening.open_whole`).
    """
    with binding.elsewhere():
        instance, user = opening.open_whole(
            name=name, slug=slug, kind=kind, time_zone=time_zone, administrator=administrator, by=by, server=server
        )
    with opening.whole_or_nothing(instance):
        changes = {"slug": slug, "kind": str(kind), "time_zone": time_zone, "administrator": str(user)}
        record.write(by, "instance.created", object=instance, changes=changes)
        sent = _send(instance, user, by=by)
    return instance, sent


def send_activation_again(instance, *, by):
    """For a first administrator who never chose a password; returns whether the mail went out."""
    with binding.elsewhere(), binding.bind(instance):
        user = waiting_administrators().first()
    if user is None:
        raise ValidationError("No administrator of this instance is waiting for an activation.")
    record.write(by, "activation.sent", object=f"{user.name}, {instance}")
    return _send(instance, user, by=by)


def waiting_administrators():
    """Of the bound instance: active administrators who never chose a password, first created first."""
    return User.objects.active().filter(type=UserType.ADMINISTRATOR, password=NEVER_CHOSEN).order_by("created_at")


def _send(instance, user, *, by):
    """Whether the mail is on its way. It leaves after the commit (people/post.py); a server that does not answer
    is found out before, so that the person who waits for it does not wait in vain."""
    try:
        with mail.get_connection():
            pass
    except OSError:  # smtplib's own errors are OSErrors too
        return False
    with binding.elsewhere(), binding.bind(instance):
        activations.send(user, by=opening.from_support(by))
    return True


def change_state(instance, *, state, by, reason):
    """Suspend, reopen or archive, from the next request on. Raises ValidationError."""
    _reasoned(reason)
    action, changes = STATE_ACTIONS[state], {"state": [str(instance.state), str(state)]}
    with transaction.atomic(using="control"):
        catalogue.change_state(instance, state=state, by=by.person, reason=reason)
        record.write(by, action, object=instance, changes=changes, reason=reason)
        _write_there(instance, by, action, changes=changes, reason=reason)
    binding.pool.forget(instance)


def change_listing(instance, *, state, by, reason):
    """Move the company's listing one step. Raises ValidationError for a step that is none."""
    _reasoned(reason)
    with transaction.atomic(using="control"):
        was = Listing.objects.filter(instance=instance).values_list("state", flat=True).first()
        changes = {"listing": [was or "", str(state)]}
        listing = listings.change(instance, state=state, by=by.person, reason=reason)
        record.write(by, "listing.changed", object=instance, changes=changes, reason=reason)
        _write_there(instance, by, "listing.changed", changes=changes, reason=reason)
        if ListingState.LISTED in (was, state):
            _give_notice(instance, state, is_new=was is None)
    return listing


def _give_notice(company, state, *, is_new):
    """Let every instance know; those that have a Billing user of this company write it down, and their people are told.

    Who they are Support does not know. Of a company that was never listed nobody has one."""
    if not is_new:
        others = Instance.objects.filter(state=InstanceState.ACTIVE).exclude(kind=InstanceKind.SUPPORT)
        dispatches.send_to_all(
            {hosts.root(one): one.name for one in others.exclude(id=company.id)}, "listing.changed",
            {"company": str(company.id), "name": company.name, "state": str(state)},
        )


def begin_site(instance, *, label, by):
    """Switch the company's admin site on. Raises ValidationError."""
    with transaction.atomic(using="control"):
        site = sites.begin(instance, label=label, by=by.person)
        record.write(by, "admin-site.began", object=instance, changes={"label": label})
        _write_there(instance, by, "admin-site.began", changes={"label": label})
    return site


def end_site(instance, *, by):
    """Switch it off, from the next request on; returns whether it was on."""
    with transaction.atomic(using="control"):
        site = sites.of(instance)
        if site is None or not sites.end(site, by=by.person):
            return False
        record.write(by, "admin-site.ended", object=instance, changes={"label": site.label})
        _write_there(instance, by, "admin-site.ended", changes={"label": site.label})
    return True


def rotate_keys(instance, *, by):
    """Make the instance sign with a new key; what the old one signed stays valid until it expires by itself."""
    record.write(by, "identity.keys.rotated", object=instance)
    with binding.elsewhere(), binding.bind(instance):
        keys.rotate(by=opening.from_support(by))


def _write_there(instance, by, action, **what):
    with binding.elsewhere(), binding.bind(instance), transaction.atomic():
        record.write(opening.from_support(by), action, object=instance, **what)


def _reasoned(reason):
    if not reason.strip():
        raise ValidationError({"reason": "Say why, in a few words."})
