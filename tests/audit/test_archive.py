"""Closed years as signed files: each verifies by itself, one ends where the next begins, and all stays online too."""

import io
import json
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db import connections

from countersign import __main__ as command_line
from countersign.audit import archive, merkle, record, tree
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.instances import binding
from tests.audit.test_bundle import verified, verifier

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def write_at(at, count=1):
    for _ in range(count):
        adapted = connections["default"].ops.adapt_datetimefield_value(at)
        texts = [field.column for field in Event._meta.concrete_fields if field.column not in ("seq", "at", "changes")]
        values = [{"person": "Jane Doe", "action": "client.opened", "result": "ok"}.get(name, "") for name in texts]
        with connections["default"].cursor() as cursor:
            cursor.execute(
                'INSERT INTO audit_event (at, changes, "{}") VALUES (%s, \'{{}}\', {})'.format(
                    '", "'.join(texts), ", ".join(["%s"] * len(texts))
                ), [adapted, *values],
            )


@pytest.fixture
def years(cast):
    with binding.bind(cast.elm_street):
        cast.before = Event.objects.count()
        write_at(datetime(2019, 6, 1, tzinfo=UTC), 300)
        write_at(datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC))
        write_at(datetime(2020, 1, 1, tzinfo=UTC), 20)
        write_at(datetime(2022, 1, 1, tzinfo=UTC), 7)
        record.write(system(), "page.opened", object="/today/")
        yield cast


def of(path):
    lines = path.read_bytes().splitlines()
    return json.loads(lines[0]), [json.loads(line)["event"] for line in lines[1:-1]]


def make(folder, number):
    return archive.year(folder, number, now=NOW, verify=lambda file: list(verifier.verify(file)))


def test_each_closed_year_is_a_file_that_verifies_and_the_next_begins_where_it_ends(years, tmp_path):
    total = Event.objects.count()

    made = [make(tmp_path, number) for number in (2019, 2020, 2022)]

    heads = [of(path)[0] for path, _ in made]
    assert [count for _, count in made] == [years.before + 301, 20, 7]
    assert [(head["first"], head["size"]) for head in heads] == [
        (0, heads[0]["size"]), (heads[0]["size"], heads[1]["size"]), (heads[1]["size"], heads[2]["size"])
    ]
    assert all(verified(path.read_bytes()) for path, _ in made)
    assert Event.objects.count() == total
    today = tree.grow()
    for head, nxt in pairwise(heads):
        frontier = merkle.Frontier(nxt["first"], [bytes.fromhex(one) for one in nxt["before"]])
        assert frontier.root() == today.root(head["size"]), "the next year stands on the root of the one before"


@pytest.mark.parametrize(("number", "says"), [(2021, "has no events"), (2026, "is not over"), (2030, "is not over")])
def test_a_year_without_events_or_not_over_is_refused(years, tmp_path, number, says):
    with pytest.raises(archive.NothingThere, match=says):
        make(tmp_path, number)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_never_written_over_and_what_does_not_verify_is_not_kept(years, tmp_path):
    path, _ = make(tmp_path, 2020)
    kept = path.read_bytes()

    with pytest.raises(FileExistsError):
        make(tmp_path, 2020)
    with pytest.raises(verifier.Wrong):
        archive.year(tmp_path, 2022, now=NOW, verify=lambda file: list(verifier.verify(io.BytesIO(b"planted"))))

    assert path.read_bytes() == kept
    assert not (tmp_path / "record-elm-street-2022.jsonl").exists()


def test_the_command_archives_every_closed_year_once(years, tmp_path, capsys):
    with binding.elsewhere():
        first = command_line.run(["audit", "archive", "elm-street", "--output", str(tmp_path)])
        said = capsys.readouterr().out
        again = command_line.run(["audit", "archive", "elm-street", "--output", str(tmp_path)])
        repeated = capsys.readouterr().out
        none = command_line.run(["audit", "archive", "elm-street", "--output", str(tmp_path / "nowhere")])

    assert (first, again, none) == (0, 0, 2)
    assert said.count("verified:") == 3 and "2021: 2021 has no events." in said
    assert repeated.count("is there already") == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"record-elm-street-{year}.jsonl" for year in (2019, 2020, 2022)
    ]
    assert Event.objects.filter(action="record.archived").count() == 3
