"""Documents on paper: PDF of letter size with a heading on every page, tables that break over pages, and "1 of n".

Whatever is shown is text: a name with markup in it is drawn as it was typed (case 77). A character that the typeface
lacks is drawn as its code point, \\u738b, so that no name breaks a document or goes missing from it. The same data
gives the same bytes: a document made twice can be compared.
"""

import io
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

FOLDER = Path(__file__).parent / "static" / "ui" / "vendor" / "public-sans"
REGULAR, BOLD = "PublicSans-Regular", "PublicSans-SemiBold"
INK, SOFT, LINE = HexColor(0x1D2429), HexColor(0x515B63), HexColor(0xDEDED8)
MARGIN = 0.75 * inch
WIDTH = letter[0] - 2 * MARGIN


@cache
def glyphs():
    """The code points that both weights can draw; registers them."""
    faces = []
    for name in (REGULAR, BOLD):
        font = TTFont(name, str(FOLDER / f"{name}.ttf"))
        pdfmetrics.registerFont(font)
        faces.append(set(font.face.charToGlyph))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    return frozenset.intersection(*map(frozenset, faces))


def drawable(text):
    """The text with a code point in place of each character that cannot be drawn; lines stay lines."""
    known = glyphs()
    return "".join(c if c == "\n" or (ord(c) in known and c.isprintable()) else _code_point(c) for c in text)


def _code_point(character):
    if character in "\t\r\u00a0\u202f":
        return " "
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def _style(name, font=REGULAR, size=9, *, before=0, after=0, color=INK, **more):
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=size * 1.32, spaceBefore=before, spaceAfter=after,
        textColor=color, splitLongWords=1, **more,
    )


STYLES = {
    "title": _style("title", BOLD, 17, after=2),
    "lead": _style("lead", size=10, color=SOFT, after=8),
    "heading": _style("heading", BOLD, 12, before=12, after=4),
    "text": _style("text", size=9.5, after=5),
    "cell": _style("cell", size=8),
    "number": _style("number", size=8, alignment=TA_RIGHT),
    "head": _style("head", BOLD, 8, color=SOFT),
    "head number": _style("head number", BOLD, 8, color=SOFT, alignment=TA_RIGHT),
}


class Paper:
    """Say it from top to bottom, then `pdf()`. owner: who gives it out, shown above every page; foot: below."""

    def __init__(self, *, title, owner, lead="", foot="Confidential"):
        glyphs()
        self.title, self.owner, self.foot, self.story = title, owner, foot, []
        self._add(title, "title")
        if lead:
            self._add(lead, "lead")

    def heading(self, text):
        self.story.append(CondPageBreak(1.2 * inch))  # never a heading alone at the foot of a page
        self._add(text, "heading")

    def text(self, text):
        self._add(text, "text")

    def facts(self, pairs):
        """[(label, value), ...] in two columns."""
        rows = [[_paragraph(label, "head"), _paragraph(value, "cell")] for label, value in pairs]
        self._table(rows, [0.28 * WIDTH, 0.72 * WIDTH], repeat=0)

    def table(self, columns, rows, *, empty):
        """columns: [(head, share of the width, whether numbers), ...]; rows of texts; empty: said without any."""
        rows = list(rows)
        if not rows:
            self.text(empty)
            return
        kinds = [("head number", "number") if numbers else ("head", "cell") for _, _, numbers in columns]
        drawn = [[_paragraph(head, kind[0]) for (head, _, _), kind in zip(columns, kinds, strict=True)]]
        drawn += [[_paragraph(cell, kind[1]) for cell, kind in zip(row, kinds, strict=True)] for row in rows]
        whole = sum(share for _, share, _ in columns)
        self._table(drawn, [WIDTH * share / whole for _, share, _ in columns], repeat=1)

    def _table(self, rows, widths, *, repeat):
        look = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 5),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ]
        if repeat:
            look.append(("LINEBELOW", (0, 0), (-1, 0), 0.8, SOFT))
        # splitInRow: a cell longer than a page goes on over the page, where it would otherwise refuse to be drawn.
        table = Table(rows, colWidths=widths, repeatRows=repeat, splitInRow=1, hAlign="LEFT")
        table.setStyle(TableStyle(look))
        self.story += [table, Spacer(0, 6)]

    def _add(self, text, style):
        self.story.append(_paragraph(text, style))

    def pdf(self):
        """The finished document, as bytes. Its dates are fixed: they would differ from run to run."""
        file = io.BytesIO()
        document = SimpleDocTemplate(
            file, pagesize=letter, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=0.95 * inch,
            bottomMargin=0.8 * inch, title=drawable(self.title), author=drawable(self.owner), subject="",
            creator="Countersign", lang="en-US", invariant=1,
        )
        document.build(self.story, canvasmaker=self._canvas)
        return file.getvalue()

    def _canvas(self, *args, **kwargs):
        around = {name: drawable(getattr(self, name)) for name in ("owner", "title", "foot")}
        return _Counted(*args, **around, **kwargs)


def _paragraph(text, style):
    return Paragraph(escape(drawable(str(text))).replace("\n", "<br/>"), STYLES[style])


class _Counted(Canvas):
    """Keeps the pages until their number is known."""

    def __init__(self, *args, owner, title, foot, **kwargs):
        super().__init__(*args, **kwargs)
        self.owner, self.title, self.foot, self.kept = owner, title, foot, []
        self.setViewerPreference("DisplayDocTitle", "true")

    def showPage(self):
        self.kept.append(dict(self.__dict__))
        self._startPage()

    def save(self):
        for number, page in enumerate(self.kept, 1):
            self.__dict__.update(page)
            self._around(number, len(self.kept))
            super().showPage()
        super().save()

    def _around(self, number, count):
        top, left, right = letter[1] - 0.55 * inch, MARGIN, letter[0] - MARGIN
        self.setFillColor(INK)
        self.setFont(BOLD, 9)
        self.drawString(left, top, _cut(self.owner, BOLD, 0.55))
        self.setFillColor(SOFT)
        self.setFont(REGULAR, 8)
        self.drawRightString(right, top, _cut(self.title, REGULAR, 0.42))
        self.setStrokeColor(LINE)
        self.line(left, top - 6, right, top - 6)
        self.drawString(left, 0.5 * inch, _cut(self.foot, REGULAR, 0.8))
        self.drawRightString(right, 0.5 * inch, f"{number} of {count}")


def _cut(text, font, share, size=9):
    """As much of a line as fits into a share of the width; the whole stands in the document."""
    while text and pdfmetrics.stringWidth(text, font, size) > WIDTH * share:
        text = text[:-2].rstrip() + "\N{HORIZONTAL ELLIPSIS}" if len(text) > 2 else ""
    return text
