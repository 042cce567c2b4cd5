"""The practice's view of who is in and who has been."""

import re
from datetime import timedelta

from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from countersign.access.models import Ending, Visit
from countersign.access.views import LONGEST_REASON, PAGE
from countersign.audit import record
from countersign.audit.actors import Actor
from countersign.instances import binding
from countersign.people.models import Session, User
from tests.access.steps import opens, visits
from tests.security.fillings import open_visit

# session, permissions; live visits, their last events (two), past visits, who left; and the event of this reading
QUERIES = 8

def practice(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


def test_it_shows_who_is_in_through_what_and_who_was_and_how_that_ended(cast):
    cast.jane()
    cast.key()
    cast.visit()
    client = practice(cast)
    assert "Nobody is in the practice now" not in client.get("/visits/").content.decode()

    client.post(f"/visits/{visits(cast)[0].id}/ending/")

    page = client.get("/visits/").content.decode()
    assert "Nobody is in the practice now" in page
    assert "Jane Doe" in page and "ended by the practice" in page and "Priya Raman" in page
    assert [event.person for event in cast.events(cast.good_therapy, action="visits.listed")] == ["Priya Raman"] * 2


def test_a_visit_out_of_time_is_not_shown_as_live(cast):
    cast.jane()
    cast.key()
    cast.visit()
    client = practice(cast)
    with binding.bind(cast.good_therapy):
        Session.objects.filter(individual__isnull=False).update(seen_at=timezone.now() - timedelta(minutes=16))

    page = client.get("/visits/").content.decode()

    assert "Nobody is in the practice now" in page and "time limit" in page


def test_past_visits_are_paged_without_a_gap_or_a_repetition_even_within_one_second(cast):
    key = cast.key()
    now = timezone.now()
    with binding.bind(cast.good_therapy):
        key = User.objects.get(id=key.id)
        for number in range(2 * PAGE + 3):
            visit, _ = open_visit(cast, key)
            began = now - timedelta(days=1 + number // 20)  # twenty at the very same moment
            Visit.objects.filter(id=visit.id).update(began_at=began, person=f"Person {number:03}")
        Session.objects.filter(user=key).update(ended_at=now, ended_because="left")
    client = practice(cast)

    seen, url = [], "/visits/"
    while url:
        page = client.get(url).content.decode()
        seen += re.findall(r"Person \d{3}", page)
        following = re.search(r'href="(?:/visits/)?(\?after=[^"]+)"', page)
        url = f"/visits/{following[1]}" if following else None

    assert len(seen) == 2 * PAGE + 3 and len(set(seen)) == len(seen)


def test_a_made_up_place_in_the_list_is_the_first_page(cast):
    client = practice(cast)

    for after in ("x", "", "00000000-0000-0000-0000-000000000000", "\x00", "1' or 1=1"):
        assert client.get("/visits/", {"after": after}).status_code == 200


def test_the_queries_of_the_page_do_not_grow_with_the_visits(cast):
    key = cast.key()
    client = practice(cast)
    with binding.bind(cast.good_therapy):
        key = User.objects.get(id=key.id)

    def asked(count):
        with binding.bind(cast.good_therapy):
            for _ in range(count):
                doing_in(open_visit(cast, key)[0], "clients.listed")
        return queries_of(cast, client)

    assert asked(1) == asked(50) == QUERIES


def within(cast, verb, **more):
    with binding.bind(cast.good_therapy), transaction.atomic():
        return verb(**more)


def doing(cast, visit, action, **more):
    """Something on the record that was done in this visit."""
    within(cast, lambda: doing_in(visit, action, **more))


def doing_in(visit, action, **more):
    who = Actor(
        person=visit.person, source="third party", iss=visit.iss, sub=visit.sub, company=visit.company,
        billing_user=visit.billing_user, visit=str(visit.id),
    )
    record.write(who, action, **more)


def opened(cast):
    key = cast.key()
    return within(cast, lambda: open_visit(cast, User.objects.get(id=key.id))[0])


class Somebody:
    id = "0e7cf3a2-9d38-4d7f-9a3c-000000001042"

    def __str__(self):
        return "Rivera, Dana (1042)"


RIVERA = Somebody()


def test_it_shows_what_each_of_them_did_last_and_from_where(cast):
    visit = opened(cast)
    doing(cast, visit, "clients.listed")
    doing(cast, visit, "ledger.opened", client=RIVERA)

    page = practice(cast).get("/visits/").content.decode()

    assert "Opened the ledger of client Rivera, Dana (1042)" in page and "Listed the clients" not in page
    assert "127.0.0.1" in page and "Test browser" in page and "America/New York" in page


def test_a_refusal_is_shown_as_one(cast):
    doing(cast, opened(cast), "page.refused", object="/settings/users/", result="refused")

    assert '<span class="tag bad">Refused</span>' in practice(cast).get("/visits/").content.decode()


def test_whoever_may_not_see_clients_reads_what_was_opened_without_the_name(cast):
    doing(cast, opened(cast), "client.opened", client=RIVERA, object=RIVERA)
    cast.user(cast.good_therapy, "sam", name="Sam Front", permissions=["manage_third_party_access"])

    page = cast.signed_in(cast.good_therapy, "sam").get("/visits/").content.decode()

    assert "Opened client (name not shown)" in page and "Rivera" not in page


def test_a_reason_is_kept_with_the_ending_and_the_next_request_is_refused(cast):
    cast.jane()
    cast.key()
    jane = cast.visit()
    client = practice(cast)
    assert opens(cast, jane)

    client.post(f"/visits/{visits(cast)[0].id}/ending/", {"reason": "  Left ACME\r\nBcc: x\x00\u202e yesterday "})

    assert not opens(cast, jane)
    reason = "ended by the practice: Left ACME Bcc: x yesterday"
    assert [event.reason for event in cast.events(cast.good_therapy, action="visit.ended")] == [reason]
    assert within(cast, lambda: Ending.objects.get().reason) == reason
    assert reason in client.get("/visits/").content.decode()


def test_no_reason_is_too_long_or_too_odd_to_end_a_visit(cast):
    client = practice(cast)
    key = cast.key()
    for number, reason in enumerate(("", "   ", "x" * 5000, "\x00", "<script>alert(1)</script>", "{{ 7 }}"), 1):
        visit = within(cast, lambda: open_visit(cast, User.objects.get(id=key.id))[0])

        assert client.post(f"/visits/{visit.id}/ending/", {"reason": reason}).status_code == 302
        assert within(cast, Ending.objects.count) == number
    page = client.get("/visits/").content.decode()
    assert "<script>alert" not in page and "x" * LONGEST_REASON in page and "x" * (LONGEST_REASON + 1) not in page


def test_nothing_on_the_page_asks_again_by_itself(cast):
    opened(cast)
    page = practice(cast).get("/visits/").content.decode()

    assert "hx-trigger" not in page and 'http-equiv="refresh"' not in page.lower()


def queries_of(cast, client):
    with binding.bind(cast.good_therapy):
        wrapper = connections["default"]
    with CaptureQueriesContext(wrapper) as captured:
        client.get("/visits/")
    return len(captured)
