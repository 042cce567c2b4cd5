"""These rooms in a real browser: nothing axe objects to, nothing wider than the screen, wide or narrow."""

from datetime import date

import pytest

from countersign.clients.models import Client
from countersign.clinical.models import ProgressNote, PsychotherapyNote
from countersign.demo.caseload import caseload
from countersign.demo.load import load
from countersign.instances import binding
from countersign.wsgi import application
from tests.browser.harness import DESKTOP, PHONE, address, axe, chromium, no_sideways_scroll, open_page, serve, shots
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def paths(cast):
    """{name: path} of every page of these rooms, over the demo's caseload."""
    with binding.bind(cast.good_therapy):
        load(caseload("good-therapy", clients=40, today=date(2026, 6, 10)))
        private = PsychotherapyNote.objects.first()
        client, note = Client.objects.get(id=private.client_id), ProgressNote.objects.signed().first()
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    home = f"/clients/{client.id}/"
    return {
        "list": "/clients/", "search": "/clients/?q=zzzz&status=all", "new": "/clients/new/", "profile": home,
        "edit": f"{home}edit/", "payers": f"{home}payers/", "ledger": f"{home}ledger/", "notes": f"{home}notes/",
        "note": f"/notes/{note.id}/", "write": f"{home}notes/new/", "private list": f"{home}psychotherapy-notes/",
        "private": f"/psychotherapy-notes/{private.id}/", "everyone": "/clients/?status=all",
    }


def test_every_page_of_a_client_is_accessible_and_fits(paths):
    found = {}
    with serve(application) as port, chromium() as browser, open_page(browser) as page:
        page.goto(address("good-therapy", port, "/sign-in/"))
        page.get_by_label("User ID").fill("priya")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/clients/")
        for name, path in paths.items():
            page.goto(address("good-therapy", port, path))
            for size in (DESKTOP, PHONE):
                page.set_viewport_size(size)
                no_sideways_scroll(page)
                found[name, size["width"]] = axe(page)
            page.set_viewport_size(DESKTOP)
            shots(page, name)

    assert {where: complaints for where, complaints in found.items() if complaints} == {}


def test_a_name_that_is_a_script_runs_nowhere(cast):
    """Case 69, in the browser: open_page fails on any error or broken content security policy, a script would tell."""
    name = "<img src=x onerror=document.title='ran'><script>document.title='ran'</script>"[:60]
    with binding.bind(cast.good_therapy):
        client = Client.objects.create(
            number=1042, last_name=name, first_name="\"'><b>", born_on="1988-06-02", sex="F", started_on="2024-01-01",
            created_by="test",
        )
    cast.administrator(cast.good_therapy, "priya")
    titles = []
    with serve(application) as port, chromium() as browser, open_page(browser) as page:
        page.goto(address("good-therapy", port, "/sign-in/"))
        page.get_by_label("User ID").fill("priya")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/clients/")
        for path in ("/clients/", "/clients/?q=<script>", f"/clients/{client.id}/", f"/clients/{client.id}/edit/",
                     f"/clients/{client.id}/notes/", "/reports/general-log/"):
            page.goto(address("good-therapy", port, path))
            titles.append(page.title())
            assert page.locator("main img, main b").count() == 0

    assert "ran" not in titles
