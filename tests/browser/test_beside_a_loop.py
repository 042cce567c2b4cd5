"""An open browser brings an event loop, and Django keeps connections of its own beside one."""

from countersign.instances.models import Instance
from tests.browser.harness import chromium
from tests.installation import Installation


def test_each_test_asks_its_own_catalogue_while_a_browser_is_open(prepared, tmp_path):
    for slug in ("first", "second"):
        with Installation(tmp_path / slug, *prepared) as installation:
            installation.open(slug, slug.title())
            with chromium():
                assert [instance.slug for instance in Instance.objects.all()] == [slug]
