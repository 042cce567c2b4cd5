"""How much work waits for a company, as a number on its admin site: only where the practice says so, and no names."""

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.access.models import Visit, WaitingRule
from countersign.instances import binding
from countersign.people.permissions import Permission


def is_told(company_id):
    newest = WaitingRule.objects.filter(company_id=company_id).first()
    return newest is not None and newest.told


def of(key):
    """{services, since} of a live Billing user: sessions kept since somebody last came in with it. None: not told.

    Of the clients and services that the Billing user sees, so the number says nothing that it could not count itself.
    """
    if not is_told(key.billing_company) or Permission.VIEW_LEDGER not in key.holds(kind=binding.bound().kind):
        return None
    last = Visit.objects.filter(key=key).order_by("-began_at").values_list("began_at", flat=True).first()
    since = timezone.localdate(last or key.created_at)
    return {"services": import_string(settings.WAITING_SERVICES)(key, since=since), "since": f"{since}"}
