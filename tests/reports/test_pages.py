"""What User Audit and General Log show, to whom, and what is recorded about looking."""

import re

import pytest

from countersign.people.models import UserType
from countersign.reports.search import PAGE
from tests.reports.written import AUDIT, JANE, LOG, RIVERA, queries, rows, write


def test_the_user_audit_tells_the_parts_of_a_sign_in_apart(cast, priya):
    write(
        cast.good_therapy,
        {"source": "unknown", "person": "unknown", "user_id": "acme-billing", "result": "refused",
         "action": "sign-in.first-part.refused", "reason": "wrong password"},
        {**JANE, "action": "sign-in.second-part.refused", "result": "refused", "reason": "inactive",
         "browser": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"},
        {**JANE, "action": "client.opened", **RIVERA},
    )

    response = priya.get(AUDIT, {"until": "03/02/2026"})

    assert rows(response) == [
        ["03/02/2026 12:01:00 PM", "Jane Doe jane", "Third party", "ACME Billing", "acme-billing",
         "was refused at the second part of the sign-in inactive", "Refused", "203.0.113.7", "Firefox, Linux",
         "pwd otp"],
        ["03/02/2026 12:00:00 PM", "unknown acme-billing", "Not known", "", "",
         "was refused at the first part of the sign-in wrong password", "Refused", "203.0.113.7", "", ""],
    ]
    assert 'title="Mozilla/5.0 (X11;' in response.content.decode()
    assert response.content.decode().count("tag guest") == 1, "violet means a third party, and nobody else"


def test_the_general_log_shows_everything_with_its_rule_and_client(cast, priya):
    (seq, _) = write(
        cast.good_therapy,
        {**JANE, "action": "client.opened", **RIVERA},
        {**JANE, "action": "page.refused", "object": "/settings/users/", "result": "refused", "rule": "manage_users"},
    )

    response = priya.get(LOG, {"until": "03/02/2026"})

    who = "Jane Doe of ACME Billing, through acme-billing"
    assert rows(response) == [
        ["03/02/2026 12:01:00 PM", who, "Third party", "was refused /settings/users/", "", "Refused", "Manage users",
         "203.0.113.7"],
        ["03/02/2026 12:00:00 PM", who, "Third party", "opened client Rivera, Dana (1042)", "Rivera, Dana (1042)",
         "Done", "", "203.0.113.7"],
    ]
    assert f'href="{LOG}{seq}/"' in response.content.decode()
    assert f'href="{LOG}?client={RIVERA["client_id"]}"' in response.content.decode()


def test_one_event_shows_every_field_and_what_was_changed(cast, priya):
    (seq,) = write(cast.good_therapy, {
        **JANE, **RIVERA, "action": "client.changed", "iss": "http://acme", "sub": "s-1", "visit": "v-1",
        "changes": {"phone": ["555-0100", "555-0199"], "payers": [[], ["Aetna", "Cigna"]]},
    })

    page = priya.get(f"{LOG}{seq}/").content.decode()

    for text in ("http://acme", "s-1", "v-1", "client.changed", RIVERA["client_id"], "2026-03-02T17:00:00.000000Z"):
        assert text in page
    assert re.findall(r"<td>(.*?)</td>", page) == ["555-0100", "555-0199", "–", "Aetna, Cigna"]
    (opened,) = cast.events(cast.good_therapy, action="event.opened")
    assert (opened.object, opened.client, opened.client_id) == (str(seq), RIVERA["client"], RIVERA["client_id"])


def test_an_event_that_does_not_exist_or_is_the_neighbours_is_404(cast, priya):
    (theirs,) = write(cast.elm_street, *[{}])
    for number in (theirs + 10_000, 2**63, 10**30):
        assert priya.get(f"{LOG}{number}/").status_code == 404


def test_looking_and_looking_for_is_recorded(cast, priya):
    priya.get(AUDIT)
    priya.get(LOG, {"who": "third party", "person": "jane", "since": "03/01/2026", "action": "client.opened"})

    assert [e.changes for e in cast.events(cast.good_therapy, action="user-audit.opened")] == [{}]
    assert [e.changes for e in cast.events(cast.good_therapy, action="general-log.opened")] == [
        {"Who": "Third party", "Person or User ID": "jane", "What happened": "Opened client …", "From": "03/01/2026"}
    ]


@pytest.mark.parametrize(
    ("path", "permission", "label"),
    [
        (AUDIT, "view_reports", "View reports"),
        (f"{AUDIT}export/", "view_reports", "View reports"),
        (LOG, "view_general_log", "View General Log"),
        (f"{LOG}1/", "view_general_log", "View General Log"),
        (f"{LOG}export/", "view_general_log", "View General Log"),
    ],
)
def test_without_the_permission_the_page_is_refused_by_its_name_and_with_it_opened(cast, path, permission, label):
    cast.user(cast.good_therapy, "without", UserType.REGULAR, permissions=["view_clients"])
    cast.user(cast.good_therapy, "with", UserType.REGULAR, permissions=[permission])

    refused = cast.signed_in(cast.good_therapy, "without").get(path)

    assert refused.status_code == 403
    assert f"Rule: {permission}" in refused.content.decode() and label in refused.content.decode()
    (event,) = cast.events(cast.good_therapy, action="page.refused")
    assert (event.person, event.object, event.rule) == ("Without", path, permission)
    assert cast.signed_in(cast.good_therapy, "with").get(path).status_code == 200


@pytest.mark.parametrize("path", [AUDIT, LOG])
def test_a_page_costs_the_same_few_queries_however_much_it_shows(cast, priya, path):
    priya.get(path)
    with queries(cast.good_therapy) as few:
        assert len(rows(priya.get(path))) < 10
    write(cast.good_therapy, *[{**JANE, "action": "visit.began", "person": f"Jane {n}"} for n in range(PAGE)])

    with queries(cast.good_therapy) as many:
        assert len(rows(priya.get(path))) == PAGE
    with queries(cast.good_therapy) as filtered:
        assert len(rows(priya.get(path, {"who": "third party", "person": "jane", "since": "03/01/2026"}))) == PAGE

    assert [statement.split()[0] for statement in few] == [statement.split()[0] for statement in many]
    # session with user; permissions of the groups; how rare the words are; the newest keys; those events; and the event
    # of having looked
    assert len([statement for statement in filtered if statement.startswith(("SELECT", "WITH", "INSERT"))]) <= 7
