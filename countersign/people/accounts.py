"""Verbs on users: create, change, inactivate, reactivate, set and force passwords.

Each writes only the columns it is about: the user in hand may have been read before somebody else changed the rest.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.audit import record
from countersign.instances import binding, revocations
from countersign.instances.models import RevocationKind
from countersign.people import active_times, names, passwords, rotation, sessions
from countersign.people import changes as told
from countersign.people.models import CEILING, NO_PASSWORD, PermissionGroup, User, UserType
from countersign.people.permissions import PREDEFINED_GROUPS, known, offered

TAKEN = "Another user has this User ID, or one that looks the same. Choose another."
MALFORMED = "Use letters a to z, digits and . _ - @, two characters or more, beginning with a letter or digit."
NO_KEYS = "Only a user of the type Billing holds access tags; nobody else is narrowed by them."
NOTHING_TO_GIVE = "A Restricted user can be given nothing here. Untick groups and permissions, or choose another type."


def furnish():
    """Give a new instance its predefined permission groups."""
    PermissionGroup.objects.bulk_create(
        PermissionGroup(name=name, description=description, permissions=sorted(permissions))
        for name, (description, permissions) in PREDEFINED_GROUPS.items()
        if permissions <= offered(binding.bound().kind)
    )


def valid_user_id(text):
    """The User ID in canonical form. Raises ValidationError when malformed, taken, or taken for another."""
    user_id = names.fold(text)
    if not names.USER_ID.fullmatch(user_id):
        raise ValidationError(MALFORMED)
    if User.objects.filter(look=names.look(user_id)).exists():
        raise ValidationError(TAKEN)
    return user_id


def create(
    *, name, user_id, password, type, by, email="", groups=(), permissions=(), billing_company=None,
    tags=(), sees_part_2=False, grantable=None,
):
    """Create a user. password: plain, or None when an activation will be sent (nobody can sign in until then).

    grantable: the permissions that `by` holds; None only for Support and the command line, which open an instance.
    Raises ValidationError, keyed by field where one is at fault.
    """
    user = User(
        user_id=_keyed("user_id", valid_user_id, user_id), name=name.strip(), type=type, email=email,
        permissions=sorted(permissions), billing_company=billing_company, sees_part_2=sees_part_2,
        created_by=by.person,
    )
    if password is None:
        user.password = NO_PASSWORD
    else:
        _keyed("password", lambda text: passwords.validate(text, user=user), password)
        user.password = passwords.encode(password)
    refuse_beyond(grantable, type=type, groups=groups, permissions=permissions)
    refuse_out_of_type(type=type, groups=groups, permissions=permissions, tags=tags)
    user.clean_fields(exclude=["look"])
    user.clean()
    user.validate_constraints(exclude=["look", "user_id"])
    with transaction.atomic():
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError:  # somebody took it since it was checked
            raise ValidationError({"user_id": TAKEN}) from None
        user.groups.set(groups)
        active_times.keep(user, by=by.person)
        user.tags.set(tags)
        record.write(by, "user.created", object=user, changes=described(user))
    return user


def refuse_beyond(grantable, *, type, groups, permissions):
    """Nobody grants what they do not hold. Raises ValidationError naming what is beyond."""
    if grantable is None:
        return
    if type == UserType.ADMINISTRATOR and not offered(binding.bound().kind) <= grantable:
        raise ValidationError({"type": "Only a System Administrator can create another."})
    wanted = known([*permissions, *(string for group in groups for string in group.permissions)])
    beyond = wanted - grantable
    if beyond:
        labels = ", ".join(sorted(permission.label for permission in beyond))
        raise ValidationError({"permissions": f"You cannot give what you do not hold: {labels}."})


def refuse_out_of_type(*, type, groups, permissions, tags=()):
    """Raises ValidationError for what a user of this type can never be given (DESIGN "Ceiling")."""
    if type == UserType.RESTRICTED and (groups or permissions):
        raise ValidationError(NOTHING_TO_GIVE)
    if tags and type != UserType.BILLING:
        raise ValidationError({"tags": NO_KEYS})
    above = known(permissions) - CEILING[UserType(type)]
    if above:
        labels = ", ".join(sorted(permission.label for permission in above))
        raise ValidationError({"permissions": f"A {UserType(type).label} user can never be given: {labels}."})


def refuse_above(user, *, grantable):
    """Whoever may get in as a user must hold what the user holds. Raises ValidationError.

    Else somebody who manages users could send an administrator's activation to an address of their own.
    """
    if grantable is not None and user.holds(kind=binding.bound().kind) - grantable:
        raise ValidationError("This user may do what you may not. Ask somebody who holds it too.")


def change(
    user, *, by, grantable, name, email, type, groups, permissions, billing_company=None, tags=None, sees_part_2=None,
):
    """Change a user's details; the User ID never changes. Takes effect at the user's next request.

    tags, sees_part_2: which clients a Billing user sees; None leaves them as they are.

    A Billing user whose company changes loses its open sessions. Raises ValidationError keyed by field.
    """
    if user.is_billing != (type == UserType.BILLING):
        raise ValidationError({"type": "A Billing user is a key and stays one; create another user instead."})
    before = described(user)
    added = set(permissions) - set(user.permissions)
    new_groups = set(groups) - set(user.groups.all())
    refuse_beyond(grantable, type=type if type != user.type else None, groups=new_groups, permissions=added)
    refuse_out_of_type(type=type, groups=groups, permissions=permissions, tags=tags or ())
    if (email, billing_company) != (user.email, user.billing_company):
        refuse_above(user, grantable=grantable)
    if user.type == UserType.ADMINISTRATOR and type != user.type:
        _refuse_last_administrator(user)
    moved, readdressed = user.billing_company != billing_company, user.email != email
    user.name, user.email, user.type = name.strip(), email, type
    user.permissions, user.billing_company = sorted(permissions), billing_company
    user.sees_part_2 = user.sees_part_2 if sees_part_2 is None else sees_part_2
    user.clean_fields(exclude=["look", "password"])
    user.validate_constraints(exclude=["look", "user_id"])
    with transaction.atomic():
        user.save(update_fields=["name", "email", "type", "permissions", "billing_company", "sees_part_2"])
        user.groups.set(groups)
        active_times.keep(user, by=by.person)
        if tags is not None:
            user.tags.set(tags)
        if readdressed:
            end_activations(user)
        if moved:
            rotation.end(user, by=by, because="the Billing user was given to another company")
            sessions.end_all(user, by=by, because="the Billing user was given to another company")
        after = described(user)
        changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if changes:
            record.write(by, "user.changed", object=user, changes=changes)
        if moved:
            revocations.note(RevocationKind.COMPANY, user.id, by=by.person, mark=billing_company.hex)
        if changes:
            told.tell([user])
    return user


def inactivate(user, *, by):
    """*Inactivate & force log off*: nobody signs in with it, and whoever is in is out at the next request."""
    if str(user.id) == by.sub and by.iss:
        raise ValidationError("You cannot inactivate yourself.")
    if not user.is_active:
        return
    if user.type == UserType.ADMINISTRATOR:
        _refuse_last_administrator(user)
    with transaction.atomic():
        user.inactivated_at, user.inactivated_by = timezone.now(), by.person
        user.save(update_fields=["inactivated_at", "inactivated_by"])
        active_times.keep(user, by=by.person)
        end_activations(user)
        rotation.end(user, by=by, because="the user was inactivated")
        count = sessions.end_all(user, by=by, because="the user was inactivated")
        record.write(by, "user.inactivated", object=user, changes=_ended(count))
        _pass_on(settings.LEAVER_NOTICES, user, by=by)
        revocations.note(RevocationKind.USER, user.id, by=by.person)
        told.tell([user])


def reactivate(user, *, by, grantable):
    """Raises ValidationError when the user would get back what `by` does not hold."""
    refuse_above(user, grantable=grantable)
    if user.is_active:
        return
    with transaction.atomic():
        user.inactivated_at, user.inactivated_by = None, ""
        user.save(update_fields=["inactivated_at", "inactivated_by"])
        active_times.keep(user, by=by.person)
        record.write(by, "user.reactivated", object=user)
        _pass_on(settings.RETURNER_NOTICES, user, by=by)
        revocations.take_back(RevocationKind.USER, user.id)
        told.tell([user])


def set_password(user, *, password, by, action="user.password.set", keep=None, overlap=None):
    """Set a password and end the user's sessions (but `keep`). Raises ValidationError keyed by "password".

    overlap: how long the old password of a Billing user counts beside the new one; then nobody is put out now.
    """
    _keyed("password", lambda text: passwords.validate(text, user=user), password)
    ends_at = rotation.until(user, password, overlap)
    with transaction.atomic():
        rotation.replace(user, password, ends_at)
        user.password_forced_at, user.password_forced_by = None, ""
        user.save(update_fields=[
            "password", "old_password", "old_password_expires_at", "password_forced_at", "password_forced_by",
        ])
        end_activations(user)
        count = 0 if ends_at else sessions.end_all(user, by=by, because="the password was changed", keep=keep)
        record.write(by, action, object=user, changes={**_ended(count), **rotation.told(user)})
        revocations.note(
            RevocationKind.PASSWORD, user.id, by=by.person, mark=revocations.mark_of(user.password)
        )
        told.tell([user])


def force_password(user, *, by):
    """The person must choose a new password before anything else. Not for Billing users: set theirs instead."""
    if user.is_billing:
        raise ValidationError("A Billing user has no person who could choose one. Set a new password instead.")
    with transaction.atomic():
        user.password_forced_at, user.password_forced_by = timezone.now(), by.person
        user.save(update_fields=["password_forced_at", "password_forced_by"])
        record.write(by, "user.password.forced", object=user)
        revocations.note(RevocationKind.PASSWORD, user.id, by=by.person, mark=revocations.ANOTHER)


def sign_out_everywhere(user, *, by, keep=None):
    """End the user's open sessions (but `keep`), here and wherever they rest on this one. Returns how many."""
    with transaction.atomic():
        count = sessions.end_all(user, by=by, because="signed out everywhere", keep=keep)
        own = by.iss and by.sub == str(user.id)
        record.write(by, "signed-out.everywhere" if own else "user.signed-out", object=user, changes=_ended(count))
    return count


def end_activations(user):
    """Codes that were sent and not used are worth nothing any more."""
    user.activations.filter(used_at=None, expires_at__gt=timezone.now()).update(expires_at=timezone.now())


def _ended(count):
    """What a change did beside what its name says."""
    return {"Sessions ended": count} if count else {}


def described(user):
    """What the record keeps of a user: never the password."""
    return {
        "user_id": user.user_id,
        "name": user.name,
        "email": user.email,
        "type": user.type,
        "permissions": sorted(user.permissions),
        "groups": sorted(user.groups.values_list("name", flat=True)) if not user._state.adding else [],
        "billing_company": str(user.billing_company or ""),
        **(_reach(user) if user.is_billing else {}),
    }


def _pass_on(paths, user, *, by):
    """Tell the rooms above, which are named in the settings, in this very transaction."""
    for path in paths:
        import_string(path)(user, by=by)


def _reach(user):
    tags = [] if user._state.adding else sorted(user.tags.values_list("name", flat=True))
    return {"tags": tags, "sees_part_2": user.sees_part_2}


def _refuse_last_administrator(user):
    others = User.objects.active().filter(type=UserType.ADMINISTRATOR).exclude(id=user.id)
    if not others.exists():
        raise ValidationError("This is the last active System Administrator. Make somebody else one first.")


def _keyed(field, verb, *args):
    try:
        return verb(*args)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from None
