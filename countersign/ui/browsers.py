"""A User-Agent in two words."""

import re

# Order matters: Edge also says Chrome, and Chrome also says Safari.
BROWSERS = [
    ("Edge", r"\bEdg(?:A|iOS)?/\d"),
    ("Opera", r"\bOPR/\d"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/\d"),
    ("Chrome", r"\b(?:Headless)?(?:Chrome|CriOS|Chromium)/\d"),
    ("Safari", r"\bVersion/\d\S* (?:Mobile/\S+ )?Safari/"),
]
SYSTEMS = [
    ("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("ChromeOS", "CrOS"),
    ("macOS", "Mac OS X"), ("Linux", "Linux"),
]


def browser(agent):
    """A User-Agent in two words, "Firefox, Windows"; its first 30 characters when it is no browser we know."""
    system = next((name for name, sign in SYSTEMS if sign in agent), "")
    name = next((name for name, pattern in BROWSERS if re.search(pattern, agent)), "")
    if name:
        return f"{name}, {system}" if system else name
    return agent if len(agent) <= 30 else f"{agent[:29]}…"
