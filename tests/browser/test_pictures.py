"""The pictures of the guides show the screens as they are.

They are taken anew here at every run, and thrown away: what a screen says (headings, labels, buttons, menu) must be
what it said when its picture was taken, as docs/pictures/words.json remembers. When a screen has changed:

    COUNTERSIGN_TAKE_PICTURES=1 python -m pytest -n 0 tests/browser/test_pictures.py

puts new pictures and words into docs/pictures. It needs the port 8000, which is on some of them.
"""

import json
import os
from pathlib import Path

import pytest

from countersign.demo import build
from tests.browser.pictures import Camera, all_of_them
from tests.conftest import KIND

pytestmark = [
    pytest.mark.browser, pytest.mark.slow,
    pytest.mark.skipif(KIND != "sqlite", reason="the screens are the same on PostgreSQL: walked there by the others"),
]

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WORDS = PICTURES / "words.json"
ANEW = "COUNTERSIGN_TAKE_PICTURES" in os.environ


@pytest.mark.parametrize("port", [8000 if ANEW else 0], indirect=True, ids=[""])
def test_the_pictures_of_the_guides_show_the_screens_as_they_are(port, installation, browser, unhurried):
    build.build(say=lambda text: None)
    camera = Camera(browser, port, PICTURES if ANEW else None, build.people())

    all_of_them(camera)

    if ANEW:
        WORDS.write_text(json.dumps(camera.words, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    kept = json.loads(WORDS.read_text())
    assert sorted(kept) == sorted(camera.words) == sorted(path.stem for path in PICTURES.glob("*.png"))
    assert changed(kept, camera.words) == {}, f"Take the pictures anew. {__doc__}"


def changed(kept, shown):
    """{picture: what its screen says and did not, or the other way round}, where there is something."""
    found = {name: sorted(set(kept[name]) ^ set(shown[name])) for name in kept}
    return {name: words for name, words in found.items() if words}


def test_a_word_that_came_or_went_is_named_with_its_picture():
    kept = {"clients": ["Clients", "Name"], "key-ring": ["Key ring"]}

    assert changed(kept, {"clients": ["Clients", "Name", "Status"], "key-ring": ["Keys"]}) == {
        "clients": ["Status"], "key-ring": ["Key ring", "Keys"]
    }
