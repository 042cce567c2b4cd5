"""D16: no parameter of any route is more than a text: no 500, no echo, no foreign row, no refusal without words."""

import json
import logging
from base64 import urlsafe_b64encode
from itertools import cycle

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from countersign.instances import binding, hosts
from tests.security import faulty_parameters, fillings, hostile
from tests.security.bodies import BODIES
from tests.security.fuzzing import CLERK, Fuzzer, encoded, kinds, plant_canary
from tests.security.routes import CATALOGUE, PUBLIC, WITHOUT_CSRF, Route, provided

EACH = 3  # hostile values for each parameter of each route; which ones, goes round
OF_MACHINES = sorted(WITHOUT_CSRF)
MORE_FIELDS = {
    "token/": ["grant_type", "code", "redirect_uri", "code_verifier", "client_assertion", "client_assertion_type"],
    "sign-out/back-channel/": ["logout_token"],
}


def bounded(examples):
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def said(found):
    return "\n".join(["", *dict.fromkeys(found)])


def readable(door="instance"):
    return [route for route in provided(door) if "GET" in route.methods]


def sendable(door="instance"):
    return [route for route in provided(door) if "POST" in route.methods]


@pytest.fixture(autouse=True)
def quiet():
    """What a planted fault raises, and what a sound view refuses, need not be on the console as well."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def fuzzer(cast):
    found = Fuzzer(cast, cast.good_therapy)
    found.cursors = plant_canary(cast)
    found.ours = str(fillings.a_client(cast, cast.good_therapy, {}))
    return found


@pytest.fixture
def at_the_site(cast):
    """The same at ACME's admin site, another host with doors of its own."""
    found = Fuzzer(cast, cast.acme, cast.site())
    found.cursors = plant_canary(cast)
    found.ours = str(fillings.a_ring_key(cast, cast.acme, {}))
    return found


def each_name(fuzzer, routes, *, each=EACH):
    """Every parameter that a route looks at, with some of the hostile values, by turns; {(route, kind): names}."""
    values, known = cycle(hostile.VALUES), {}
    for route in routes:
        for kind in kinds(route):
            names = known[route, kind] = fuzzer.names(route, kind)
            for name in names:
                for query in hostile.nested(name, next(values))[:: 1 if each > EACH else 4]:
                    fuzzer.get(route, kind, query)
                for _ in range(each):
                    fuzzer.get(route, kind, hostile.pair(name, next(values)))
                if name in ("after", "before"):
                    altered = hostile.altered(fuzzer.ours)[:: 1 if each > EACH else 9]
                    for cursor in [*fuzzer.cursors, *altered, "1", "3", "9999999"]:
                        fuzzer.get(route, kind, hostile.pair(name, cursor.encode(errors="surrogatepass")))
            fuzzer.get(route, kind, b"&".join(hostile.pair(name, next(values)) for name in hostile.NAMES))
    return known


def test_no_parameter_of_any_route_is_more_than_a_text(fuzzer):
    known = each_name(fuzzer, readable())

    names = {name for found in known.values() for name in found}
    assert {"next", "after", "before", "q", "status", "text", "since", "until", "month", "year", "format"} <= names
    assert not fuzzer.found, said(fuzzer.found)
    assert fuzzer.asked > 400


def test_any_mixture_of_parameters_is_answered(fuzzer):
    places = [(route, kind) for route in readable() for kind in kinds(route)]
    asking = [(route, kind, fuzzer.names(route, kind)) for route, kind in places]
    asking = [one for one in asking if one[2]]
    value = st.one_of(
        st.sampled_from(hostile.VALUES),
        st.text(max_size=30).map(lambda text: hostile.quote(text, safe="", errors="surrogatepass").encode()),
        st.integers().map(lambda number: str(number).encode()),
        st.dates().map(lambda day: day.strftime("%m/%d/%Y").replace("/", "%2F").encode()),
    )

    @bounded(130)
    @given(st.data())
    def mixture(data):
        route, kind, names = data.draw(st.sampled_from(asking))
        pairs = data.draw(st.lists(st.tuples(st.sampled_from([*names, *names, "error", "cursor"]), value), max_size=4))
        fuzzer.get(route, kind, b"&".join(hostile.pair(*one) for one in pairs))

    mixture()
    assert not fuzzer.found, said(fuzzer.found)


def each_piece(fuzzer, routes):
    """Every piece of an address that Django fills from it, with hostile values."""
    values = cycle(value for value in hostile.VALUES if len(value) < 3000)
    for route in routes:
        pieces = route.path.split("/")
        for at, piece in enumerate(pieces):
            # <uuid:…> and <int:…> let nothing else through; what is a text to Django is looked up as one.
            for _ in range(60 if piece.startswith(("<str", "<path")) else 2 * piece.startswith("<")):
                address = fuzzer.place(route)[0].strip("/").split("/")
                wanted = "/" + "/".join([*address[:at], "\0V", *address[at + 1 :]]) + "/"
                fuzzer.get(route, kinds(route)[0], b"", address=wanted, raw=next(values))


def each_field(fuzzer, routes):
    """Every field that a form looks for, with hostile values; returns how many forms were sent."""
    values, sent = cycle(hostile.VALUES), 0
    for route in routes:
        kind = kinds(route)[0]
        body, _ = fuzzer.valid_body(route, kind)
        names = {*fuzzer.fields(route, kind), *body, *MORE_FIELDS.get(route.path, ())} - {"csrfmiddlewaretoken"}
        for name in sorted(names) or ["q"]:
            for _ in range(2):
                body, place = fuzzer.valid_body(route, kind)
                fuzzer.post(route, kind, encoded(body, name, next(values)), place=place)
                sent += 1
    return sent


def test_no_piece_of_an_address_is_more_than_a_text(fuzzer):
    each_piece(fuzzer, readable())

    assert not fuzzer.found, said(fuzzer.found)
    assert fuzzer.asked > 200


def test_no_field_of_any_form_is_more_than_a_text(fuzzer):
    """What is refused has saved nothing, what is accepted is on the record, and both can be read afterwards."""
    sent = each_field(fuzzer, sendable())
    for route in readable():
        fuzzer.get(route, kinds(route)[0], b"")

    assert not fuzzer.found, said(fuzzer.found)
    assert sent > 170


def test_no_parameter_piece_or_field_at_an_admin_site_is_more_than_a_text(at_the_site):
    known = each_name(at_the_site, readable("customers"), each=2 * EACH)
    each_piece(at_the_site, provided("customers"))
    sent = each_field(at_the_site, sendable("customers"))
    opened = {
        route.path for route in readable("customers") if at_the_site.get(route, kinds(route)[0], b"").status_code == 200
    }

    assert {"q", "by", "next", "ticket"} <= {name for found in known.values() for name in found}
    assert not at_the_site.found, said(at_the_site.found)
    assert opened >= {"customers/", "people/"} and at_the_site.asked > 100 and sent > 6


def test_no_parameter_on_the_way_from_the_company_to_its_admin_site_is_more_than_a_text(cast):
    site = cast.site()
    at_the_company = Fuzzer(cast, cast.acme)
    at_the_company.cursors, at_the_company.ours = [], ""
    (way,) = [route for route in readable() if route.path == "crossing/"]
    state = hostile.pair("state", b"a" * 43)  # without one that could be the site's, the rest is not looked at

    each_name(at_the_company, [way], each=len(hostile.VALUES))
    for value in hostile.VALUES:
        answer = at_the_company.get(way, CLERK, b"&".join([state, hostile.pair("next", value)]))
        assert answer["Location"].startswith(f"{hosts.site_root(site)}/crossing/?ticket="), value

    # `next` is carried on as it is, in one parameter of ours: the site itself looks where it leads.
    found = [one for one in at_the_company.found if not one.endswith("in Location")]
    assert not found, said(found)


BODIES_THAT_ARE_NONE = [
    (b"a=1&" * 1500, "application/x-www-form-urlencoded"), (b"\xff\xfe=\x00", "application/x-www-form-urlencoded"),
    (b"--x\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nhalf", "multipart/form-data; boundary=x"),
    (b"--x", "multipart/form-data; boundary="), (b"a=1", "application/x-www-form-urlencoded; charset=none-such"),
    (b'{"user_id": ["a"]}', "application/json"), (b"[" * 20_000, "application/json"), (b"", "\x1b[31m"),
    (b"--x\r\nContent-Disposition: form-data; name=\"q\"; filename=\"../a\\0\"\r\n\r\nz\r\n--x--\r\n",
     "multipart/form-data; boundary=x"),
]


def test_a_body_that_is_no_form_is_refused_and_recorded(fuzzer):
    for route in sendable():
        if route.path in ("clients/new/", "settings/alerts/", "sign-in/", "forgotten-password/", *OF_MACHINES):
            for body, content_type in BODIES_THAT_ARE_NONE:
                fuzzer.post(route, kinds(route)[0], body, content_type)
    assert not fuzzer.found, said(fuzzer.found)


def unsigned(claims, header=None):
    """A token that nobody signed, with claims that no database takes."""
    parts = json.dumps({"alg": "ES256", "kid": "k", **(header or {})}), json.dumps(claims)
    return b".".join(urlsafe_b64encode(part.encode()).rstrip(b"=") for part in parts) + b".AAAA"


@pytest.mark.parametrize("path", OF_MACHINES)
def test_no_claim_of_an_unproved_token_is_more_than_a_text(fuzzer, path):
    (route,) = [one for one in sendable() if one.path == path]
    kind = b"urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
    issuers = ["\ud800", "a\0b", "http://\0.countersign.localhost:8000", "http://\ud800.countersign.localhost:8000",
               "http://" + "a" * 900, "", 7, None, ["a"], {"a": 1}, "\x1b[2J"]
    for issuer in issuers:
        token = unsigned({"iss": issuer, "sub": issuer, "aud": issuer, "jti": issuer, "exp": issuer})
        fields = b"&client_assertion_type=" + kind + b"&grant_type=authorization_code&code=x"
        fuzzer.post(route, kinds(route)[0], b"client_assertion=" + token + b"&logout_token=" + token + fields)
    assert not fuzzer.found, said(fuzzer.found)


SYNTAX = ["%", "_", "*", '"', "canary*", "can%", "c_nary", "NEAR(a b)", "canary OR zebra", "-canary", "words:canary",
          "canary & zebra", "can:*", "'", "\\", "canary\0", "^canary", "{canary zebra}:x", "zebra NOT canary"]


@pytest.mark.parametrize("typed", SYNTAX)
def test_a_search_word_is_data(cast, typed):
    """Whatever is found holds what was typed, letter by letter, and nothing else is found."""
    cast.administrator(cast.good_therapy)
    for name in ("Canary", "100%", "A_B", "Zebra", "O'Neil"):
        client = fillings.a_client(cast, cast.good_therapy, {})
        with binding.bind(cast.good_therapy):
            found = fillings.Client.objects.get(id=client)
            found.last_name = name
            found.save()
    browser = cast.signed_in(cast.good_therapy)

    rows = browser.get("/clients/", {"q": typed}).context["rows"]

    wanted = typed.replace("\0", " ").casefold().split()
    assert all(all(word in row[1].casefold() for word in wanted) for row in rows), rows
    if typed in ("%", "_", "'"):
        assert len(rows) == 1
    log = browser.get("/reports/general-log/", {"text": typed})
    assert log.status_code == (422 if "\0" in typed else 200)
    export = browser.get("/reports/general-log/export/", {"text": typed, "format": "jsonl"})
    assert export.status_code == log.status_code
    for event in log.context.get("events", ()):
        held = json.dumps([event.person, event.object, event.changes, event.reason], ensure_ascii=False).casefold()
        assert all(letters in held for letters in map(str.casefold, _letters(typed))), event


def _letters(text):
    return ["".join(c for c in word if c.isalnum()) for word in text.replace("_", " ").split() if word.isalnum()]


@pytest.mark.parametrize("filters", [
    {"company": "nobody"}, {"billing_user": "%"}, {"client": "zebra"}, {"text": "%"}, {"text": "%", "person": "a"},
    {"person": "%", "text": '"'},
])
@pytest.mark.parametrize("report", ["user-audit", "general-log"])
@pytest.mark.parametrize("format", ["csv", "jsonl", "fhir"])
def test_a_filter_that_finds_nothing_is_exported_as_nothing(cast, report, filters, format):
    """Django knows without asking that nothing fits, and makes no statement of it: that was a 500."""
    cast.administrator(cast.good_therapy)
    browser = cast.signed_in(cast.good_therapy)

    assert browser.get(f"/reports/{report}/", filters).status_code == 200
    assert browser.get(f"/reports/{report}/export/", {**filters, "format": format}).status_code == 200


@pytest.mark.parametrize(("view", "complaint"), [
    ("crashes", "answers 500"), ("echoes", "has made an element"),
    ("echoes_in_an_attribute", "has made an attribute"), ("leads_away", "leads to evil.example"),
    ("says_nothing", "does not say what was wrong"), ("shows_the_neighbour", "belongs to another instance"),
])
def test_a_view_that_takes_a_parameter_for_more_is_found(fuzzer, monkeypatch, view, complaint):
    planted = getattr(faulty_parameters, view)
    monkeypatch.setitem(CATALOGUE["instance"], f"{view}/", planted.rule.permission)

    with override_settings(ROOT_URLCONF="tests.security.faulty_parameters"):
        each_name(fuzzer, [Route("instance", f"{view}/", planted, ())], each=len(hostile.VALUES))

    assert any(complaint in one for one in fuzzer.found), said(fuzzer.found)


def test_a_form_that_saves_before_it_looks_is_found(fuzzer, monkeypatch):
    monkeypatch.setitem(CATALOGUE["instance"], "saves_half/", PUBLIC)
    planted = Route("instance", "saves_half/", faulty_parameters.saves_half, ())

    with override_settings(ROOT_URLCONF="tests.security.faulty_parameters"):
        assert fuzzer.fields(planted, CLERK) == ["name"]
        for value in hostile.VALUES:
            fuzzer.post(planted, CLERK, encoded({}, "name", value))

    assert any("was refused and changed ['clients_client']" in one for one in fuzzer.found)
    assert any("is on no record" in one for one in fuzzer.found)
    assert "saves_half/" not in BODIES


@pytest.mark.parametrize(("view", "complaint"), [
    ("echoes", "has made an element"), ("leads_away", "leads to evil.example"),
    ("shows_the_neighbour", "belongs to another instance"),
])
def test_a_view_of_an_admin_site_that_takes_a_parameter_for_more_is_found(at_the_site, monkeypatch, view, complaint):
    planted = getattr(faulty_parameters, view)
    monkeypatch.setitem(CATALOGUE["customers"], f"{view}/", planted.rule.permission)

    with override_settings(CUSTOMERS_URLCONF="tests.security.faulty_parameters"):
        each_name(at_the_site, [Route("customers", f"{view}/", planted, ())], each=len(hostile.VALUES))

    assert any(complaint in one for one in at_the_site.found), said(at_the_site.found)
