"""Case 77: what is in a name is drawn, mailed, logged, printed and sent as a text; nobody obeys it."""

import base64
import hashlib
import io
import json
import logging
import logging.config
import re
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core import mail
from django.template import Context, Template
from reportlab.platypus import Paragraph, SimpleDocTemplate

import countersign_verify
from countersign import __main__ as command_line
from countersign.audit import bundle, checkpoints, record
from countersign.audit.actors import THIRD_PARTY, Actor
from countersign.instances import binding, hosts, logs
from countersign.instances.models import Instance
from countersign.keyring.models import Key
from countersign.oversight import figures, paper
from countersign.people import post
from countersign.people.models import User
from countersign.reports import readers
from countersign.ui.paper import STYLES, glyphs
from countersign.ui.spreadsheet import attachment
from countersign.watch import letters
from tests.browsing import Browser
from tests.cast import PASSWORD
from tests.customers.steps import came
from tests.installation import as_owner
from tests.security import fillings, injected
from tests.security.injected import NAME, in_a_document, in_a_mail, in_a_template, in_headers, in_lines

STORED = NAME.replace("\0", "")  # PostgreSQL keeps no NUL, whoever asks
HEADERS = ("Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date", "Message-ID")


@pytest.fixture
def named(cast):
    """Good Therapy, and its administrator, have a name that no form would have taken."""
    cast.administrator(cast.good_therapy, "priya")
    Instance.objects.filter(id=cast.good_therapy.id).update(name=STORED[:120])
    with binding.bind(cast.good_therapy):
        User.objects.filter(user_id="priya").update(name=STORED[:120])
    cast.good_therapy.refresh_from_db()
    return cast


@pytest.fixture
def on_record(cast):
    """An event with the hostile text everywhere, written the one way; and one that its owner put into the table."""
    everywhere = Actor(
        person=NAME, source=THIRD_PARTY, iss=NAME, sub=NAME, user_id=NAME, company=NAME, billing_user=NAME,
        visit="v", factors=NAME, address=NAME, browser=NAME,
    )
    with binding.bind(cast.good_therapy):
        record.write(everywhere, "clients.searched", object=NAME, changes={"q": NAME}, reason=NAME, rule=NAME)
    as_owner(cast.good_therapy, (
        "INSERT INTO audit_event (at, source, person, iss, sub, user_id, company, billing_user, visit, factors,"
        " address, browser, action, object_type, object_id, object, client_id, client, changes, result, rule, reason)"
        " VALUES ('2026-01-05 12:00:00', 'ours', %s, '', '', '', '', '', '', '', '', '', 'record.restarted', '', '',"
        " '', '', '', '{}', 'ok', '', %s)", [STORED[:200], STORED[:200]],
    ))
    return cast


# Templates


def test_a_name_is_no_template_on_any_page_that_shows_it(named, on_record):
    browser = named.signed_in(named.good_therapy, "priya")
    for address in ("/settings/users/", "/reports/general-log/", "/reports/user-audit/", "/profile/", "/my-activity/",
                    "/record/", "/statements/", "/visits/", "/reports/overview/", "/no/such/page/"):
        page = browser.get(address).content.decode()

        assert not list(in_a_template(page)), address
        assert "<b>fz" not in page and "<img src='file" not in page, address
    assert "{{7*191}}" in browser.get("/reports/general-log/").content.decode()


@pytest.fixture
def at_the_site(cast):
    """A browser at ACME's admin site; the company, its customer, whoever is there and their key have hostile names."""
    cast.administrator(cast.acme, "ada")
    ring_key = fillings.a_ring_key(cast, cast.acme, {})
    Instance.objects.filter(id=cast.acme.id).update(name=STORED[:120])
    with binding.bind(cast.acme):
        fillings.Assignment.objects.create(
            key_id=ring_key, user=User.objects.get(user_id="ada"), begins_on="2026-01-05", made_by=STORED[:200]
        )
        User.objects.filter(user_id="ada").update(name=STORED[:120])
        Key.objects.update(practice=STORED[:120], state_because=STORED[:200], trouble=STORED[:200])
    return came(cast, cast.site(), "ada")


def test_a_name_is_no_template_on_any_page_of_an_admin_site(at_the_site):
    root = at_the_site.url.partition("/customers/")[0]
    for address in ("/customers/", f"/customers/?q={quote(NAME)}", "/customers/?q=Eve", "/people/",
                    "/people/?by=customer", f"/people/?q={quote(NAME)}", "/no/such/page/",
                    f"/crossing/?ticket={quote(NAME)}"):
        answer = at_the_site.get(root + address, follow=False)

        assert not list(in_a_template(at_the_site.page)), address
        assert "<b>fz" not in at_the_site.page and "<img src='file" not in at_the_site.page, address
        assert not list(in_headers(answer.serialize_headers())), address
    for address in ("/customers/", "/people/", "/people/?by=customer"):
        assert "{{7*191}}" in at_the_site.get(root + address).content.decode(), address


def test_a_name_on_the_way_to_an_admin_site_begins_no_header(cast, at_the_site):
    root = at_the_site.url.partition("/customers/")[0]
    form = {"q": NAME, "favorite": "on"}
    key = fillings.a_ring_key(cast, cast.acme, {})
    answers = [at_the_site.post(f"{root}/customers/{key}/favorite/", form, follow=False)]
    answers += [Browser().get(address, follow=False) for address in (
        f"{root}/sign-in/?next={quote(NAME)}", f"{root}/customers/?q={quote(NAME)}",
        f"{hosts.root(cast.acme)}/crossing/?state={quote(NAME)}&next={quote(NAME)}",
    )]
    answers.append(at_the_site.get(
        f"{hosts.root(cast.acme)}/crossing/?state={'a' * 43}&next={quote(NAME)}", follow=False
    ))
    for answer in answers:
        assert answer.status_code == 302, answer.wsgi_request.path
        assert not list(in_headers(answer.serialize_headers()))
        assert answer["Location"].startswith(("/customers/?", "/sign-in/?", root, hosts.root(cast.acme)))


def test_a_name_that_becomes_a_template_is_found():
    assert list(in_a_template(Template("{% widthratio 7 1 191 %} Eve").render(Context())))
    assert list(in_a_template(f"Eve {NAME.__class__}"))
    assert not list(in_a_template(NAME))


# Paper


def test_a_name_on_paper_is_drawn_and_acts_on_nothing(cast):
    fillings.a_company_that_came(cast, cast.good_therapy, {})
    month = fillings.statement_month()
    with binding.bind(cast.good_therapy):
        numbers = figures.of(cast.acme.id, month, name=cast.acme.name)
        hostile = {**numbers, "company": NAME, "practice": NAME}
        for one in [*hostile["people"], *hostile["visits"]]:
            one.update({key: NAME for key in ("person", "how", "address", "sub") if key in one})

        assert numbers["people"] and numbers["visits"]
        assert not list(in_a_document(paper.statement(hostile, month)))


def test_a_paper_that_takes_a_name_for_markup_is_found():
    file = io.BytesIO()
    glyphs()
    SimpleDocTemplate(file).build([Paragraph("<b>fz</b><a href='https://evil.example'>x</a>", STYLES["text"])])

    found = list(in_a_document(file.getvalue()))

    assert any("/Annots" in one or "/URI" in one for one in found) and any("not drawn" in one for one in found), found


# Mail


def sent():
    post.settle()
    return [message.message().as_bytes() for message in mail.outbox]


def test_a_name_in_a_mail_begins_no_header_and_no_line(named):
    practice = named.good_therapy
    mail.outbox = []
    named.client(practice).post("/forgotten-password/", {"user_id": "priya"})
    an_alert = fillings.an_alert(named, practice, {})
    with binding.bind(practice):
        readers.CheckpointReader.objects.create(email="r@example.org", added_at="2026-01-05T00:00Z", added_by="test")
        readers.daily()
        alerts = list(fillings.Alert.objects.filter(id=an_alert))
        alerts[0].person = alerts[0].company = NAME
        subject, text = letters.letter(alerts)
        post.send(to="w@example.org", subject=subject, text=text)
        post.send(to="s@example.org", subject=NAME, text="As long as a name in the subject is cleaned, it arrives.")

    found = sent()

    assert len(found) == 4
    for raw in found:
        assert not list(in_a_mail(raw, headers=HEADERS))


def test_a_mail_that_puts_a_name_into_its_head_is_found():
    plain = "Content-Type: text/plain\r\nSubject: {}\r\nFrom: a@example.org\r\n\r\nText\r\n"
    assert not list(in_a_mail(plain.format("Eve").encode(), headers=HEADERS))
    assert any("header" in one for one in in_a_mail(plain.format(injected.LINES).encode(), headers=HEADERS))
    body = f"Content-Type: text/plain\r\nSubject: a\r\n\r\nDear {injected.LINES}\r\n"
    assert list(in_a_mail(body.encode(), headers=HEADERS))


# Logs and terminals


@pytest.fixture
def console():
    """The server's log as settings have it, into a text."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    made = settings.LOGGING["formatters"][settings.LOGGING["handlers"]["console"]["formatter"]]
    handler.setFormatter(logging.config.DictConfigurator({"version": 1}).configure_formatter(dict(made)))
    log = logging.getLogger("tests.security.injection")
    log.propagate, log.handlers = False, [handler]
    yield log, written
    log.handlers = []


def test_whatever_is_logged_is_one_line(console):
    log, written = console

    log.warning("%s and %s exchanged no checkpoints: %s", NAME, NAME, NAME)
    log.error(NAME)

    assert not list(in_lines(written.getvalue(), lines=2))
    assert "Eve\\r\\n" in written.getvalue()


def test_a_trace_keeps_its_lines_and_none_passes_for_a_message(console):
    log, written = console
    try:
        raise RuntimeError(NAME)
    except RuntimeError:
        log.exception("It failed.")

    lines = written.getvalue().splitlines()
    assert lines[0] == "It failed." and lines[1] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in lines[1:])
    assert not list(in_lines(written.getvalue(), lines=len(lines)))


def test_a_log_that_writes_what_it_is_given_is_found():
    assert list(in_lines(logging.Formatter().format(logging.makeLogRecord({"msg": NAME})), lines=1))
    assert list(in_lines(f"Eve{injected.TERMINAL}", lines=1))
    assert not list(in_lines(logs.escaped(NAME), lines=1))


def test_whatever_a_browser_says_is_one_line_wherever_it_is_kept(cast):
    cast.administrator(cast.good_therapy, "priya")
    browser = cast.client(cast.good_therapy)
    browser.post("/sign-in/", {"user_id": f"x{STORED}"[:60], "password": NAME}, HTTP_USER_AGENT=injected.TERMINAL)
    browser.post("/sign-in/", {"user_id": "priya", "password": PASSWORD}, HTTP_USER_AGENT=injected.LINES)
    with binding.bind(cast.good_therapy):
        for event in fillings.Event.objects.all():
            for text in (event.person, event.user_id, event.browser, event.address, event.object, event.reason):
                assert not list(in_lines(text, lines=1 if text else 0))
        kept = fillings.sessions.browser(type("", (), {"META": {"HTTP_USER_AGENT": NAME}}))
    assert not list(in_lines(kept, lines=1))


def test_what_is_on_record_is_one_line_for_each_event_in_every_file(on_record):
    on_record.administrator(on_record.good_therapy, "priya")
    browser = on_record.signed_in(on_record.good_therapy, "priya")
    for suffix in ("jsonl", "fhir"):
        text = browser.get("/reports/general-log/export/", {"format": suffix}).getvalue().decode()
        lines = [line for line in text.split("\n") if line]

        # RFC 8785 escapes what ends a line and what a terminal begins an order with, and nothing beyond U+001F.
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", text), suffix
        assert all(isinstance(json.loads(line), dict) for line in lines)
    with binding.bind(on_record.good_therapy):
        file = io.BytesIO()
        bundle.write(file, checkpoints.take("a test"))
    lines = file.getvalue().decode().rstrip("\n").split("\n")
    events = [json.loads(line) for line in lines]
    assert sum("event" in one for one in events) == events[0]["size"]


def test_the_command_line_prints_what_is_on_record_and_obeys_none_of_it(named, on_record, capsys, tmp_path):
    for arguments in (
        ["export", "good-therapy", "--output", str(tmp_path / "b")],
        ["receipt", "good-therapy", "1", "--output", str(tmp_path / "r")], ["check", "good-therapy"],
        ["archive", "good-therapy", "--output", str(tmp_path)], ["check", NAME.replace("\0", "")],
    ):
        command_line.run(["audit", *arguments])
        said = capsys.readouterr()
        for text in (said.out, said.err):
            assert not list(in_lines(text, lines=len([line for line in text.split("\n") if line]))), arguments


# The verifier, which a stranger runs on a file that a stranger gave them


def forged(**event):
    """A receipt in perfect order by somebody with a key of their own, who names record and event as they please."""
    key, instance = Ed25519PrivateKey.generate(), f"i{injected.TERMINAL}"
    raw, origin = b"\1" + key.public_key().public_bytes_raw(), f"countersign/{instance}"
    key_id = hashlib.sha256(f"{origin}\n".encode() + raw).digest()[:4]
    text = json.dumps({"instance": instance, **event}, ensure_ascii=True)
    root = hashlib.sha256(b"\0" + text.encode()).digest()
    body = f"{origin}\n1\n{base64.b64encode(root).decode()}\ntime 2026-01-05T12:00:00Z\n"
    note = f"{body}\n— {origin} {base64.b64encode(key_id + key.sign(body.encode())).decode()}\n"
    header = json.dumps({
        "version": 1, "kind": "receipt", "instance": instance, "name": NAME, "checkpoint": note, "size": 1,
        "key": f"{origin}+{key_id.hex()}+{base64.b64encode(raw).decode()}", "earlier": [], "witnesses": [],
        "index": 0, "event": text, "proof": [],
    }).encode() + b"\n"
    seal = key.sign(f"countersign receipt 1\n{hashlib.sha256(header).hexdigest()}\n".encode())
    return header + b'{"seal":"' + base64.b64encode(seal) + b'"}\n'


@pytest.mark.parametrize("event", [
    {"seq": NAME, "at": NAME, "person": NAME, "action": NAME, "client": NAME},
    {"seq": 1, "at": [NAME], "person": {NAME: NAME}, "action": 7},
])
def test_the_verifier_prints_what_a_forger_wrote_and_obeys_none_of_it(tmp_path, capsys, event):
    (tmp_path / "receipt").write_bytes(forged(**event))

    code = countersign_verify.main([str(tmp_path / "receipt")])

    said = capsys.readouterr().out
    assert code == 0 and said.count("\n") == 5, said
    assert not list(in_lines(said, lines=5))


@pytest.mark.parametrize("change", [
    lambda header: {**header, "event": "\ud800"}, lambda header: {**header, "key": "\ud800+00000000+AAAA"},
    lambda header: {**header, "name": 7}, lambda header: {**header, "checkpoint": f"{NAME}\n\n\ud800"},
    lambda header: {**header, "witnesses": [{"note": header["checkpoint"], "key": header["key"], "proof": [NAME]}]},
])
def test_whatever_is_in_a_file_the_verifier_answers_with_a_sentence(tmp_path, capsys, change):
    header, seal = forged(seq=1).splitlines()
    (tmp_path / "receipt").write_bytes(json.dumps(change(json.loads(header))).encode() + b"\n" + seal + b"\n")

    code = countersign_verify.main([str(tmp_path / "receipt")])

    said = capsys.readouterr().out
    assert code == 1 and said.splitlines()[-1].startswith("WRONG: ")
    assert not list(in_lines(said, lines=said.count("\n")))


def test_a_time_that_is_none_in_a_cosignature_is_a_sentence_too():
    key = Ed25519PrivateKey.generate()
    raw = b"\4" + key.public_key().public_bytes_raw()
    key_id, stamp = hashlib.sha256(b"w\n" + raw).digest()[:4], 2**64 - 1
    signed = key.sign(f"cosignature/v1\ntime {stamp}\nbody\n".encode())
    one = {
        "note": "body\n\n", "holder_key": f"w+{key_id.hex()}+{base64.b64encode(raw).decode()}",
        "line": f"— w {base64.b64encode(key_id + stamp.to_bytes(8, 'big') + signed).decode()}",
    }
    with pytest.raises(countersign_verify.Wrong, match="time"):
        countersign_verify.read_cosignature(one, "here")


def test_a_verifier_that_prints_what_it_reads_is_found(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(countersign_verify, "shown", lambda text: text)
    (tmp_path / "receipt").write_bytes(forged(seq=1, person=NAME))
    countersign_verify.main([str(tmp_path / "receipt")])

    assert list(in_lines(capsys.readouterr().out, lines=5))


# Heads of answers


def test_a_name_in_the_head_of_an_answer_begins_no_header(named):
    browser = named.signed_in(named.good_therapy, "priya")
    Instance.objects.filter(id=named.acme.id).update(name=STORED[:120])
    named.acme.refresh_from_db()
    company = fillings.a_company_that_came(named, named.good_therapy, {})
    month = f"{fillings.statement_month():%Y-%m}"
    answers = [browser.get(address) for address in (
        "/clients/export/", "/reports/general-log/export/", "/reports/user-audit/export/?person=fz",
        f"/statements/{company}/{month}/pdf/", "/record/download/", "/record/checkpoint/",
    )]
    answers += [
        named.client(named.good_therapy).get("/clients/", {"q": NAME}),
        named.client(named.good_therapy).post(f"/sign-in/?next={quote(NAME)}", {
            "user_id": "priya", "password": PASSWORD,
        }),
    ]
    for answer in answers:
        assert answer.status_code in (200, 302), answer.wsgi_request.path
        assert not list(in_headers(answer.serialize_headers()))
        name = answer.get("Content-Disposition", "").partition("filename=")[2].strip('"')
        assert all(c.isalnum() or c in "-_." for c in name), name


def test_a_file_name_is_plain_whatever_it_is_made_of():
    answer = attachment(io.BytesIO(b""), name=NAME)
    assert not list(in_headers(answer.serialize_headers()))
    answer.close()


def test_a_head_that_repeats_a_name_is_found():
    assert list(in_headers(f'Content-Disposition: attachment; filename="{injected.LINES}"\r\n'.encode()))
    assert not list(in_headers(b"Content-Type: text/html\r\nLocation: /\r\n"))
