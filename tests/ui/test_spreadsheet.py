"""Case 70: what a spreadsheet opens is text, whatever somebody called themselves. Case 47: a file name is a name."""

import csv
import gc
import io
from decimal import Decimal

import pytest
from django.db import transaction

from countersign.clients.models import Client
from countersign.instances import binding
from countersign.ui import spreadsheet


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1+1", "＋1", "－1", "＠x",
        "﹢1", "﹣1", "﹦1", "﹫x", " =1", "\u00a0=1", "\u3000＝1", "\ufeff=1", "\u200b=1", "-2+3+cmd|' /C calc'!A0", '=HYPERLINK("http://x")',
    ],
)
def test_text_that_could_be_a_formula_gets_an_apostrophe(text):
    assert spreadsheet.safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Rivera", "O'Neil", "a=b", "12-3", "06/01/2026", "a\tb", " Dana"])
def test_other_text_stays_as_it_is(text):
    assert spreadsheet.safe(text) == text


def test_numbers_stay_numbers_and_nothing_is_empty():
    assert [spreadsheet.safe(v) for v in (Decimal("-12.50"), -3, None)] == [Decimal("-12.50"), -3, ""]


def test_a_file_reads_back_as_it_was_written():
    file, count = spreadsheet.safe_csv(["Name", "Note"], iter([["Rivera; Dana", 'say "hi"'], ["Zoë", "a\r\nb"]]))

    written = file.read()
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert count == 2
    assert written.startswith(b'\xef\xbb\xbf"Name","Note"\r\n')
    assert rows == [["Name", "Note"], ["Rivera; Dana", 'say "hi"'], ["Zoë", "a\r\nb"]]


def test_a_file_without_rows_has_its_header():
    file, count = spreadsheet.safe_csv(["Name"], [])

    assert (count, file.read()) == (0, b'\xef\xbb\xbf"Name"\r\n')


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Clients of Good Therapy, Inc.", "clients-of-good-therapy-inc"),
        ("../../etc/passwd", "etc-passwd"),
        ('a"\r\nSet-Cookie: x=1', "a-set-cookie-x-1"),
        ("\u202egpj.exe", "gpj-exe"),
        ("Zoë", "zoe"),
        ("名", "export"),
        ("", "export"),
    ],
)
def test_a_file_name_is_a_plain_name(name, safe):
    response = spreadsheet.attachment(io.BytesIO(b"x"), name=name)

    assert response["Content-Disposition"] == f'attachment; filename="{safe}.csv"'
    response.close()


def test_a_file_that_was_let_go_disturbs_no_transaction_that_runs_when_it_is_collected(cast):
    answer = spreadsheet.attachment(spreadsheet.safe_csv(("Client",), [("Rivera",)])[0], name="clients")
    answer.file_to_stream.close = answer.close  # as Django does for a server that sends files by itself
    with binding.bind(cast.good_therapy), transaction.atomic():
        del answer
        gc.collect()
        assert not Client.objects.exists()


def test_rows_at_the_foot_come_last_are_safe_and_are_not_counted():
    seen = []

    def rows():
        for number in range(3):
            seen.append(number)
            yield [number]

    file, count = spreadsheet.safe_csv(["N"], rows(), foot=(["=last", len(seen)] for _ in range(1)))

    lines = file.read().decode("utf-8-sig").splitlines()
    assert (count, lines[-1]) == (3, '"\'=last","3"')
    assert spreadsheet.safe_row(["=last", 3]) == b'"\'=last","3"\r\n'
