"""What a form about rights may offer, and how a choice of rights reads."""

import hashlib
import json

from countersign.instances import binding
from countersign.instances.models import Instance, Listing
from countersign.people.models import CEILING, UserType, effective
from countersign.people.permissions import SECTIONS, Permission, known, offered
from countersign.ui.forms import Choice


def giveable(*, type, grantable, already=()):
    """The permissions to offer: what this person holds and this type can be given, and what was given already."""
    return (grantable | known(already)) & CEILING[UserType(type)] & offered(binding.bound().kind)


def permission_choices(permissions):
    """[(section, [(value, label), ...]), ...], each with its description and what it shows."""
    return [
        (section, [(str(permission), Choice(permission.label, hint=_hint(permission))) for permission in found])
        for section, found in by_section(permissions)
    ]


def by_section(permissions):
    """[(section, [Permission, ...]), ...] in the order of the catalogue, without empty sections."""
    found = [(s, [p for p in Permission if p in permissions and p.words.section == s]) for s in SECTIONS]
    return [(section, entries) for section, entries in found if entries]


def _hint(permission):
    return f"{permission.words.description}. Shows: {permission.words.opens or 'no health information'}"


def group_choices(groups, *, type, grantable, already=()):
    """The groups whose every permission this person holds, and those the user has already, under no heading."""
    found = [
        (str(group.id), Choice(group.name, hint=_group_hint(group, type)))
        for group in groups
        if str(group.id) in already or known(group.permissions) & offered(binding.bound().kind) <= grantable
    ]
    return [("", found)] if found else []


def _group_hint(group, type):
    above = ignored([group], type=type)
    more = f"Ignored for a {UserType(type).label} user: {', '.join(p.label for p in above)}." if above else ""
    return f"{group.description}. {more}".removeprefix(". ").replace(".. ", ". ").strip()


def ignored(groups, *, type):
    """What is in these groups above the ceiling of the type, in the order of the catalogue."""
    held = known(string for group in groups for string in group.permissions)
    return [permission for permission in Permission if permission in held - CEILING[UserType(type)]]


def outcome(*, type, permissions, groups):
    """What a choice comes to: {sections, count, shows, ignored}."""
    found = effective(
        type=type, own=permissions, groups=[group.permissions for group in groups], kind=binding.bound().kind
    )
    return {
        "sections": by_section(found),
        "count": len(found),
        "shows": list(dict.fromkeys(p.words.opens for p in Permission if p in found and p.words.opens)),
        "ignored": ignored(groups, type=type) if type == UserType.BILLING else [],
    }


def type_choices(*, grantable, user=None):
    """A Billing user stays one and nobody becomes one; only who may do everything makes a System Administrator."""
    if user is not None and user.is_billing:
        return [(UserType.BILLING.value, UserType.BILLING.label)]
    administrators = offered(binding.bound().kind) <= grantable or (user and user.type == UserType.ADMINISTRATOR)
    return [
        (type.value, type.label)
        for type in UserType
        if (type != UserType.BILLING or user is None) and (type != UserType.ADMINISTRATOR or administrators)
    ]


def company_choices(current=None):
    """The listed billing companies but this instance itself, and the one a user is bound to already."""
    listed = Listing.objects.listed().exclude(instance_id=binding.bound().id).values_list(
        "instance_id", "instance__name"
    )
    found = sorted(((str(id), name) for id, name in listed), key=lambda choice: choice[1].casefold())
    if current and str(current) not in dict(found):
        found.append((str(current), f"{company_names([current]).get(current, 'Unknown company')} (not listed)"))
    return [("", "Choose a company"), *found]


def company_names(ids):
    """{instance id: name} of billing companies, listed or not."""
    return dict(Instance.objects.filter(id__in=[id for id in ids if id]).values_list("id", "name"))


def version(described):
    """A short mark of a state: another mark means that somebody changed it meanwhile."""
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]
