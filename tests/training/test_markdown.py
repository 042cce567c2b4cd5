"""What a company writes in Markdown can neither run, nor fetch, nor lead astray, nor take the server's time."""

from html.parser import HTMLParser

import pytest

from countersign.training import courses, markdown
from countersign.training.models import Rule

HARMLESS = {
    "p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "a", "code", "pre", "blockquote", "hr", "br",
}


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found, self.links, self.attributes, self.text, self.depth, self.deepest = [], [], set(), "", 0, 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]
        self.depth += tag not in ("br", "hr")
        self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag):
        self.depth -= 1

    def handle_data(self, data):
        self.text += data


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <b onclick=alert(1)>bold</b> <!-- --> <?php ?> <![CDATA[x]]>",
    "<div>\n\n# Heading\n\n</div>",
    "<svg/onload=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](java&Tab;script:alert(1))",
    "[a](<java\nscript:alert(1)>)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](file:///etc/passwd)",
    "[a](http://example.org/)",
    "[a](//example.org/)",
    "[a](/\\example.org/)",
    "[a](\\\\example.org)",
    "[a](https:example.org)",
    "[a](%2F%2Fexample.org)",
    "[a](mailto:somebody@example.org)",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<somebody@example.org>",
    "![picture](https://example.org/x.png)",
    "![picture](data:image/svg+xml;base64,PHN2Zz4=)",
    "![picture](/static/ui/mark.svg)",
    "![p][b]\n\n[b]: https://example.org/x.png",
    '[a](/x "onmouseover=alert(1)")',
    '[a](/x"onmouseover="alert(1))',
    "```\"onmouseover=alert(1)\nx\n```",
    "# <script>alert(1)</script>",
    "# main",
    "`<script>alert(1)</script>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00<script\x00>alert(1)</script>",
]


def harm(html):
    """Sentences about everything in an HTML text that we would never let a company put there."""
    seen = Tags(html)
    found = [f"the element {tag}" for tag in seen.found if tag not in HARMLESS]
    found += [f"the attribute {name}" for name in seen.attributes - {"href", "id", "start", "class", "title"}]
    for link in seen.links:
        if not (link.startswith(("https://", "#")) or (link.startswith("/") and link[1:2] not in ("/", "\\"))):
            found.append(f"a link to {link}")
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing(text):
    html = str(markdown.render(text))

    assert harm(html) == []
    assert 'id="main"' not in html


def test_the_check_finds_what_a_parser_that_obeys_html_lets_through():
    from markdown_it import MarkdownIt

    careless = MarkdownIt("commonmark", {"html": True})
    careless.validateLink = lambda url: True

    found = [text for text in HOSTILE if harm(careless.render(text))]

    assert len(found) > 20


def test_what_was_typed_as_html_is_there_to_be_read():
    assert Tags(str(markdown.render("<script>alert(1)</script>"))).text.strip() == "<script>alert(1)</script>"


@pytest.mark.parametrize("link", ["https://www.hhs.gov/hipaa/", "/training/", "#read-passwords", "/profile/?a=b"])
def test_a_safe_link_is_a_link(link):
    assert Tags(str(markdown.render(f"[here]({link})"))).links == [link]


def test_headings_move_down_and_have_ids_of_their_own():
    html = str(markdown.render("# Passwords\n\n## Passwords\n\n###### main & *more*"))

    assert '<h2 id="read-passwords">' in html and '<h3 id="read-passwords--2">' in html
    assert '<h6 id="read-main-more">' in html and "<h1" not in html
    assert markdown.headings("# Passwords\n\n###### main & *more*") == {
        "Passwords": "read-passwords", "main & more": "read-main-more",
    }


@pytest.mark.parametrize("deep", ["> " * 20_000 + "x", "- " * 20_000 + "x", "*" * 20_000 + "x" + "*" * 20_000,
                                  "[" * 40_000, "[" * 13_000 + "a" + "](/x)" * 5_000, "`" * 40_000,
                                  "\n".join(" " * n + "- x" for n in range(250)), "<" * 40_000, "a_" * 20_000,
                                  "[a](" * 10_000, "![" * 20_000, "&" * 40_000, "\\" * 40_000, "# x\n" * 10_000])
def test_deep_nesting_is_shown_flat(deep):
    html = str(markdown.render(deep))

    assert harm(html) == []
    assert Tags(html).deepest <= 2 * markdown.NESTED + 2
    assert len(html) < 40 * markdown.MOST


def test_a_megabyte_is_cut_where_it_came_past_the_form():
    html = str(markdown.render("word " * 200_000))

    assert len(html) <= markdown.MOST + 10


def test_the_built_in_texts_are_harmless_and_their_questions_lead_back_into_them():
    for course in courses.built_in(Rule()):
        assert harm(str(course.html)) == []
        assert 4 <= len(course.questions) <= 8
        assert {question.again for question in course.questions} <= course.places.keys(), course.title
        assert "45 CFR 164." in course.text
