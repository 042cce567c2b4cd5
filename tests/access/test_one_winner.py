"""One answer of the home, delivered by twenty threads at once, opens one visit (security-case 23, "One winner")."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from countersign.identity import notices
from countersign.people import sessions
from tests.access.steps import cookies, home_answers, host, refusals, visits
from tests.browsing import Browser
from tests.identity.asking import entries

THREADS = 20


@pytest.mark.parametrize("round", range(3))
def test_of_twenty_threads_with_one_answer_exactly_one_opens_a_visit(cast, unhurried, round):
    cast.jane()
    cast.key()
    browser = cast.first_part()
    url = home_answers(browser)
    cookie = cookies(cast, browser)["second-part"].value
    together = threading.Barrier(THREADS)

    def deliver(_):
        copy = Browser()
        cookies(cast, copy)["second-part"] = cookie
        copy.at(host(cast.good_therapy))  # load the middleware before the start
        together.wait()
        try:
            response = copy.get(url, follow=False)
            return response.status_code, sessions.cookie_name() in response.cookies
        finally:
            connections["control"].close()

    with ThreadPoolExecutor(THREADS) as threads:
        answers = sorted(threads.map(deliver, range(THREADS)))

    notices.settle()
    assert answers == [(302, True)] + [(403, False)] * (THREADS - 1)
    assert len(visits(cast)) == 1
    assert len(cast.events(cast.good_therapy, action="visit.began")) == 1
    assert {event.reason for event in refusals(cast)} == {"the answer was used before"}
    assert len(refusals(cast)) == THREADS - 1
    assert entries(cast) == (1, 1)  # the home heard of the code once
