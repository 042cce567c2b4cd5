"""What the practice tells a company of its Billing users: the whole state of one, whenever it is another than before.

No health information: which key, how it stands, why, until when, what it may do, and what of that is different; where
the practice allows it, a number of services.
"""

from django.utils import timezone

from countersign.access import standing, waiting
from countersign.access.models import Told
from countersign.identity import dispatches
from countersign.instances import binding, hosts
from countersign.instances.models import Instance
from countersign.people import changes, passwords, rotation
from countersign.people.models import User, UserType

CHANGED = "key.changed"
INACTIVE = "inactive"
GIVEN_AWAY = "the Billing user was given to another company"


def tell(*keys):
    """Tell the companies of these Billing users what is different, in the current transaction."""
    keys = User.objects.select_for_update().filter(id__in=[key.id for key in keys]).order_by("id")
    companies = Instance.objects.in_bulk({key.billing_company for key in keys})
    for key in keys:
        body = state_of(key)
        company = companies.get(key.billing_company)
        known = Told.objects.filter(key=key).first()
        if company is None or (known and (known.company_id, known.body) == (company.id, body)):
            continue
        Told.objects.update_or_create(
            key=key, defaults={"company_id": company.id, "body": body, "told_at": timezone.now()}
        )
        if known and known.company_id != company.id:
            _say_goodbye(known)
            known = None
        difference = _difference(known.body, body, key) if known else ""
        dispatches.send(hosts.root(company), CHANGED, {**body, "difference": difference}, name=company.name)


def _difference(before, body, key):
    """What is different, in words."""
    said = changes.difference(before["permissions"], body["permissions"])
    if before.get("password", body["password"]) == body["password"]:
        return said
    old = "counts no more"
    if key.two_passwords:
        old = f"counts until {rotation.said(key.old_password_expires_at)} ({binding.bound().time_zone})"
    return "; ".join(filter(None, [said, f"has a new password, the old one {old}"]))


def _say_goodbye(known):
    """To the company that had the Billing user before; whose it is now is none of its business."""
    company = Instance.objects.filter(id=known.company_id).first()
    if company is not None:
        body = {**known.body, "state": standing.ENDED, "because": GIVEN_AWAY, "permissions": [], "difference": ""}
        dispatches.send(hosts.root(company), CHANGED, body, name=company.name)


def state_of(key):
    """{billing_user, name, state, because, password (its id), last_on, permissions}: all that the company is told of a
    Billing user, and {waiting}, how much work waits, while it is live and the practice tells (waiting.py)."""
    now = standing.judge(key) if key.is_active else standing.Standing(INACTIVE, "the Billing user is inactive")
    counts = waiting.of(key) if now.state == standing.LIVE else None
    return {
        **({"waiting": counts} if counts else {}),
        "billing_user": key.user_id, "name": key.name, "state": now.state, "because": now.because,
        "password": passwords.id_of(key.password), "last_on": f"{standing.until_on(key)}",
        "permissions": sorted(key.holds(kind=binding.bound().kind)),
    }


def tell_what_changed():
    """What nobody did but the calendar: an agreement or a Billing user came to its end, or an agreement began; and how
    much work waits today."""
    tell(*User.objects.kept().filter(type=UserType.BILLING, inactivated_at=None))
