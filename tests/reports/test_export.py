"""The lists as files: the same filter, every row, nothing a spreadsheet would run, and on the record."""

import csv
import io

import pytest

import countersign_verify
from countersign.audit import bundle, checkpoints
from countersign.audit.checkpoints import base64_of
from countersign.audit.models import Checkpoint, Event
from countersign.instances import binding
from tests.reports.written import AUDIT, JANE, LOG, NOON, RIVERA, write


def whole(response):
    """(the rows, the row behind them)"""
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    *rows, last = csv.DictReader(io.StringIO(text, newline=""))
    return rows, last


def table(response):
    return whole(response)[0]


def test_an_export_holds_every_row_of_the_filter_and_every_field(cast, priya):
    (seq,) = write(cast.good_therapy, {
        **JANE, **RIVERA, "action": "client.changed", "changes": {"phone": ["1", "2"]}, "browser": "Firefox/145.0",
    })
    write(cast.good_therapy, *[{"person": "Somebody else"}] * 60)

    (row,) = table(priya.get(f"{LOG}export/", {"who": "third party"}))

    assert (row["Event"], row["Time (America/New_York)"], row["Time (UTC)"]) == (
        str(seq), "03/02/2026 12:00:00", "2026-03-02T17:00:00.000000Z",
    )
    assert (row["Person"], row["Who"], row["Company"], row["Billing user"]) == (
        "Jane Doe", "Third party", "ACME Billing", "acme-billing",
    )
    assert (row["What happened"], row["Client id"]) == ("changed client Rivera, Dana (1042)", RIVERA["client_id"])
    assert row["Values"] == '{"phone": ["1", "2"]}'
    assert len(table(priya.get(f"{LOG}export/", {"person": "somebody"}))) == 60


def test_the_user_audit_exports_what_it_shows_and_no_more(cast, priya):
    write(cast.good_therapy, {**JANE, "action": "visit.began"}, {**JANE, "action": "client.opened"})

    assert [row["What happened"] for row in table(priya.get(f"{AUDIT}export/", {"who": "third party"}))] == [
        "signed in through "
    ]


def test_an_export_is_recorded_with_its_filter_and_its_number_of_rows(cast, priya):
    write(cast.good_therapy, *[{**JANE, "action": "visit.left"}] * 3)

    priya.get(f"{AUDIT}export/", {"person": "jane", "until": "03/02/2026"})
    priya.get(f"{LOG}export/", {"who": "third party"})

    (audit,) = cast.events(cast.good_therapy, action="user-audit.exported")
    (log,) = cast.events(cast.good_therapy, action="general-log.exported")
    checkpoint = audit.changes.pop("Checkpoint")
    assert (audit.person, audit.changes) == (
        "Priya Raman", {"Person or User ID": "jane", "To": "03/02/2026", "Format": "CSV", "Rows": 3},
    )
    assert log.changes == {"Who": "Third party", "Format": "CSV", "Rows": 3, "Checkpoint": log.changes["Checkpoint"]}
    with binding.bind(cast.good_therapy):
        assert checkpoint in [f"{one.size} events, {base64_of(one.root)}" for one in Checkpoint.objects.all()]


def test_the_last_row_is_a_checkpoint_that_the_verifier_takes(cast, priya):
    """Whoever keeps a table keeps a checkpoint: cut out of its cell it is one like that of a mail."""
    write(cast.good_therapy, *[{**JANE}] * 3)

    rows, last = whole(priya.get(f"{LOG}export/", {"who": "third party"}))

    assert len(rows) == 3 and last["Event"] == "Checkpoint"
    (note,) = (cell for name, cell in last.items() if cell and name != "Event")
    file = io.BytesIO()
    with binding.bind(cast.good_therapy):
        bundle.write(file, checkpoints.take("a test"))
    file.seek(0)
    assert any(line.startswith("Your own checkpoint") for line in countersign_verify.verify(file, held=[note]))


def test_the_file_is_whole_before_the_database_is_left(cast, priya):
    write(cast.good_therapy, *[{**JANE}] * 5)

    response = priya.get(f"{LOG}export/", {"who": "third party"})
    write(cast.good_therapy, {**JANE})

    assert len(table(response)) == 5
    assert response["Content-Disposition"].startswith('attachment; filename="general-log-good-therapy-')
    assert response["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("path", [AUDIT, LOG])
def test_no_cell_of_an_export_is_a_formula(cast, priya, path):
    bad = '=HYPERLINK("http://evil")'
    with binding.bind(cast.good_therapy):
        Event.objects.create(
            at=NOON, source="ours", person=bad, user_id="+1", company="@x", billing_user="-1", browser=bad, reason=bad,
            action="visit.began", object=bad, client=bad, result="ok", rule=bad, factors=bad, visit="=1",
        )

    (row,) = table(priya.get(f"{path}export/", {"until": "03/02/2026"}))

    assert [cell for cell in row.values() if cell[:1] in "=+-@" and cell] == []
    assert row["Person"] == f"'{bad}"
