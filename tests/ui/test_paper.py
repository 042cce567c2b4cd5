"""Documents on paper, read back: hostile names neither break one nor go missing from it (case 77)."""

import io

import pytest
from pypdf import PdfReader

from countersign.ui.paper import Paper

HOSTILE = [
    "<b>Jane</b>", "</para><para>", "&amp; &", "<img src='file:///etc/passwd'/>", '"><font color="red">', "{{ 7*7 }}",
    "%PDF-1.4 endobj", ") Tj (", "<br/>two",
]


def document(*names, lead=""):
    paper = Paper(title="Access statement", owner="Good Therapy, Inc.", lead=lead, foot="Confidential")
    paper.heading("People")
    paper.facts([("Company", "ACME Billing")])
    paper.table([("Name", 3, False), ("Visits", 1, True)], [(name, 3) for name in names], empty="Nobody came.")
    return paper.pdf()


def read(pdf):
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_in_a_name_is_drawn_as_it_was_typed(name):
    (page,) = read(document(name))

    assert name in page


@pytest.mark.parametrize(("name", "drawn"), [
    ("Łukasz Nuñez-Öztürk", "Łukasz Nuñez-Öztürk"),
    ("王小明", r"\u738b\u5c0f\u660e"),
    ("Пётр", r"\u041f\u0451\u0442\u0440"),
    ("a\u202eb\x00c", r"a\u202eb\u0000c"),
    ("😀", r"\U0001f600"),
])
def test_what_the_typeface_lacks_is_drawn_as_its_code_point(name, drawn):
    assert drawn in read(document(name))[0]


def test_the_typeface_is_embedded_and_the_document_says_what_it_is():
    reader = PdfReader(io.BytesIO(document("Jane")))

    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].get_object().values()]
    embedded = [f["/FontDescriptor"].get_object() for f in fonts if "PublicSans" in f["/BaseFont"]]
    assert len(embedded) == 2 and all("/FontFile2" in descriptor for descriptor in embedded)
    assert reader.metadata.title == "Access statement" and reader.metadata.author == "Good Therapy, Inc."
    assert reader.trailer["/Root"]["/Lang"] == "en-US"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]
    assert tuple(map(float, reader.pages[0].mediabox[2:])) == (612, 792)


def test_a_table_goes_on_over_the_pages_with_its_heads_and_each_page_is_counted():
    pages = read(document(*(f"Person {number}" for number in range(120))))

    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"{number} of {len(pages)}" in page and "Name" in page and "Good Therapy, Inc." in page
    assert all(any(f"Person {number}" in page for page in pages) for number in range(120))


def test_a_text_longer_than_a_page_goes_on_over_the_page():
    pages = read(document("long " * 4000 + "end", lead="x" * 9000))

    assert len(pages) > 4 and any("end" in page for page in pages[3:])


def test_the_same_data_gives_the_same_bytes_and_other_data_others():
    assert document("Jane") == document("Jane") != document("June")


def test_a_document_of_nobody_says_so():
    assert "Nobody came." in read(document())[0]
