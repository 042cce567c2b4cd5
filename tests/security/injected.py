"""What somebody puts into a name so that a page, a mail, a log, a header or a document obeys it; and who obeyed."""

import email
import email.policy
import io
import re

from pypdf import PdfReader

ORDER = "X-Fz-Injected"
LINES = f"Eve\r\n{ORDER}: 1\r\n\r\nforged body\n{{\"level\":\"INFO\",\"fz\":1}}\n[23/Nov/2026] fz signed in"
TERMINAL = "\x1b[2J\x1b]0;fz\x07\x9b31m\u202e\u2066\x00\x7f"
TEMPLATE = "{{7*191}}{% load none %}${7*191}#{7*191}<%= 7*191 %>{0.__class__}%(name)s%n"
PAPER = "<b>fz</b><para><a href='https://evil.example'>x</a><img src='file:///etc/passwd'/>) Tj /JavaScript (("
NAME = f"{LINES}{TERMINAL}{TEMPLATE}{PAPER}"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def in_lines(text, *, lines):
    """Faults of what a terminal, a log file or a collector of lines is given; lines: how many there should be."""
    found = [line for line in text.split("\n") if line]
    if len(found) != lines:
        yield f"{len(found)} lines instead of {lines}"
    for line in found:
        if CONTROL.search(line):
            yield f"a control character: {line[:80]!r}"
        if line.startswith((ORDER, '{"level"', "[23/Nov/2026] fz")):
            yield f"a line of its own: {line[:80]!r}"


def in_a_mail(raw, *, headers):
    """headers: the names that a mail of ours has."""
    found = email.message_from_bytes(raw, policy=email.policy.default)
    for name in {one.lower() for one in found.keys()} - {one.lower() for one in headers}:
        yield f"a header of its own: {name}"
    if str(found["Subject"]).count("\n") or CONTROL.search(str(found["Subject"])):
        yield "a subject of several lines"
    body = found.get_content()
    if any(line.startswith((ORDER, "forged body", '{"level"')) for line in body.splitlines()):
        yield "a line of its own in the body"


def in_a_template(text):
    """7*191 is what was asked for; a class or a setting is what was hoped for."""
    if re.search(r"\b1337\b", text) or "<class " in text or "&lt;class " in text:
        yield "it was evaluated"


def in_headers(raw):
    """raw: the answer's head as a server sends it."""
    for line in raw.split(b"\r\n"):
        if b"\n" in line or b"\r" in line or line.lower().startswith(ORDER.lower().encode()):
            yield f"a header of its own: {line[:80]!r}"


def in_a_document(pdf):
    """A paper has text and nothing that acts, opens, links or embeds."""
    reader = PdfReader(io.BytesIO(pdf))
    for place in range(1, reader.trailer["/Size"]):
        found = reader.get_object(place)
        keys = set(found) if isinstance(found, dict) else set()
        for key in keys & {"/JS", "/JavaScript", "/OpenAction", "/AA", "/URI", "/Launch", "/EmbeddedFile", "/Annots"}:
            yield f"{key} in object {place}"
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    if "<b>fz</b>" not in text.replace(" ", ""):
        yield "the markup is not drawn as it was typed"
