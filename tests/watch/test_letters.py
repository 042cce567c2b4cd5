"""Alerts by mail: to whom, with what in it, and nothing else; nobody waits for a mail server."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.people import accounts, post
from countersign.people.models import User, UserType
from countersign.watch import letters
from countersign.watch.models import Alert, AlertKind, Rules
from tests.watch.record import agree, came, jane, look, raised, unknown, write

HOSTILE = "Jane\r\nBcc: everybody@example.org\r\n\r\n<b>Doe</b>\u202e{{ 7 }}\x1b[31m"


@pytest.fixture
def practice(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    look(cast.good_therapy)
    mail.outbox.clear()
    return cast.good_therapy


def sent():
    post.settle()
    return mail.outbox


def test_a_mail_says_who_of_which_company_what_kind_and_when_and_nothing_of_a_client(practice):
    client = {"object": "Rivera, Dana (1042)", "client": "Rivera, Dana (1042)"}
    raised(practice, came(), jane(action="clients.exported", **client))

    (message,) = sent()
    assert message.to == ["priya@example.org"] and message.subject == "Good Therapy, Inc.: 2 new alerts"
    assert message.body == (
        "Good Therapy, Inc.: 2 new alerts\n\n"
        "First visit of a new person\n"
        "  Person: Jane Doe\n  Company: ACME Billing\n  Billing user: acme-billing\n  Time: 03/02/2026 12:00 PM\n\n"
        "Export\n"
        "  Person: Jane Doe\n  Company: ACME Billing\n  Billing user: acme-billing\n  Time: 03/02/2026 12:00 PM\n\n"
        "Read them here: http://good-therapy.countersign.localhost:8000/alerts/\n"
        "Times are those of the zone America/New York.\n"
    )


def test_a_hostile_name_is_one_line_of_text_and_no_header(practice):
    raised(practice, came(person=HOSTILE, company=HOSTILE, billing_user="x\r\nTo: y@example.org"))

    (message,) = sent()
    lines = message.message().as_string().split("\n")
    assert not [line for line in lines if line.startswith(("Bcc", "To: y", "\x1b"))]
    assert message.recipients() == ["priya@example.org"] and "\u202e" not in message.body
    assert "  Person: Jane Bcc: everybody@example.org <b>Doe</b> {{ 7 }} [31m" in message.body.split("\n")


def test_somebody_unknown_is_said_to_be_so(practice):
    raised(practice, *[unknown()] * 5)

    assert "  Person: not known\n" in sent()[0].body


def test_whoever_may_manage_access_is_told_unless_somebody_is_chosen(cast, practice):
    vera = cast.user(practice, "vera", name="Vera", email="vera@example.org", permissions=["manage_third_party_access"])
    cast.user(practice, "maya", name="Maya", email="maya@example.org", groups=["Practice manager"])
    cast.user(practice, "cole", name="Cole", email="cole@example.org", groups=["Clinician"])
    cast.user(practice, "nora", name="Nora", permissions=["manage_third_party_access"])
    raised(practice, came())
    assert {message.to[0] for message in sent()} == {"priya@example.org", "vera@example.org", "maya@example.org"}

    mail.outbox.clear()
    agree(practice, mail_to=[str(vera.id)])
    raised(practice, jane(action="clients.exported"))
    assert [message.to for message in sent()] == [["vera@example.org"]]

    mail.outbox.clear()
    agree(practice, mail_to=[])
    raised(practice, jane(action="clients.exported"))
    assert sent() == []


def test_whoever_lost_the_permission_or_is_inactive_is_told_no_more(cast, practice):
    vera = cast.user(practice, "vera", name="Vera", email="vera@example.org", permissions=["manage_third_party_access"])
    dana = cast.user(practice, "dana", name="Dana", email="dana@example.org", permissions=["manage_third_party_access"])
    agree(practice, mail_to=[str(vera.id), str(dana.id)])
    with binding.bind(practice):
        User.objects.filter(id=vera.id).update(permissions=[])
        accounts.inactivate(User.objects.get(id=dana.id), by=system())

    raised(practice, came())

    assert sent() == []


def test_who_was_told_is_on_the_record(cast, practice):
    raised(practice, came())

    (event,) = cast.events(practice, action="alert.raised")
    assert event.changes["Mailed to"] == "Priya Raman"


def test_a_flood_is_no_flood_of_mail(practice, cast, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)  # all of it within one hour of the clock
    for number in range(letters.MAILS_AN_HOUR + 5):
        raised(practice, came(sub=f"jane-{number}"))

    assert len(sent()) == letters.MAILS_AN_HOUR
    assert "There is no more mail before" in mail.outbox[-1].body and "no more mail" not in mail.outbox[-2].body
    assert cast.events(practice, action="alert.raised")[-1].changes["Mailed to"] == "nobody"
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=1))
    raised(practice, came(sub="jane-x"))
    assert len(sent()) == letters.MAILS_AN_HOUR + 1


def test_a_long_list_is_cut(practice):
    raised(practice, *(came(sub=f"jane-{number}") for number in range(50)))

    (message,) = sent()
    assert message.body.count("First visit of a new person") == letters.IN_ONE_MAIL and "and 30 more." in message.body


def test_nobody_waits_for_a_mail_server_that_hangs(practice, monkeypatch):
    go_on, hanging = threading.Event(), threading.Event()

    def hang(self, messages):
        hanging.set()
        go_on.wait(60)
        return len(messages)

    monkeypatch.setattr(EmailBackend, "send_messages", hang)
    write(practice, came())
    look(practice)  # comes back while the mail hangs
    assert hanging.wait(60)
    with binding.bind(practice):
        assert Alert.objects.get().kind == AlertKind.NEW_PERSON
    assert raised(practice, jane(action="clients.exported")) == ["export"]

    go_on.set()
    post.settle()


def test_nothing_is_mailed_when_the_look_is_undone(practice, monkeypatch):
    write(practice, came())
    with monkeypatch.context() as patch:
        patch.setattr("countersign.watch.looking.record.write", lambda *args, **more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            look(practice)
    assert sent() == []

    look(practice)

    assert len(sent()) == 1


def test_a_billing_user_is_never_among_those_who_are_told(cast, practice):
    cast.key()
    with binding.bind(practice):
        User.objects.filter(type=UserType.BILLING).update(
            email="acme@example.org", permissions=["manage_third_party_access"]
        )
        assert [user.name for user in letters.recipients(Rules())] == ["Priya Raman"]
