"""Vendored files are the published ones, and every icon a template asks for is in the sprite."""

import hashlib
import re
from pathlib import Path

from django.conf import settings

import countersign.ui

UI = Path(countersign.ui.__file__).parent
STATIC = UI / "static" / "ui"
ROW = re.compile(r"`([^`\n]+)`[^|\n]*\| ([0-9a-f]{64}) \|")


def test_every_vendored_file_has_the_sum_that_is_written_down():
    ours, for_tests = (STATIC / "vendor" / "VENDORED.md").read_text().split("For the tests only")
    written = [(STATIC / "vendor" / name, sum_) for name, sum_ in ROW.findall(ours)]
    written += [(Path(__file__).parent / "vendor" / name, sum_) for name, sum_ in ROW.findall(for_tests)]

    assert [path.name for path, sum_ in written if hashlib.sha256(path.read_bytes()).hexdigest() != sum_] == []
    listed = {path.resolve() for path, _ in written}
    found = {path for path in (STATIC / "vendor").rglob("*") if path.is_file() and path.name != "VENDORED.md"}
    assert found - listed == set()


def test_every_icon_a_template_asks_for_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))

    asked = {
        (path.name, name)
        for path in UI.parent.rglob("templates/**/*.html")
        for name in re.findall(r'{% icon "([^"]+)" %}', path.read_text())
    }
    sections = [entries for _, entries in settings.NAVIGATION]
    asked |= {("settings", icon) for entries in [*sections, settings.SETTINGS_MENU] for _, _, icon, *_ in entries}

    assert {(path, name) for path, name in asked if name not in drawn} == set()


def test_nothing_is_styled_or_scripted_inline():
    inline = re.compile(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]* src=)|hx-on")

    found = [path.name for path in UI.parent.rglob("templates/**/*.html") if inline.search(path.read_text())]

    assert found == []
