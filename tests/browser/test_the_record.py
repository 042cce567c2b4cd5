"""What the practice does with the record, on the screens a person would walk (issue 3, line 8).

The administrator sees a biller at work and ends the visit, filters the log to the third party, reads who opened a
client, signs off a month, and takes the proof of it all to somebody who has nothing of ours: the verifier finds it
good, and one altered byte by its line. Then the pages beside: alerts, disclosures, sums and steps.

Once with scripts at 1280 px and axe on every page, once at 390 px, once without JavaScript.
"""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from countersign.clients.models import Client
from countersign.identity import witnesses
from countersign.instances import binding, hosts
from countersign.oversight import statements
from tests.browser.harness import open_page
from tests.browser.walker import ALLOWED, THREE_WAYS, Walker
from tests.cast import KEY, PASSWORD, Cast
from tests.oversight.written import at, came, did
from tests.watch.record import look

pytestmark = pytest.mark.browser

DANA = "Rivera, Dana (1042)"
VERIFIER = Path(__file__).parents[2] / "countersign_verify.py"


@pytest.fixture
def cast(port, installation):
    """Good Therapy with an administrator, a client, a key for ACME's Jane, and a month that waits for its
    review. After `port`, so that every address has it."""
    cast = Cast(installation)
    cast.everybody()
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.jane()
    cast.key()
    with binding.bind(cast.good_therapy):
        Client.objects.create(
            number=1042, first_name="Dana", last_name="Rivera", born_on=date(1990, 5, 17), sex="F",
            started_on=date(2026, 1, 5), created_by="the test",
        )
        march(cast.acme)
        statements.daily()
    return cast


def march(acme):
    """June's month: a whole visit with work in it, and a short one at the end in which she was refused."""
    home = hosts.root(acme)
    long = came(acme, "june", at(3, 10, 9), at(3, 10, 10, 30), iss=home)
    did(long, at(3, 10, 9, 1), "clients.listed")
    did(long, at(3, 10, 9, 5), "client.opened", client="c1", count=4)
    did(long, at(3, 10, 9, 30), "ledger.opened", client="c2")
    did(long, at(3, 10, 10, 15), "clients.exported")
    short = came(acme, "june", at(3, 30, 16), at(3, 30, 16, 12), address="198.51.100.4", iss=home)
    did(short, at(3, 30, 16, 5), "page.refused", result="refused", rule="manage_users")


@THREE_WAYS
def test_a_visit_is_ended_and_the_record_of_it_convinces_a_stranger(
    cast, port, browser, tmp_path, scripts, viewport, check
):
    options = {"viewport": viewport, "java_script_enabled": scripts, "allow": ALLOWED}
    with open_page(browser, **options) as practice, open_page(browser, **options) as biller:
        priya, jane = (Walker(page, port, scripts=scripts, check=check) for page in (practice, biller))
        the_biller_works(jane)
        the_practice_ends_the_visit(priya)
        the_next_click_is_refused(jane)
        the_log_is_filtered_to_the_third_party(priya)
        who_opened_the_client(priya)
        the_statement_is_signed_off(priya)
        witnesses.settle()  # what the company keeps of the visit's end is kept, not under way
        verifier, record = the_proof_is_downloaded(priya, tmp_path)
    a_stranger_verifies(verifier, record)
    one_byte_is_altered(verifier, record)


def the_biller_works(jane):
    jane.come_in(
        "good-therapy", ("acme-billing", KEY), ("jane", PASSWORD), asks="Good Therapy, Inc. asks who you are"
    )
    jane.go("good-therapy", "/settings/users/")
    jane.heading("You may not open this page")
    jane.go("good-therapy", "/clients/")
    jane.follow("Rivera, Dana")
    jane.heading(DANA)
    jane.follow("Ledger")
    jane.page.wait_for_url("**/ledger/")
    jane.heading(DANA, picture="the ledger in a visit")


def the_practice_ends_the_visit(priya):
    priya.sign_in("good-therapy", "priya", PASSWORD)
    priya.through_the_menu("Visits")
    priya.heading("Visits", picture="a live visit")
    inside = priya.region("In the practice now")
    for words in ("Jane Doe", "ACME Billing", "acme-billing", f"Opened the ledger of client {DANA}"):
        assert words in inside.inner_text()
    inside.get_by_label("Reason to end the visit of Jane Doe").fill("the work is done")
    priya.press("End visit of Jane Doe")
    priya.page.get_by_text("The visit of Jane Doe has ended.").wait_for()
    priya.heading("Visits", picture="the visit has ended")
    priya.page.get_by_role("heading", name="Nobody is in the practice now").wait_for()
    past = priya.region("Past visits").get_by_role("row").filter(has_text="the work is done")
    assert "Jane Doe" in past.inner_text() and "Priya Raman" in past.inner_text()


def the_next_click_is_refused(jane):
    jane.through_the_menu("Clients")
    jane.page.get_by_text("You were signed out").wait_for()
    jane.heading("Sign in to Good Therapy, Inc.", picture="the visit was ended")
    jane.go("good-therapy", "/clients/")
    jane.heading("Sign in to Good Therapy, Inc.")
    assert DANA not in jane.page.content()


def the_log_is_filtered_to_the_third_party(priya):
    priya.through_the_menu("General Log")
    priya.heading("General Log", picture="the whole log")
    priya.page.get_by_label("Who", exact=True).select_option("Third party")
    priya.press("Filter")
    priya.page.get_by_text("Who: third party", exact=False).wait_for()
    priya.heading("General Log", picture="the log of the third party")
    log = priya.region("General Log")
    assert log.locator("tbody tr").count() == log.locator("tbody .tag.guest").count() > 3
    assert "Priya Raman" not in log.inner_text()
    refused = log.get_by_role("row").filter(has_text="Manage users").first
    assert "Jane Doe" in refused.inner_text() and "Refused" in refused.inner_text()


def who_opened_the_client(priya):
    priya.through_the_menu("Clients")
    priya.heading("Clients", picture="the practice's clients")
    priya.follow("Rivera, Dana")
    priya.heading(DANA, picture="the client's page")
    priya.follow("Who opened this client")
    priya.page.wait_for_url("**/opened/")
    priya.heading(DANA, picture="who opened this client")
    row = priya.region("Who opened this client").get_by_role("row").filter(has_text="Jane Doe")
    assert "Third party" in row.inner_text() and "ACME Billing" in row.inner_text()
    assert "opened the ledger" in priya.region("Event by event").inner_text()


def the_statement_is_signed_off(priya):
    priya.through_the_menu("Access statements")
    priya.heading("Access statements")
    waiting = priya.region("To review").get_by_role("row").filter(has_text="March 2026")
    waiting.get_by_role("link", name="ACME Billing").click()
    priya.heading("ACME Billing, March 2026", picture="the statement")
    priya.press("Sign off")
    priya.page.get_by_text("There is a problem").wait_for()
    priya.heading("ACME Billing, March 2026", picture="the statement is not signed off without words")
    priya.page.get_by_role("radio", name="Nothing out of the ordinary").check()
    priya.fill(In_your_words="June exported once, as agreed by phone.")
    priya.press("Sign off")
    priya.page.get_by_text("You signed off the statement of ACME Billing.").wait_for()
    priya.heading("ACME Billing, March 2026", picture="the statement is signed off")
    signed = priya.page.locator("#review").inner_text()
    assert "June exported once" in signed and "Priya Raman (priya)" in signed
    priya.through_the_menu("Access statements")
    priya.heading("Access statements", picture="statements of which one is reviewed")
    line = priya.page.get_by_role("row").filter(has_text="Priya Raman")
    assert "March 2026" in line.inner_text() and "Reviewed" in line.inner_text()


def the_proof_is_downloaded(priya, folder):
    """(the verifier, the bundle), both as the browser got them."""
    priya.through_the_menu("Proof of the record")
    priya.heading("Proof of the record")
    priya.follow("Check the record now")
    priya.heading("The record was checked")
    priya.page.get_by_text("Everything agrees.").wait_for()
    priya.through_the_menu("Proof of the record")
    priya.heading("Proof of the record", picture="proof after a check")
    return [
        downloaded(priya, folder, "Download the verifier", "countersign_verify.py"),
        downloaded(priya, folder, "Download the record", "record.jsonl"),
    ]


def downloaded(walker, folder, link, name):
    with walker.page.expect_download() as download:
        walker.follow(link)
    download.value.save_as(folder / name)
    return folder / name


def verified(verifier, record):
    """(exit code, what it said): the downloaded file alone, in its own folder and with nothing of ours in reach."""
    command = [sys.executable, "-I", verifier.name, record.name]
    done = subprocess.run(command, cwd=record.parent, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def a_stranger_verifies(verifier, record):
    assert verifier.read_bytes() == VERIFIER.read_bytes()
    code, said = verified(verifier, record)
    assert (code, said.splitlines()[-1]) == (0, "GOOD: everything in this file agrees.")
    assert "Record of Good Therapy, Inc." in said and "Held by Support" in said


def one_byte_is_altered(verifier, record):
    """Jane's refusal becomes somebody else's: Jane Doe, Jane Dof."""
    lines = record.read_bytes().splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines, 1) if b'"Jane Doe"' in line and b'"manage_users"' in line)
    lines[number - 1] = lines[number - 1].replace(b'"person":"Jane Doe"', b'"person":"Jane Dof"')
    altered = record.with_name("altered.jsonl")
    altered.write_bytes(b"".join(lines))
    pairs = zip(record.read_bytes(), altered.read_bytes(), strict=True)
    assert sum(before != after for before, after in pairs) == 1
    code, said = verified(verifier, altered)
    assert (code, said.splitlines()[-1]) == (
        1, f"WRONG: line {number}: the event does not have the hash beside it: one of the two was changed"
    )


@THREE_WAYS
def test_what_deserves_a_look_and_what_a_client_is_told(cast, port, browser, scripts, viewport, check):
    with open_page(browser, viewport=viewport, java_script_enabled=scripts, allow=ALLOWED) as page:
        jane = cast.visit()
        cast.go(jane, "/clients/")
        cast.go(jane, "/settings/users/")
        witnesses.settle()
        look(cast.good_therapy)
        priya = Walker(page, port, scripts=scripts, check=check)
        priya.sign_in("good-therapy", "priya", PASSWORD)
        an_alert_is_looked_at(priya)
        the_visit_step_by_step(priya)
        the_company_month(priya)
        at_a_glance(priya)
        a_disclosure_is_recorded(priya)
        the_client_asks_for_an_accounting(priya)


def an_alert_is_looked_at(priya):
    priya.through_the_menu("Alerts")
    priya.heading("Alerts", picture="alerts")
    row = priya.region("Not seen yet").get_by_role("row").filter(has_text="first time").first
    assert "Jane Doe" in row.inner_text() and "ACME Billing" in row.inner_text()
    row.get_by_role("button", name="Mark as seen").click()
    priya.page.get_by_text("1 alert marked as seen.").wait_for()
    priya.heading("Alerts", picture="an alert was seen")
    seen = priya.region("Seen").get_by_role("row").filter(has_text="Jane Doe")
    assert "Priya Raman" in seen.inner_text()
    seen.get_by_role("link", name="Event ").click()
    priya.heading("Event ", picture="the event of an alert")
    assert "Jane Doe" in priya.main()


def the_visit_step_by_step(priya):
    priya.follow("This visit, step by step")
    priya.heading("Visit of Jane Doe, step by step")
    steps = priya.region("Steps").inner_text()
    assert steps.index("listed the clients") < steps.index("Manage users")


def the_company_month(priya):
    priya.follow("ACME Billing")
    priya.heading("ACME Billing, ", picture="a company's month")
    assert "Jane Doe" in priya.region("People").inner_text()
    assert priya.region("Visits").locator("tbody tr").count() == 1


def at_a_glance(priya):
    priya.through_the_menu("At a glance")
    priya.heading("Accesses at a glance")
    priya.page.get_by_role("img", name="ACME Billing").wait_for()
    assert priya.region("Day by day").locator("tbody tr").count() == 30


def a_disclosure_is_recorded(priya):
    priya.through_the_menu("Clients")
    priya.heading("Clients")
    priya.follow("Rivera, Dana")
    priya.heading(DANA)
    priya.follow("Disclosures")
    priya.page.wait_for_url("**/disclosures/")
    priya.heading(DANA, picture="no disclosures yet")
    priya.follow("Record a disclosure")
    priya.heading("Record a disclosure")
    priya.fill(**{
        "Date of the disclosure": "03/02/2026", "To whom": "Suffolk County Probate Court",
        "What was disclosed": "Dates of treatment, January to March 2026", "Who disclosed it": "Priya Raman",
    })
    priya.page.get_by_label("Why", exact=True).select_option("Court or administrative proceeding (164.512(e))")
    priya.press("Record")
    priya.page.get_by_text("There is a problem").wait_for()
    priya.heading("Record a disclosure", picture="a disclosure without its basis")
    priya.fill(Purpose_or_basis_in_your_words="Court order of 02/20/2026, docket 26-118")
    priya.press("Record")
    priya.page.get_by_text("The disclosure was recorded.").wait_for()
    priya.heading(DANA, picture="disclosures")
    assert "Suffolk County Probate Court" in priya.region("Disclosures").inner_text()


def the_client_asks_for_an_accounting(priya):
    priya.follow("The client asks for an accounting")
    priya.heading("An accounting is asked for")
    priya.press("Record the request")
    priya.page.get_by_text("The request was recorded.").wait_for()
    priya.heading("Accounting of disclosures", picture="an accounting")
    told = priya.region("Disclosures").inner_text()
    for words in ("03/02/2026", "Suffolk County Probate Court", "Dates of treatment", "Court order of 02/20/2026"):
        assert words in told
    assert "Jane Doe" not in told
    priya.fill(How_it_was_given="by mail to the address on file")
    priya.press("Record as given")
    priya.page.get_by_text("It is recorded as given").wait_for()
    priya.heading("Accounting of disclosures", picture="an accounting that was given")
