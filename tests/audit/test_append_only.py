"""Nobody changes or deletes what is on the record: not the model, not the ORM, not SQL, and no address (case 53)."""

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.urls import get_resolver

from countersign.audit import record
from countersign.audit.actors import Actor
from countersign.audit.models import Event, RecordIsAppendOnly
from countersign.instances import binding

PRIYA = Actor(person="Priya Raman", iss="http://good-therapy", sub="1")
COLUMNS = ", ".join(f.column for f in Event._meta.concrete_fields)
AGAIN = f"INSERT INTO audit_event ({COLUMNS}) SELECT {{}}{COLUMNS.removeprefix('seq')} FROM audit_event"


@pytest.fixture
def event(cast):
    with binding.bind(cast.good_therapy):
        record.write(PRIYA, "signed-out")
        yield Event.objects.get(person="Priya Raman")


def test_an_event_is_neither_saved_again_nor_deleted(event):
    event.person = "Nobody"

    for change in (event.save, event.delete, lambda: Event.objects.get(seq=event.seq).save(update_fields=["person"])):
        with pytest.raises(RecordIsAppendOnly):
            change()

    assert Event.objects.get(seq=event.seq).person == "Priya Raman"


def test_another_event_does_not_take_the_place_of_one(event):
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        Event(seq=event.seq, person="Nobody", action="signed-out", source="ours", result="ok").save()

    assert Event.objects.get(seq=event.seq).person == "Priya Raman"


@pytest.mark.parametrize(
    "change",
    [
        lambda events, event: events.update(person="Nobody"),
        lambda events, event: events.delete(),
        lambda events, event: events.bulk_update([event], ["person"]),
        lambda events, event: events.update_or_create({"person": "Nobody"}, seq=event.seq),
    ],
    ids=["update", "delete", "bulk_update", "update_or_create"],
)
def test_a_query_changes_nothing(event, change):
    # On a server the role may not even lock a row that it could not change.
    with pytest.raises((RecordIsAppendOnly, DatabaseError)), transaction.atomic():
        change(Event.objects.all(), event)

    assert Event.objects.get(seq=event.seq).person == "Priya Raman"


STATEMENTS = {
    "update": ("any", "UPDATE audit_event SET person = 'Nobody'"),
    "renumber": ("any", "UPDATE audit_event SET seq = seq + 1000"),
    "delete": ("any", "DELETE FROM audit_event"),
    "upsert": (
        "any",
        f"INSERT INTO audit_event ({COLUMNS}) SELECT {COLUMNS} FROM audit_event WHERE true "
        "ON CONFLICT (seq) DO UPDATE SET person = 'Nobody'",
    ),
    "replace": ("sqlite", f"REPLACE INTO audit_event ({COLUMNS}) SELECT {COLUMNS} FROM audit_event"),
    "truncate": ("postgresql", "TRUNCATE audit_event"),
    "before the first": ("any", AGAIN.format("0") + " WHERE seq = 1"),
    "below zero": ("any", AGAIN.format("-1") + " WHERE seq = 1"),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_database_refuses_it_whoever_asks(event, name):
    connection, (vendor, statement) = connections["default"], STATEMENTS[name]
    if vendor not in ("any", connection.vendor):
        return  # the other database has no such statement
    before = list(Event.objects.order_by("seq").values())

    with pytest.raises(DatabaseError, match=r"append-only|permission denied|event_is_numbered"), transaction.atomic():
        connection.cursor().execute(statement)

    assert list(Event.objects.order_by("seq").values()) == before


def test_an_event_does_not_take_a_number_that_was_left_out(event):
    if connections["default"].vendor != "sqlite":
        pytest.skip("PostgreSQL gives out numbers before it commits them: a check finds what came later")
    with transaction.atomic():
        connections["default"].cursor().execute(AGAIN.format(str(event.seq + 10)) + " WHERE seq = 1")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connections["default"].cursor().execute(AGAIN.format(str(event.seq + 5)) + " WHERE seq = 1")
    record.write(PRIYA, "signed-out")
    assert Event.objects.latest("seq").seq == event.seq + 11


def test_an_orm_that_goes_around_the_model_meets_the_database(event):
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        Event.objects.filter(seq=event.seq)._raw_delete(Event.objects.db)
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        Event.objects.bulk_create([event], update_conflicts=True, update_fields=["person"], unique_fields=["seq"])


def test_no_address_takes_anything_but_a_reading_of_the_record(cast):
    cast.administrator(cast.good_therapy, "priya")
    client = cast.signed_in(cast.good_therapy, "priya")
    before = cast.events(cast.good_therapy)

    for path in ("user-audit/", "general-log/", "general-log/1/", "general-log/export/", "user-audit/export/"):
        for method in (client.post, client.put, client.patch, client.delete):
            assert method(f"/reports/{path}").status_code == 405

    after = cast.events(cast.good_therapy)
    assert [vars_of(e) for e in after[: len(before)]] == [vars_of(e) for e in before]
    assert [str(pattern.pattern) for pattern in _patterns() if "audit" in str(pattern.pattern)] == [
        "reports/user-audit/", "reports/user-audit/export/",
    ]


def vars_of(event):
    return {name: value for name, value in vars(event).items() if name != "_state"}


def _patterns(found=None):
    for entry in (found or get_resolver("countersign.urls.instance")).url_patterns:
        yield from _patterns(entry) if hasattr(entry, "url_patterns") else [entry]
