"""The demo's mailbox: every mail that was sent, on one page. Routed only where settings.DEMO is on (urls/bare.py)."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from countersign.people.gate import public

LINE = b"-" * 79  # what Django's file backend puts after each mail
MOST = 50


@dataclass(frozen=True)
class Mail:
    sent_at: datetime | None
    to: str
    subject: str
    body: str


@public
@require_safe
def mailbox(request):
    if not settings.DEMO:
        raise Http404
    return render(request, "demo/mailbox.html", {"mails": mails(Path(settings.EMAIL_FILE_PATH))[:MOST]})


def mails(folder):
    """Every mail in the folder, newest first."""
    found = []
    for path in sorted(folder.glob("*.log")):
        parts = path.read_bytes().split(b"\n" + LINE + b"\n")
        found += [(path.stat().st_mtime, number, read(part)) for number, part in enumerate(parts) if part.strip()]
    found.sort(key=lambda one: (one[2].sent_at or timezone.now(), *one[:2]), reverse=True)
    return [mail for _, _, mail in found]


def read(data):
    message = message_from_bytes(data.lstrip(), policy=policy.default)
    body = message.get_body(("plain",))
    sent = message["Date"].datetime if message["Date"] else None
    return Mail(
        sent_at=sent if sent is None or sent.tzinfo else sent.replace(tzinfo=timezone.get_current_timezone()),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or "(no subject)"),
        body=body.get_content().strip() if body else "",
    )
