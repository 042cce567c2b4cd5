"""Steps between the two parts of the sign-in, and what every refusal must look like."""

import json
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit

from countersign.access.models import PreSession, Visit
from countersign.identity import relying
from countersign.instances import binding, hosts
from countersign.instances.secrets import unseal
from tests.cast import PASSWORD
from tests.security import state

SENTENCE = "You could not be signed in. Start again with the User ID and password that the practice gave you."
# What a refused second part may touch: the record, and the first part (used up). What waits to be told to a company is
# delivered beside it, whenever that is.
TOUCHED = ("audit_event", "access_presession", "identity_dispatch")


def home_answers(browser, user_id="jane", password=PASSWORD):
    """Sign in at the home and stop before the practice: the address to which the home sends the browser."""
    return browser.post(browser.url, {"user_id": user_id, "password": password}, follow=False)["Location"]


def changed(url, **parameters):
    """The address with other parameters; None takes one away."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), **parameters}
    return parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})).geturl()


def parameter(url, name):
    return dict(parse_qsl(urlsplit(url).query))[name]


def host(instance):
    return hosts.root(instance).partition("://")[2]


def cookies(cast, browser):
    """The browser's cookies at the practice."""
    return browser.at(host(cast.good_therapy)).cookies


def question(cast):
    """The secrets of the newest first part, as somebody knows them who has read the practice's memory."""
    with binding.bind(cast.good_therapy):
        pre = PreSession.objects.order_by("began_at").last()
        return relying.Question(*json.loads(unseal("second-part", pre.sealed)))


def refusals(cast, instance=None):
    return cast.events(instance or cast.good_therapy, action="sign-in.second-part.refused")


def reports(cast):
    """What ACME was told of refusals at a practice."""
    return [event.reason for event in cast.events(cast.acme, rule="refused by the practice")]


@contextmanager
def refused(cast, *reasons, reported=True, status=403):
    """What happens inside is refused: one sentence, one row with one of the reasons, and nothing else changed.

    Use as `with refused(cast, "why") as go: go(browser.get(url))`.
    """
    before, rows, told = state.of_instance(cast.good_therapy, without=TOUCHED), len(refusals(cast)), len(reports(cast))
    responses = []
    yield responses.append
    (response,) = responses
    page = response.content.decode()
    assert response.status_code == status, page
    assert SENTENCE in page
    assert not any(reason in page for reason in reasons)
    new = refusals(cast)[rows:]
    assert len(new) == 1, [event.reason for event in new]
    assert new[0].reason in reasons
    assert (new[0].person, new[0].result, bool(new[0].address)) == ("unknown", "refused", True)
    assert reports(cast)[told:] == ([new[0].reason] if reported else [])
    assert state.of_instance(cast.good_therapy, without=TOUCHED) == before


def visits(cast):
    with binding.bind(cast.good_therapy):
        return list(Visit.objects.select_related("session").order_by("began_at"))


def opens(cast, browser, path="/clients/"):
    """Whether the practice shows this browser a page of its own."""
    return browser.get(hosts.root(cast.good_therapy) + path, follow=False).status_code == 200
