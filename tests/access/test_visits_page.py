"""The practice's view of who is in and who has been."""

import re
from datetime import timedelta

from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from countersign.access.models import Visit
from countersign.access.views import PAGE
from countersign.instances import binding
from countersign.people.models import Session, User
from tests.access.steps import visits
from tests.security.fillings import open_visit


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
    with binding.bind(cast.good_therapy):
        Session.objects.filter(individual__isnull=False).update(seen_at=timezone.now() - timedelta(minutes=16))

    page = practice(cast).get("/visits/").content.decode()

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
                open_visit(cast, key)
        return queries_of(cast, client)

    assert 0 < asked(1) == asked(5)


def queries_of(cast, client):
    with binding.bind(cast.good_therapy):
        wrapper = connections["default"]
    with CaptureQueriesContext(wrapper) as captured:
        client.get("/visits/")
    return len(captured)
