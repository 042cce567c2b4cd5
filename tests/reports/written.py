"""Events for the reports to show, written straight into the table so that a test may say when they happened."""

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape

from django.db import connections

from countersign.audit.models import Event
from countersign.instances import binding

AUDIT, LOG = "/reports/user-audit/", "/reports/general-log/"
NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # 12:00 in New York
JANE = {
    "source": "third party", "person": "Jane Doe", "company": "ACME Billing", "billing_user": "acme-billing",
    "user_id": "jane", "factors": "pwd otp",
}
RIVERA = {"client_id": "0e7cf3a2-9d38-4d7f-9a3c-000000001042", "client": "Rivera, Dana (1042)"}
PARK = {"client_id": "0e7cf3a2-9d38-4d7f-9a3c-000000011042", "client": "Park, Min-ji (11042)"}


def write(instance, *events, at=NOON):
    """One event for each dict, a minute apart; returns their numbers."""
    with binding.bind(instance):
        made = [
            Event(**{
                "at": at + timedelta(minutes=number), "source": "ours", "person": "Cole Whitaker", "user_id": "cole",
                "action": "clients.listed", "result": "ok", "address": "203.0.113.7", **fields,
            })
            for number, fields in enumerate(events)
        ]
        Event.objects.bulk_create(made)
        return list(Event.objects.order_by("-seq").values_list("seq", flat=True)[: len(made)])[::-1]


def rows(response):
    """The cells of the table's rows as texts."""
    body = response.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("</tr>")[:-1])
    return [[" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in row] for row in cells]


@contextmanager
def queries(instance):
    """The statements sent to the instance's database meanwhile, as a list that is full at the end."""
    with binding.bind(instance):
        wrapper = connections["default"]
    sent, wrapper.force_debug_cursor = [], True
    wrapper.queries_log.clear()
    try:
        yield sent
    finally:
        wrapper.force_debug_cursor = False
        sent += [query["sql"] for query in wrapper.queries_log]
