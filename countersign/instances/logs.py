"""The server's own log: whatever comes with a message, it stays one line, and the terminal that shows it obeys none."""

import logging


class OneLine(logging.Formatter):
    """Control characters, line ends and those that turn the direction of writing come out as escapes (CWE-117).

    A trace keeps its lines; each begins with blanks, so that none can pass for a message of its own."""

    def format(self, record):
        whole = super().format(record)
        message = super().formatMessage(record)
        rest = whole[len(message):].lstrip("\n")
        return "\n".join([escaped(message), *(f"    {escaped(line)}" for line in rest.split("\n") if rest)])


def escaped(text):
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
