"""Steps at an admin site: ACME's people come there over ACME's own sign-in."""

from urllib.parse import parse_qs, urlsplit

from countersign.instances import binding, hosts
from countersign.people import sessions
from countersign.people.models import Session
from tests.browsing import Browser
from tests.cast import PASSWORD


def root(site):
    return hosts.site_root(site)


def came(cast, site, user_id="jane", browser=None, path="/"):
    """A browser that came to the admin site: the company's sign-in in between, when nobody is signed in there."""
    browser = browser or Browser()
    browser.get(root(site) + path)
    if browser.url.startswith(f"{hosts.root(site.instance)}/sign-in/"):
        browser.post(browser.url, {"user_id": user_id, "password": PASSWORD})
    return browser


def asked(site, browser, path="/customers/"):
    """The address to which the admin site sends this browser, which it has asked for itself."""
    first = browser.get(root(site) + path, follow=False)
    return browser.get(root(site) + first["Location"], follow=False)["Location"]


def cookie(browser, address):
    """The session cookie that a browser holds for a host, or None."""
    morsel = browser.at(urlsplit(address).netloc).cookies.get(sessions.cookie_name())
    return morsel.value if morsel and morsel.value else None


def is_in(browser, site):
    return browser.get(f"{root(site)}/customers/", follow=False).status_code == 200


def parameter(address, name):
    return parse_qs(urlsplit(address).query).get(name, [""])[0]


def open_sessions(cast, user_id="jane"):
    with binding.bind(cast.acme):
        return list(Session.objects.open().filter(user__user_id=user_id))


def refusals(cast):
    return [event.reason for event in cast.events(cast.acme, action="sign-in.crossing.refused")]
