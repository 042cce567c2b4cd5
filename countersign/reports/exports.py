"""The record as a table for a spreadsheet: one row an event, as on the page but with nothing shortened."""

import json

from django.utils import timezone

from countersign.audit.actions import sentence
from countersign.reports import wording

CHUNK = 2000


def user_audit_row(event):
    return (
        event.seq, *_times(event), event.person, *_user_id(event), wording.WHO.get(event.source, event.source),
        event.company, event.billing_user, sentence(event), wording.RESULTS.get(event.result, event.result),
        event.reason, event.address, event.browser, event.factors, event.visit,
    )


def general_log_row(event):
    return (
        event.seq, *_times(event), event.person, *_user_id(event), wording.WHO.get(event.source, event.source),
        event.company, event.billing_user, sentence(event), event.client,
        wording.RESULTS.get(event.result, event.result), event.rule, event.reason, event.address, event.browser,
        event.factors, event.visit, event.iss, event.sub, event.action, event.object_type, event.object_id,
        event.object, event.client_id, json.dumps(event.changes, ensure_ascii=True) if event.changes else "",
    )


def headers(general):
    """The column heads, which name the zone of the times."""
    start = (
        "Event", f"Time ({timezone.get_current_timezone_name()})", "Time (UTC)", "Person", "User ID",
        "User ID looks unusual", "Who", "Company", "Billing user", "What happened",
    )
    if not general:
        return (*start, "Result", "Reason", "Address", "Browser", "Factors", "Visit")
    return (
        *start, "Client", "Result", "Rule", "Reason", "Address", "Browser", "Factors", "Visit", "Issuer", "Subject",
        "Action", "Object type", "Object id", "Object", "Client id", "Values",
    )


def _times(event):
    return f"{timezone.localtime(event.at):%m/%d/%Y %H:%M:%S}", f"{event.at:%Y-%m-%dT%H:%M:%S.%fZ}"


def _user_id(event):
    return event.user_id, wording.escaped(event.user_id)
