"""What somebody who means harm puts into a parameter, as the bytes that travel; none of it is ever more than a text."""

from urllib.parse import quote

# Closes an attribute, a tag, a template and a line; whoever repeats it as it is has made an element of it.
MARK = "\"'><fz-mark fzon=1>{{7*191}}{% debug %}${7*191}"
EVALUATED = "1337"

TEXTS = (
    # ends of lines and of texts, what a terminal obeys, what turns the direction of writing
    "a\0b", "\0", "a\r\nSet-Cookie: fz=1", "a\nb", "\x1b[2J\x1b[31mred", "\u202eexe", "\u2028", "\ufeff", "\x7f\x9b",
    # SQL, LIKE, FTS5 and tsquery
    "' OR '1'='1", "1; DROP TABLE audit_event --", "%", "_", "%%%s%(a)s", "\\", "a\\", '"', '"" OR ""', "*", "a*", "^a",
    "NEAR(a b, 2)", "words : a", "-words:a", "a AND", "a OR b NOT c", "(", ")", "a & b | !c", ":*", "a <-> b", "'a':AB",
    # numbers and days
    "-1", "0", "1e400", "NaN", "9" * 18, "9" * 19, "9" * 5000, str(2**63), str(-(2**63) - 1), "1_0", "١٢", "²", "0x10",
    "00/00/0000", "02/30/2026", "13/01/2026", "01/01/0001", "12/31/9999", "01/01/10000", "0001-01-01", "9999-12-31",
    "2026-00", "0000-01", "9999-12", "10000-01", "2026-13", "25:61 AM",
    # addresses, paths, markup, templates, types that are none
    MARK, "' fzon=1 x='", '" fzon=1 x="', "<script>fz</script>", "javascript:fz", "//evil.example/", "/\\evil.example", "https://evil.example/",
    "/clients/?next=//evil.example", "../../../../etc/passwd", "null", "undefined", "[]", "{}", "[object Object]",
    '{"$ne": null}', "true", "id__gt", "-password", "people_user.password", "00000000-0000-0000-0000-000000000000",
    "{12345678-1234-5678-1234-567812345678}", "urn:uuid:12345678-1234-5678-1234-567812345678",
    # long, wide, and what one letter becomes when it is folded
    "a" * 20_000, "é" * 3_000, "\U0001f600" * 500, "ﬀİß" * 50, "a\u0300" * 200, "(" * 5_000, " " * 3_000, "",
)
RAW = (
    b"%ED%A0%80", b"%ED%B0%80a", b"%FF%FE", b"%C0%AF", b"%80", b"%F5%80%80%80", b"%E2%82", b"%", b"%%", b"%ZZ",
    b"%u0041", b"+", b"%2500", b"%250d%250a", b"\xff\xfe", b"\xed\xa0\x80",
)
VALUES = tuple(quote(text, safe="").encode() for text in TEXTS) + RAW
NAMES = (
    "error", "error_description", "error_hint", "next", "cursor", "page", "sort", "order", "order_by", "q", "search",
    "filter", "limit", "offset", "since", "until", "from", "to", "id", "format", "callback", "after", "before", "month",
    "year", "iss", "state", "code", "sid", "instance", "client_id", "redirect_uri", "_method",
)


def pair(name, value):
    return name.encode() + b"=" + value


def nested(name, value):
    """The same parameter twice, as an array and as an object: what some frameworks make lists of."""
    return (
        pair(name, b"1") + b"&" + pair(name, value), pair(f"{name}[]", value), pair(f"{name}[0]", value),
        pair(f"{name}[$gt]", value), pair(f"{name}__gt", value), name.encode(), name.encode() + b"&" + pair("", value),
    )


def altered(text):
    """A cursor with each of its bytes changed in turn, cut short and made longer."""
    found = [text[:at] + ("0" if character != "0" else "g") + text[at + 1 :] for at, character in enumerate(text)]
    return [*found, text[:-1], text + "0", text.upper(), text + "\0", text + " "]
