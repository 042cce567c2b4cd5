"""Each rule raises its alert once, when it should, and not otherwise; however many events are looked at together."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from countersign.instances import binding
from countersign.people import signin
from countersign.watch import rules
from countersign.watch.models import Alert, Known, Position, Rules
from countersign.watch.networks import block
from tests.watch.record import NOON, agree, alerts, came, jane, kinds, look, opened, raised, unknown, write

HOUR = timedelta(hours=1)


@pytest.fixture
def practice(cast):
    """Good Therapy, where Jane has been before."""
    look(cast.good_therapy)
    write(cast.good_therapy, came(), at=NOON - timedelta(days=3))
    look(cast.good_therapy)
    assert kinds(cast.good_therapy) == ["new person"]
    with binding.bind(cast.good_therapy):
        Alert.objects.all().delete()
    return cast.good_therapy


# Who comes, and from where


def test_the_first_visit_of_a_person_is_an_alert_and_the_second_is_none(cast):
    assert raised(cast.good_therapy, came(), came(visit="v2")) == ["new person"]
    assert raised(cast.good_therapy, came(visit="v3")) == []
    (alert,) = alerts(cast.good_therapy)
    assert alert.sentence == (
        "Jane Doe of ACME Billing signed in for the first time, through acme-billing, from 203.0.113.7."
    )
    assert (alert.visit, alert.person, alert.company, alert.seen_at) == ("v1", "Jane Doe", "ACME Billing", None)


def test_a_person_is_iss_and_sub_and_never_the_name(practice):
    assert raised(practice, came(person="Jane Smith")) == []
    assert raised(practice, came(sub="jane-2")) == ["new person"]
    assert raised(practice, came(iss="https://rival.example")) == ["new person"]


def test_the_first_visit_through_another_billing_user_is_an_alert(practice):
    assert raised(practice, came(billing_user="acme-payments"), came(billing_user="acme-payments")) == ["new key"]
    assert raised(practice, came(), came(billing_user="acme-payments")) == []


@pytest.mark.parametrize(("address", "expected"), [
    ("203.0.113.250", []), ("203.0.114.7", ["new network"]), ("2001:db8::1", ["new network"]), ("", []),
    ("not an address", []), ("::ffff:203.0.113.9", []),
])
def test_a_network_that_is_new_for_the_person_is_an_alert(practice, address, expected):
    assert raised(practice, came(address=address), came(address=address)) == expected


def test_networks_are_blocks(practice):
    assert block("203.0.113.7") == "203.0.113.0/24" and block("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert block("::ffff:203.0.113.7") == "203.0.113.0/24" and block("x") == block("") == ""


def test_where_somebody_else_came_from_does_not_make_it_known(practice):
    assert raised(practice, came(sub="june", person="June", address="198.51.100.4")) == ["new person"]
    assert raised(practice, came(address="198.51.100.4")) == ["new network"]


# How much


def test_more_clients_than_agreed_within_an_hour_is_an_alert_with_the_persons_name(practice):
    """Case 81: ten thousand views in ten minutes are one alarm, and the next after an hour of it."""
    at_once = timedelta(milliseconds=60)
    assert raised(practice, *(opened(number) for number in range(10_000)), apart=at_once) == ["rate"]
    (alert,) = alerts(practice)
    assert alert.sentence == "Jane Doe of ACME Billing opened more than 60 clients within an hour."
    assert alert.at == NOON + 60 * at_once
    assert raised(practice, *(opened(number) for number in range(70)), at=NOON + HOUR / 2) == []
    assert raised(practice, *(opened(number) for number in range(70)), at=NOON + HOUR, apart=at_once) == ["rate"]


def test_exactly_as_many_as_agreed_are_fine_and_the_same_client_counts_once(practice):
    assert raised(practice, *(opened(number % 60) for number in range(600)), apart=timedelta(seconds=1)) == []


def test_the_hour_slides(practice):
    slowly = timedelta(seconds=60)
    assert raised(practice, *(opened(number) for number in range(200)), apart=slowly) == []
    assert raised(practice, *(opened(number) for number in range(61)), at=NOON + 9 * HOUR, apart=slowly * 0.99) == [
        "rate"
    ]


def test_it_makes_no_difference_in_how_many_looks_the_events_are_seen(practice):
    at = NOON
    for number in range(61):
        assert kinds(practice) == []
        at = write(practice, opened(number), at=at)
        look(practice)
    assert kinds(practice) == ["rate"]


def test_two_persons_behind_one_key_are_counted_apart(practice):
    halves = [opened(number, sub=f"jane-{number % 2}") for number in range(120)]
    assert raised(practice, *halves) == []


def test_refused_views_do_not_count_as_opened(practice):
    agree(practice, refusals_in_a_row=1000)
    assert raised(practice, *(opened(number, result="refused") for number in range(100))) == []


def test_another_number_counts_from_then_on(practice):
    agree(practice, clients_an_hour=2)
    assert raised(practice, opened(1), opened(2)) == []
    assert raised(practice, opened(3), at=NOON + timedelta(minutes=1)) == ["rate"]


def test_every_export_is_an_alert_and_a_refused_one_is_none(practice):
    assert rules.EXPORTS and "clients.exported" in rules.EXPORTS
    assert raised(practice, jane(action="clients.exported"), jane(action="clients.exported")) == ["export", "export"]
    assert raised(practice, jane(action="clients.exported", result="refused")) == []
    assert alerts(practice)[0].sentence == "Jane Doe of ACME Billing exported the clients."


def test_our_own_people_are_watched_only_when_that_is_chosen(practice):
    ours = [{"action": "clients.exported"}, *({"action": "client.opened", "client_id": str(n)} for n in range(61)),
            {"action": "sign-in.accepted"}, {"action": "sign-in.accepted", "address": "198.51.100.1"}]
    assert raised(practice, *ours) == []
    agree(practice, ours=True)
    assert raised(practice, *ours, at=NOON + 2 * HOUR) == ["export", "rate"]
    assert raised(practice, {"action": "sign-in.accepted", "address": "198.51.101.1"}) == ["new network"]


# What is refused


def refused(**more):
    return jane(**{"action": "page.refused", "object": "/settings/users/", "result": "refused", **more})


def test_refusals_in_a_row_in_one_visit_are_one_alert(practice):
    assert raised(practice, *[refused()] * 4) == []
    assert raised(practice, *[refused()] * 9, at=NOON + timedelta(minutes=2)) == ["refusals"]
    (alert,) = alerts(practice)
    assert alert.sentence == "Jane Doe of ACME Billing was refused 5 times in a row in one visit."


def test_a_page_that_opens_ends_the_row_and_a_mistake_in_a_form_does_not_count(practice):
    four, invalid = [refused()] * 4, jane(action="page.invalid", result="refused")
    assert raised(practice, *four, jane(), *four, *[invalid] * 9) == []
    assert raised(practice, refused(action="page.missing"), at=NOON + timedelta(minutes=4)) == ["refusals"]


def test_two_visits_are_counted_apart(practice):
    assert raised(practice, *(refused(visit=f"v{number % 2}") for number in range(8))) == []


def test_refusals_at_the_door_are_counted_by_address(practice):
    assert raised(practice, *(unknown(address=f"198.51.100.{number % 2}") for number in range(8))) == []
    assert raised(practice, unknown(address="198.51.100.1"), at=NOON + timedelta(minutes=2)) == ["refusals"]
    assert alerts(practice)[0].sentence == "Somebody at 198.51.100.1 was refused 5 times in a row at the sign-in."


def test_a_row_at_the_door_ends_with_a_sign_in_or_after_an_hour(practice):
    four = [unknown()] * 4
    assert raised(practice, *four, {"action": "sign-in.accepted", "address": "198.51.100.9"}, *four) == []
    assert raised(practice, *four, at=NOON + 2 * HOUR) == []
    assert raised(practice, *[unknown()] * 100, at=NOON + 2 * HOUR + timedelta(minutes=1)) == ["refusals"]
    assert raised(practice, unknown(), at=NOON + 3 * HOUR + timedelta(minutes=5)) == ["refusals"]


def test_what_is_refused_at_the_door_is_what_the_sign_in_refuses():
    assert set(signin.REFUSALS) <= set(rules.REFUSED_AT_THE_DOOR)


# When


@pytest.mark.parametrize(("moment", "expected"), [
    ((2026, 3, 2, 7, 59), ["hours"]), ((2026, 3, 2, 8, 0), []), ((2026, 3, 2, 17, 59), []),
    ((2026, 3, 2, 18, 0), ["hours"]), ((2026, 3, 7, 12, 0), ["hours"]), ((2026, 7, 1, 8, 0), []),
    ((2026, 3, 9, 7, 59), ["hours"]), ((2026, 3, 9, 8, 0), []),  # the clock was put forward the day before
])
def test_access_outside_the_agreed_hours_of_the_practices_zone_is_an_alert(practice, moment, expected):
    agree(practice, agreed=True, days=[0, 1, 2, 3, 4])
    at = datetime(*moment, tzinfo=ZoneInfo("America/New_York"))
    write(practice, came(), jane(), at=at)

    look(practice)

    assert kinds(practice) == expected


def test_a_visit_that_goes_on_after_hours_is_one_alert_and_leaving_is_none(practice):
    agree(practice, agreed=True, ends=time(12, 0))
    write(practice, came(), jane(), jane(action="visit.left"), at=NOON - timedelta(seconds=15))
    look(practice)
    assert kinds(practice) == []
    write(practice, jane(), jane(), jane(), at=NOON + timedelta(minutes=1))
    look(practice)
    (alert,) = alerts(practice)
    assert alert.sentence == (
        "Jane Doe of ACME Billing was in the practice on Monday at 12:01 PM, outside the agreed hours."
    )


def test_any_time_is_fine_while_nothing_is_agreed(practice):
    assert raised(practice, came(), at=NOON + 9 * HOUR) == []


def test_hours_may_run_past_midnight():
    overnight = Rules(agreed=True, days=[0], begins=time(20), ends=time(6))
    fine = [datetime(2026, 3, 2, 20), datetime(2026, 3, 2, 23, 59), datetime(2026, 3, 3, 5, 59)]
    bad = [datetime(2026, 3, 2, 19), datetime(2026, 3, 2, 2), datetime(2026, 3, 3, 6), datetime(2026, 3, 3, 21)]

    assert all(map(overnight.agreed_at, fine)) and not any(map(overnight.agreed_at, bad))


# What is forged or does not agree


@pytest.mark.parametrize(("reason", "expected"), [
    ("the signature is not the issuer's: BadSignatureError", ["forged"]), ("the nonce is another's", ["forged"]),
    ("the answer is to another question", ["forged"]), ("the answer is another issuer's", ["forged"]),
    ("the answer was used before", ["forged"]), ("meant for somebody else", ["forged"]),
    ("no ID token: 400 invalid_grant", ["forged"]), ("a reason that nobody has thought of", ["forged"]),
    ("there was no first part in this browser", []), ("no answer: ConnectError", []),
    ("no answer a moment ago", []), ("ACME Billing is not a listed billing company", []),
    ("the first part was more than 10 minutes ago, or the Billing user was changed since", []),
    ("the home refused: access_denied", []), ("the Billing user is inactive", []),
])
def test_a_forged_or_foreign_answer_is_an_alarm_and_a_delay_is_none(practice, reason, expected):
    answer = unknown(action="sign-in.second-part.refused", object="ACME Billing", reason=reason)
    assert raised(practice, answer, answer) == expected
    assert raised(practice, answer, at=NOON + 2 * HOUR) == expected


def test_a_flood_of_forged_answers_from_one_network_is_one_alarm_an_hour(practice):
    agree(practice, refusals_in_a_row=100)
    forged = {"action": "sign-in.second-part.refused", "reason": "the nonce is another's"}
    assert raised(practice, *(unknown(**forged, address=f"198.51.100.{n}") for n in range(99))) == ["forged"]


def test_a_replayed_code_is_an_alarm(practice):
    (kind,) = raised(practice, {"action": "identity.code.replayed", "object": "Elm Street", "result": "refused"})
    assert kind == "forged"
    assert alerts(practice)[0].sentence == (
        "A sign-in of Cole Weaver was presented a second time, for Elm Street; what it opened was ended."
    )


def test_a_record_that_is_contradicted_is_an_alarm(practice):
    for action in rules.CONTRADICTIONS:
        event = {"source": "system", "person": "Countersign", "action": action, "object": f"what {action} holds"}
        assert raised(practice, event, event) == ["contradicted"]


# Whatever the rule


def test_ordinary_work_raises_nothing(practice):
    day = [came(), *(opened(n) for n in range(20)), jane(action="clients.searched"), jane(action="visit.left")]
    missed = {"action": "page.missing", "result": "refused"}
    assert raised(practice, *day, *[{"action": "sign-in.accepted"}, {}, {"action": "user.created"}, missed] * 3) == []


def test_no_alert_ever_holds_the_name_of_a_client(practice):
    agree(practice, clients_an_hour=1, refusals_in_a_row=2, agreed=True, days=[6])
    everything = [opened(n, object="Rivera, Dana (1)", sub=f"s{n}") for n in range(3)]
    everything += [opened(1, action=action, object="Rivera, Dana (1)", reason="Rivera") for action in rules.EXPORTS]
    everything += [*[refused(client="Rivera, Dana (1)", reason="Rivera")] * 3, opened(1), opened(2)]
    assert {"export", "refusals", "rate", "hours"} <= set(raised(practice, *everything))
    for alert in alerts(practice):
        assert not [name for name, value in vars(alert).items() if "Rivera" in str(value)]


def test_an_alert_is_on_the_record_itself(practice, cast):
    raised(practice, jane(action="clients.exported"))
    (event,) = [e for e in cast.events(practice, action="alert.raised") if "exported" in e.object]
    (alert,) = alerts(practice)
    assert event.object_id == str(alert.id) and event.source == "system"
    assert event.changes == {"Alert": "Export", "Event": alert.seq, "Mailed to": "nobody"}


def test_looking_begins_at_the_end_of_a_record_that_was_there_before(cast):
    """The migration, run again on a practice that has a past: no alert for it, and who came in it is known."""
    practice = cast.good_therapy
    write(practice, came(), came(billing_user="acme-payments", address="2001:db8::1"), jane(action="clients.exported"))
    with binding.bind(practice):
        Position.objects.all().delete()
        Known.objects.all().delete()
        migration = MigrationLoader(None).get_migration("watch", "0002_start")
        migration.operations[0].code(apps, None)
        assert Position.objects.count() == 1
    assert raised(practice) == []
    assert raised(practice, came(), came(billing_user="acme-payments", address="2001:db8::2")) == []
    assert raised(practice, came(address="198.51.100.1")) == ["new network"]
