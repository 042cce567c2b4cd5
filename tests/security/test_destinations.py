"""Case 31: where a sign-in leads to afterwards is a page of this instance, whatever the address says."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from countersign.instances import binding, hosts
from countersign.people import signin
from tests.cast import PASSWORD

EVIL = [
    "//evil.example/",
    "///evil.example/",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example/",
    "http://evil.example\\@good-therapy.countersign.localhost:8000/",
    "http://good-therapy.countersign.localhost:8000@evil.example/",
    "http://good-therapy.countersign.localhost.evil.example/",
    "http://evil-good-therapy.countersign.localhost:8000/",
    "http://elm-street.countersign.localhost:8000/clients/",
    "http://good-therapy.countersign.localhost:9000/",
    "HTTP://EVIL.EXAMPLE/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "%2f%2fevil.example",
    "/%2f/evil.example",
    "%252f%252fevil.example",
    "/..//evil.example",
    "/.;/evil.example",
    "/;@evil.example",
    "/clients/@evil.example",
    "/#@evil.example/../..//evil",
    "//good-therapy@evil.example",
    "/\u2028/evil.example",
    "/\uff0fevil.example",
    "evil.example",
    "?next=//evil.example",
    "",
    "/" + "a" * 5000,
    "/clients\r\nLocation: //evil.example",
]


def test_after_a_sign_in_nobody_lands_elsewhere(cast):
    cast.administrator(cast.good_therapy)
    led_to = {}

    for destination in EVIL:
        response = cast.client(cast.good_therapy).post(
            "/sign-in/", {"user_id": "admin", "password": PASSWORD, "next": destination},
            query_params={"next": destination},
        )
        assert response.status_code == 302
        led_to[destination] = response["Location"]

    assert {destination: location for destination, location in led_to.items() if location != "/"} == {}
    assert len(EVIL) >= 20


@pytest.mark.parametrize("destination", ["/", "/settings/users/", "/reports/general-log/?person=x", "/clients/?q=a+b"])
def test_after_a_sign_in_a_page_of_this_instance_is_reached(cast, destination):
    with binding.bind(cast.good_therapy):
        assert signin.safe_destination(destination) == destination


REDIRECTS = [
    lambda uri: uri + "/",
    lambda uri: uri.rstrip("/"),
    lambda uri: uri + "?x=1",
    lambda uri: uri + "#x",
    lambda uri: uri.upper(),
    lambda uri: uri.replace("http:", "https:"),
    lambda uri: uri.replace(":8000", ":8001"),
    lambda uri: uri.replace(":8000", ""),
    lambda uri: uri.replace("good-therapy", "elm-street"),
    lambda uri: uri.replace("good-therapy.", "good-therapy.evil.example."),
    lambda uri: uri.replace("://", "://x@"),
    lambda uri: uri.replace("sign-in/", "sign-in/../"),
    lambda uri: uri.replace("sign-in/", "sign-in/..;/"),
    lambda uri: uri.replace("sign-in", "sign%2din"),
    lambda uri: uri.replace("sign-in", "SIGN-IN"),
    lambda uri: uri + "%00",
    lambda uri: uri + " ",
    lambda uri: "https://evil.example/",
    lambda uri: "",
    lambda uri: "//evil.example/",
    lambda uri: uri.replace(".", "x", 1),
    lambda uri: uri.replace("/second-part", "//second-part"),
    lambda uri: "javascript:1",
]


def test_the_home_sends_an_answer_to_the_exact_address_of_the_practice_and_to_no_other(cast):
    """RFC 9700 section 4.1.3: exact string compare. Nothing of the answer leaves the home."""
    cast.key()
    cast.jane()
    browser = cast.first_part()
    right = f"{hosts.root(cast.good_therapy)}/sign-in/second-part/"
    asked = dict(parse_qsl(urlsplit(browser.url).query))
    client = cast.signed_in(cast.acme, "jane")
    assert asked["redirect_uri"] == right

    faults = []
    for wrong in [change(right) for change in REDIRECTS]:
        wrongly = {**asked, "redirect_uri": wrong}
        for response in (client.get("/authorize/", wrongly), client.post("/authorize/", {}, query_params=wrongly)):
            if response.status_code != 400 or "Location" in response:
                faults.append(f"{wrong}: {response.status_code}")

    assert not faults, "\n".join(["", *faults])
    assert client.get("/authorize/", asked).status_code == 200
