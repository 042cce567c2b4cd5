"""Tables for a spreadsheet: text stays text, whatever it begins with, and the file's name stays a name.

A CSV is written whole before it is sent: the database is bound only as long as the view runs, so an answer that still
read rows while it was being sent would read them unbound.
"""

import codecs
import csv
import io
import re
import tempfile
import unicodedata

from django.http import FileResponse

FORMULA = frozenset("=+-@")
CONTROL = frozenset("\t\r\n\0")
HARMLESS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789(")
CSV = "text/csv; charset=utf-8"
IN_MEMORY, CHUNK = 2 * 1024 * 1024, 64 * 1024


def safe(value):
    """The value as a cell that no spreadsheet runs: OWASP ASVS 5.0, 1.2.10.

    Text that begins with = + - @ (or a full-width or small form of them, with or without blanks before it), a tab, a
    line end or NUL gets an apostrophe in front. Numbers that are numbers (int, Decimal) stay as they are; None is "".
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value if isinstance(value, int | float) or hasattr(value, "as_tuple") else str(value)
    start = unicodedata.normalize("NFKC", value.lstrip(" \N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}\ufeff\u200b")[:1])
    return f"'{value}" if start[:1] in FORMULA or value[:1] in CONTROL or start in CONTROL else value


def safe_csv(header, rows, *, foot=()):
    """A binary file at its beginning with the header (texts) and the rows (sequences), RFC 4180, UTF-8 with its mark.

    foot: rows that come last and are not counted; asked for when all others have been read.

    Every field is quoted, so that a semicolon begins no new cell where a semicolon separates. Returns (file, count of
    rows); small ones stay in memory, large ones lie in an unnamed temporary file.
    """
    file, count = Spool(max_size=IN_MEMORY), 0
    file.write(codecs.BOM_UTF8)
    lines = io.StringIO(newline="")
    writer = _writer(lines)
    writer.writerow(map(safe, header))
    for count, row in enumerate(rows, 1):  # noqa: B007 - counted for the record
        # Nearly every cell begins with a letter or a digit: not asking about those halves the time of an export.
        writer.writerow([
            cell if cell.__class__ is str and (not cell or cell[0] in HARMLESS) else safe(cell) for cell in row
        ])
        if lines.tell() > CHUNK:
            _move(lines, file)
    writer.writerows(map(safe, row) for row in foot)
    _move(lines, file)
    file.seek(0)
    return file, count


def safe_row(cells):
    """One more row of the same kind, as bytes, to be put behind the others."""
    line = io.StringIO(newline="")
    _writer(line).writerow(map(safe, cells))
    return line.getvalue().encode("utf-8", "replace")


def _writer(lines):
    return csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\r\n")


def _move(lines, file):
    file.write(lines.getvalue().encode("utf-8", "replace"))
    lines.seek(0)
    lines.truncate()


class Spool(tempfile.SpooledTemporaryFile):
    """Goes without complaint when an answer is thrown away unsent, because the record could not be written."""

    def __del__(self):
        # Not self.close(): for a server that sends files by itself Django makes that the end of the request, and this
        # runs whenever the garbage is collected: in the middle of another request, whose connections it would close.
        super().close()


def attachment(file, *, name, suffix="csv", content_type=CSV):
    """The answer that offers the file for saving, as `safe_name(name)`.suffix; nothing keeps a copy on the way."""
    return FileResponse(file, as_attachment=True, filename=f"{safe_name(name)}.{suffix}", content_type=content_type)


def safe_name(text):
    """A file name of letters, digits, - and _ alone: no path, no line end, no quotation mark (CWE-22, CWE-113)."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:80] or "export"
