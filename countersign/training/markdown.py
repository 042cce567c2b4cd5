"""A company's Markdown as HTML that can do nothing: no markup of its own, no pictures, links only where they are safe.

Headings move down by one, because the page has its own first heading, and can be linked to.
"""

import re
from collections import Counter

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

MOST = 40_000  # characters; what is bounded here bounds what a page costs
NESTED = 12  # lists in quotations in lists: deeper ones are shown flat
SAFE_LINK = re.compile(r"https://[^\s\\]+|/(?![/\\])[^\s\\]*|#[\w-]+", re.IGNORECASE | re.ASCII)


def render(text):
    """HTML of a text. Whatever was typed as HTML comes out as it was typed, to be read and not obeyed."""
    return SafeString(_parser.render(text[:MOST]))


def headings(text):
    """{words of a heading: the id it has on the page}, in order."""
    tokens = _parser.parse(text[:MOST])
    return {
        _words(tokens[place + 1]): token.attrs["id"]
        for place, token in enumerate(tokens) if token.type == "heading_open"
    }


def _safe_link(url):
    return bool(SAFE_LINK.fullmatch(url))


def _lower_headings(state):
    taken = Counter()
    for place, token in enumerate(state.tokens):
        if token.type == "heading_open":
            lower = f"h{min(int(token.tag[1]) + 1, 6)}"
            token.tag = state.tokens[place + 2].tag = lower
            token.attrs["id"] = _id(_words(state.tokens[place + 1]), taken)


def _words(inline):
    return " ".join("".join(child.content for child in inline.children or ()).split())


def _id(words, taken):
    """With a first word of its own, so that no text can take the id of something else on the page."""
    plain = "read-" + re.sub(r"\W+", "-", words.casefold(), flags=re.ASCII).strip("-")[:60]
    taken[plain] += 1
    return plain if taken[plain] == 1 else f"{plain}--{taken[plain]}"


def _flatten(state):
    """The parser bounds how deep blocks stand in each other; this does it for what stands in a line."""
    for token in state.tokens:
        depth, kept = 0, []
        for child in token.children or ():
            depth += child.nesting == 1
            if child.nesting == 0 or depth <= NESTED:
                kept.append(child)
            depth -= child.nesting == -1
        if token.children:
            token.children = kept


def _made():
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTED}).disable("image")
    parser.validateLink = _safe_link
    parser.core.ruler.push("flatten", _flatten)
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


_parser = _made()
