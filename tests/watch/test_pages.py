"""The pages of alerts and of what raises them."""

import re
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from countersign.instances import binding
from countersign.watch import letters
from countersign.watch.models import Alert, Rules
from countersign.watch.views import PAGE
from tests.watch.record import alerts, came, jane, look, opened, raised, write

LIST, RULES = "/alerts/", "/settings/alerts/"
QUERIES = 5  # session, permissions; alerts not seen, alerts seen; and the event of this reading
SCRIPT = "<script>document.title = 'ran'</script>"
AS_IT_IS = {"clients_an_hour": "60", "refusals_in_a_row": "5", "days": list("0123456"), "begins": "8:00 AM",
            "ends": "6:00 PM"}


@pytest.fixture
def practice(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    look(cast.good_therapy)
    return cast.good_therapy


@pytest.fixture
def priya(cast, practice):
    return cast.signed_in(practice, "priya")


def shown(client, url=LIST):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_without_an_alert_the_page_says_what_will_appear(priya):
    assert "No alerts yet" in shown(priya)


def test_what_nobody_has_seen_comes_first(priya, practice):
    raised(practice, came(), jane(action="clients.exported"))
    first, _ = alerts(practice)
    priya.post(f"/alerts/{first.id}/seen/")

    page = shown(priya)

    assert page.index("Not seen yet") < page.index("exported the clients") < page.index("Seen, newest first")
    assert page.index("Seen, newest first") < page.index("signed in for the first time")
    assert f'href="/reports/general-log/{first.seq}/"' in page and f'href="/reports/visits/{first.visit}/"' in page


def test_marking_one_says_who_saw_it_and_when_and_the_first_stays(cast, priya, practice):
    cast.user(practice, "sam", name="Sam Front", permissions=["manage_third_party_access"])
    raised(practice, came())
    (alert,) = alerts(practice)

    priya.post(f"/alerts/{alert.id}/seen/")
    seen_at = alerts(practice)[0].seen_at
    page = cast.signed_in(practice, "sam").post(f"/alerts/{alert.id}/seen/", follow=True).content.decode()

    (alert,) = alerts(practice)
    assert (alert.seen_by, alert.seen_at) == ("Priya Raman", seen_at) and "marked that as seen already" in page
    (event,) = cast.events(practice, action="alert.seen")
    assert (event.person, event.object_id) == ("Priya Raman", str(alert.id))


def test_marking_the_page_leaves_what_came_meanwhile(cast, priya, practice):
    raised(practice, came(), jane(action="clients.exported"))
    ids = re.findall(r'name="alert" value="([^"]+)"', shown(priya))
    raised(practice, jane(action="clients.exported"))

    assert "2 alerts marked as seen" in priya.post("/alerts/seen/", {"alert": [*ids, "x", "\x00", ids[0]]},
                                                   follow=True).content.decode()

    assert [alert.seen_by for alert in sorted(alerts(practice), key=lambda a: a.seq)] == ["Priya Raman"] * 2 + [""]
    (event,) = cast.events(practice, action="alerts.seen")
    assert sorted(event.changes["Alerts"]) == sorted(ids)


@pytest.mark.parametrize("data", [{}, {"alert": "x"}, {"alert": ["00000000-0000-0000-0000-000000000000"]}])
def test_marking_nothing_changes_nothing(priya, practice, data):
    raised(practice, came())

    assert priya.post("/alerts/seen/", data).status_code == 302

    assert [alert.seen_at for alert in alerts(practice)] == [None]


def test_pages_show_everything_once_also_within_one_second(priya, practice):
    raised(practice, *(jane(action="clients.exported", person=f"Person {n:03}") for n in range(2 * PAGE + 3)),
           apart=timedelta(0))
    with binding.bind(practice):
        some = list(Alert.objects.values_list("id", flat=True)[: PAGE + 1])
        Alert.objects.filter(id__in=some).update(seen_at="2026-03-03T00:00:00Z", seen_by="Priya Raman")

    seen, url = [], LIST
    while url:
        page = shown(priya, url)
        seen += re.findall(r'<br>(Person \d{3}) of', page)
        following = re.search(r'href="(\?[^"]*after=[^"]+)" rel="next"', page)
        url = LIST + following[1].replace("&amp;", "&") if following else None

    assert len(seen) == len(set(seen)) == 2 * PAGE + 3


@pytest.mark.parametrize("query", ["?after=x", "?after=", "?after=00000000-0000-0000-0000-000000000000", "?after=%00"])
def test_a_place_that_is_not_there_is_missing(priya, query):
    assert priya.get(LIST + query).status_code == 404
    assert priya.get(f"{LIST}{query}&seen=1").status_code == 404


def test_a_hostile_name_is_text(priya, practice):
    raised(practice, came(person=SCRIPT, company=SCRIPT, billing_user=SCRIPT))

    page = shown(priya)

    assert SCRIPT not in page and "&lt;script&gt;" in page


def test_the_queries_do_not_grow_with_the_alerts(priya, practice):
    def asked():
        with binding.bind(practice):
            wrapper = connections["default"]
        with CaptureQueriesContext(wrapper) as captured:
            priya.get(LIST)
        return len(captured)

    raised(practice, came())
    first = asked()
    raised(practice, *(jane(action="clients.exported") for _ in range(40)))
    assert first == asked() == QUERIES


def test_whoever_may_not_read_the_log_gets_no_link_to_it(cast, practice):
    cast.user(practice, "sam", name="Sam Front", permissions=["manage_third_party_access"])
    raised(practice, came())

    page = shown(cast.signed_in(practice, "sam"))

    assert "/reports/" not in page and "signed in for the first time" in page


# What raises them


def version(client):
    return re.search(r'name="version" value="([^"]+)"', shown(client, RULES))[1]


def change(client, **fields):
    return client.post(RULES, {**AS_IT_IS, "version": version(client), **fields})


def stored(practice):
    with binding.bind(practice):
        return Rules.current()


def test_a_change_is_stored_and_on_the_record_with_old_and_new(cast, priya, practice):
    priya_id = str(next(user for user in users(practice) if user.name == "Priya Raman").id)
    answer = change(priya, clients_an_hour="100", agreed="on", days=["0", "4"], begins="20:00", ends="6 am", ours="on",
                    mail_to=[priya_id])

    assert answer.status_code == 302
    rules = stored(practice)
    assert (rules.clients_an_hour, rules.days, rules.begins.hour, rules.ends.hour) == (100, [0, 4], 20, 6)
    assert rules.mail_to == [priya_id]
    (event,) = cast.events(practice, action="alert-rules.changed")
    assert event.person == "Priya Raman" and event.changes == {
        "Clients opened in an hour": ["60", "100"],
        "Agreed hours": ["any time", "Monday, Friday, 8:00 PM to 6:00 AM"],
        "Our own people": ["not watched", "watched too"],
        "Mail": ["everybody who manages third-party access", "Priya Raman"],
    }


def users(practice):
    with binding.bind(practice):
        return letters.candidates()


@pytest.mark.parametrize(("fields", "words"), [
    ({"clients_an_hour": "0"}, "Enter a whole number from 1 to 10,000."),
    ({"clients_an_hour": "1e9"}, "Enter a whole number from 1 to 10,000."),
    ({"clients_an_hour": "9" * 400}, "Enter a whole number from 1 to 10,000."),
    ({"clients_an_hour": ""}, "Enter clients opened in an hour"),
    ({"refusals_in_a_row": "1"}, "Enter a whole number from 2 to 100."),
    ({"agreed": "on", "days": []}, "Tick at least one day"),
    ({"agreed": "on", "days": ["7"]}, "7"),
    ({"begins": "half past eight"}, "Enter a time such as 8:00 AM."),
    ({"begins": "6:00 PM", "ends": "18:00"}, "Enter another time than"),
    ({"mail_to": ["00000000-0000-0000-0000-000000000000"]}, "00000000"),
])
def test_a_mistake_is_named_and_what_was_typed_is_kept(cast, priya, practice, fields, words):
    answer = change(priya, **{"refusals_in_a_row": "17", **fields})

    page = answer.content.decode()
    assert answer.status_code == 422 and words in page
    assert 'value="17"' in page or "refusals_in_a_row" in fields
    assert stored(practice).id is None and cast.events(practice, action="alert-rules.changed") == []


def test_of_two_tabs_the_second_is_told_what_is_stored(priya, practice):
    old = version(priya)
    change(priya, clients_an_hour="30")

    answer = priya.post(RULES, {**AS_IT_IS, "clients_an_hour": "90", "version": old})

    page = answer.content.decode()
    assert answer.status_code == 422 and "Somebody changed these rules meanwhile" in page
    assert stored(practice).clients_an_hour == 30 and 'value="90"' in page and "<dd>30</dd>" in page


def test_the_rules_are_those_of_this_practice_alone(cast, priya, practice):
    change(priya, clients_an_hour="1")

    assert stored(cast.elm_street).clients_an_hour == 60
    assert raised(practice, opened(1), opened(2)) == ["rate"]
    look(cast.elm_street)
    write(cast.elm_street, opened(1), opened(2))
    look(cast.elm_street)
    assert alerts(cast.elm_street) == []


def test_reading_the_rules_stores_nothing(cast, priya, practice):
    shown(priya, RULES)

    assert stored(practice).id is None
    assert [event.person for event in cast.events(practice, action="alert-rules.opened")] == ["Priya Raman"]
