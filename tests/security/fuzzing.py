"""Drives routes with hostile parameters as the kind of user that may come in, and says what is wrong with an answer."""

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote, quote_plus, unquote_to_bytes, urlsplit

from django.conf import settings
from django.http import QueryDict
from django.test.client import FakePayload

from countersign.audit import record
from countersign.audit.actors import system
from countersign.instances import binding
from countersign.instances.models import InstanceKind
from countersign.people.models import UserType
from countersign.people.permissions import BILLING_CEILING, Permission, offered
from tests.record import driving, rows
from tests.security import bodies
from tests.security.hostile import EVALUATED
from tests.security.kinds import ANONYMOUS, Kind
from tests.security.routes import FOR_VISITS, PUBLIC

ADMINISTRATOR = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.PRACTICE))
CLERK = Kind("regular with all", UserType.REGULAR, offered(InstanceKind.PRACTICE))
VISIT = Kind("visit with all", UserType.BILLING, BILLING_CEILING)
CANARY = "canary-of-elm-street"
FORM = "application/x-www-form-urlencoded"


def kinds(route):
    """Who may come in: nobody in particular, somebody of the practice, and a visit where it may."""
    if route.who == PUBLIC:
        return [ANONYMOUS]
    if route.path in FOR_VISITS:
        return [VISIT]
    if not isinstance(route.who, Permission):
        return [CLERK]
    return [CLERK, VISIT] if route.who in BILLING_CEILING else [CLERK]


def plant_canary(cast):
    """Something of Elm Street for every list; the ids of it are what a foreign cursor looks like."""
    from tests.security import fillings

    ids = []
    for maker in (fillings.a_client, fillings.a_visit, fillings.an_alert, fillings.a_note, fillings.a_visit_on_record):
        ids.append(str(maker(cast, cast.elm_street, {})))
    with binding.bind(cast.elm_street):
        for _ in range(9):
            record.write(system(), "page.opened", object=CANARY, reason=CANARY)
    return ids


@dataclass
class Fuzzer:
    """One instance, one browser; `found` gathers a sentence for each rule that an answer broke.

    site: its admin site, when that is the host."""

    cast: object
    where: object
    site: object = None
    found: list = field(default_factory=list)
    asked: int = 0

    def __post_init__(self):
        self.walker = driving.Walker(self.cast, self.where, self.site)
        self.foreign = {CANARY, self.cast.elm_street.name} - {self.where.name}
        self.places = {}

    def place(self, route):
        """(address, ids) of a thing that exists for the route."""
        if route not in self.places:
            self.places[route] = driving.fill(route, self.where, self.cast)
        return self.places[route]

    def names(self, route, kind):
        """The parameters that the route looks at, found by watching what it asks its query for."""
        asked = set()
        with watched(asked):
            self.get(route, kind, b"")
            self.get(route, kind, b"&".join(name.encode() + b"=1" for name in asked))
        return sorted(asked)

    def get(self, route, kind, query, address=None, raw=b""):
        self.walker.become(kind)
        self.asked += 1
        target = address or self.place(route)[0]
        last = driving.last(self.where)
        path = unquote_to_bytes(target.replace("\0V", raw.decode("latin-1"))).decode("latin-1")
        response = self.walker.client.request(
            REQUEST_METHOD="GET", PATH_INFO=path, QUERY_STRING=query.decode("latin-1"), **{"wsgi.input": FakePayload()}
        )
        wrong = list(self.faults(response))
        recorded = driving.since(self.where, last) if kind.type else ()
        if kind.type and response.status_code < 500 and not recorded and not route.rule.silent:
            wrong.append("is on no record")
        self.say(f"GET {route}, {kind.name} ?{query[:200]!r}", wrong)
        return response

    def post(self, route, kind, body, content_type=FORM, *, place=None):
        """One form; what is refused has changed nothing, and whatever it was is on the record."""
        self.walker.become(kind)
        self.asked += 1
        address = (place or self.place(route))[0]
        driving.settle()
        last, before = driving.last(self.where), (rows.of(self.where), rows.catalogue())
        response = self.walker.client.generic("POST", address, body, content_type=content_type)
        driving.settle()
        after, events = (rows.of(self.where), rows.catalogue()), driving.since(self.where, last)
        changes = rows.changes(before[0], after[0]) + rows.changes(before[1], after[1])
        # What the practice said when it refused a key is kept with the key, and is an event.
        changes = [one for one in changes if (one.table, set(one.columns)) != ("keyring_key", {"trouble"})]
        wrong = list(self.faults(response))
        if response.status_code >= 400 and changes:
            wrong.append(f"was refused and changed {sorted({change.table for change in changes})}")
        if not events and (kind.type or response.status_code in (400, 401, 403, 404, 422)):
            wrong.append("is on no record")
        if response.status_code < 400 and changes and all(event.action.startswith("page.") for event in events):
            wrong.append(f"changed {sorted({change.table for change in changes})} and told nobody")
        self.say(f"POST {route}, {kind.name} {body[:300]!r}", wrong)
        return response

    def valid_body(self, route, kind):
        """{name: value} of a form that is accepted, made anew, and the place where it is."""
        if route.path not in bodies.BODIES:
            return {}, self.place(route)
        place = driving.fill(route, self.where, self.cast)
        self.walker.become(kind)
        return dict(bodies.BODIES[route.path](self.cast, self.where, place[1], self.walker.user(kind))), place

    def fields(self, route, kind):
        """The fields that the route looks for in a form."""
        asked = set()
        with watched(asked):
            self.post(route, kind, b"")
        return sorted(asked)

    def say(self, what, wrong):
        self.found += [f"{what}: {one}" for one in wrong]

    def faults(self, response):
        """Sentences about an answer that no parameter may bring about."""
        status, body = response.status_code, response.getvalue().decode(errors="replace")
        kind = response.get("Content-Type", "").partition(";")[0]
        if status >= 500:
            yield f"answers {status}"
        if kind == "text/html":
            yield from markup(body)
        elif "fz-mark" in body and kind not in ("application/json", "text/csv", "application/x-ndjson"):
            yield f"repeats what it was given as {kind or 'nothing'}"
        if any(word in body for word in self.foreign):
            yield "shows what belongs to another instance"
        if 400 <= status < 500 and status != 405 and not says_what_was_wrong(kind, body):
            yield f"answers {status} and does not say what was wrong"
        for name, value in response.headers.items():
            if "fz-mark" in value or "\n" in value or "\r" in value:
                yield f"repeats what it was given in {name}"
        target = urlsplit(response.get("Location", ""))
        if target.netloc and not target.netloc.endswith(f".{settings.BASE_HOST}"):
            yield f"leads to {target.netloc}"
        if "fz" in response.cookies:
            yield "sets a cookie that it was told to set"


@contextmanager
def watched(asked):
    """Every name that somebody asks a query or a form for is added to `asked`."""
    ways = ("__getitem__", "get", "getlist", "__contains__")
    contains, here = QueryDict.__contains__, threading.get_ident()

    def noticing(how):
        def look(self, key, *more):
            if isinstance(key, str) and threading.get_ident() == here:
                asked.add(key)
            return how(self, key, *more)

        return look

    own = {name: vars(QueryDict).get(name) for name in ways}
    for name in ways:
        setattr(QueryDict, name, noticing(contains if name == "__contains__" else getattr(QueryDict, name)))
    try:
        yield
    finally:
        for name, how in own.items():
            setattr(QueryDict, name, how) if how else delattr(QueryDict, name)


class _Elements(HTMLParser):
    """Elements and attributes that nobody but the fuzzer wrote, and addresses that run something."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag.startswith("fz"):
            self.found.append(f"has made an element <{tag}> of what it was given")
        for name, value in attrs:
            if name.startswith("fz"):
                self.found.append(f"has made an attribute of what it was given, in <{tag}>")
            if name in ("href", "src", "action", "formaction") and (value or "").strip().lower().startswith(
                ("javascript:", "data:", "//", "/\\", "https://evil")
            ):
                self.found.append(f"leads to {value[:60]} from <{tag}>")
        self.text = tag == "script"

    def handle_data(self, data):
        if getattr(self, "text", False) and "fz" in data:
            self.found.append("has made a script of what it was given")
        self.text = False


def markup(body):
    """Elements, scripts and evaluated templates that an answer owes to what it was given."""
    parser = _Elements()
    parser.feed(body)
    yield from parser.found
    if "fz-mark" in body and re.search(rf"\b{EVALUATED}\b", body):
        yield "has evaluated a template that it was given"


def says_what_was_wrong(kind, body):
    if kind == "application/json":
        return '"error"' in body
    if kind == "text/plain":
        return len(body.strip()) > 8
    said = re.findall(r'class="error"[^>]*>(.+?)</p>|data-error>(.+?)</div>|role="alert"[^>]*>(.+?)</div>', body, re.S)
    plain = [unescape(re.sub(r"<[^>]+>|\s+", " ", "".join(parts))).strip() for parts in said]
    return any(len(text) > 10 for text in plain)


def encoded(fields, name, value):
    """A form, urlencoded, in which one field has the hostile value (bytes, already encoded)."""
    kept = [(key, item) for key, item in fields.items() if key != name]
    parts = [
        f"{quote_plus(key)}={quote(str(one), safe='')}".encode()
        for key, item in kept for one in (item if isinstance(item, list | tuple) else [item])
    ]
    return b"&".join([*parts, quote_plus(name).encode() + b"=" + value])
