"""The life of a relation, on the screens a person would walk (issue 4, lines 1 and 8).

More is asked for and granted for an hour; everything is suspended with somebody inside; a new password is set while the
old one still counts; a review takes permissions away; and the relation is wound down to its certificate. How a key is
handed over, assigned and used from the admin site is walked in tests/keyring, tests/customers and tests/training, and
how somebody leaves in test_a_leaver.

Every page that is met is looked at by axe, at 1280 and at 390 px. The suspension is walked with the keyboard alone, and
the end of the relation once more without JavaScript.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from countersign.access import reminders
from countersign.instances import binding
from countersign.instances.models import InstanceKind
from countersign.keyring.models import Key
from countersign.people.models import User, UserType
from countersign.people.permissions import Permission
from tests.browser import parties
from tests.browser.parties import COMPANY, DANA, PRACTICE, acquainted, dana, delivered, enters, signs_in
from tests.browser.typist import Typist
from tests.cast import KEY, PASSWORD, Cast
from tests.keyring.ringing import assign

pytestmark = pytest.mark.browser
NEW_KEY = "nine sparrows on a wire"


@pytest.fixture
def cast(port, installation, unhurried):
    """After `port`, so that every address has it; days are counted as Good Therapy counts them."""
    with timezone.override("America/New_York"):
        yield Cast(installation)


# Before there is one


def test_a_company_applies_to_be_listed_and_reads_the_answer(cast, walkers):
    company = cast.installation.open("newcomer", "Newcomer Billing", InstanceKind.BILLING_COMPANY)
    cast.administrator(company, "nora", name="Nora Lane")
    cast.administrator(cast.support, "morgan", name="Morgan Hale")
    with walkers(2) as (nora, morgan):
        nora.sign_in("newcomer", "nora", PASSWORD)
        nora.through_the_menu("Settings", "Listing")
        nora.heading("Listing", picture="a company that is not listed")
        nora.press("Apply")
        nora.page.get_by_text("There is a problem").wait_for()
        nora.heading("Listing", picture="an application that says nothing")
        nora.fill(What_your_company_does="We bill for nine practices", Whom_Support_may_ask="Nora Lane, (502) 555-0142")
        nora.press("Apply")
        nora.page.get_by_text("The application is on its way to Support.").wait_for()
        delivered()
        morgan.sign_in("support", "morgan", PASSWORD)
        morgan.go("support", f"/console/listings/{company.id}/")
        morgan.heading("Newcomer Billing", picture="an application at Support")
        assert "We bill for nine practices (contact: Nora Lane, (502) 555-0142)" in morgan.main()
        morgan.page.get_by_role("radio", name="Listed", exact=True).check()
        morgan.fill(Reason="Papers checked")
        morgan.press("Save")
        morgan.page.get_by_text("Newcomer Billing is listed.").wait_for()
        nora.through_the_menu("Settings", "Listing")
        nora.heading("Listing", picture="a company that is listed")
        assert "Papers checked" in nora.main() and "Apply to be listed" not in nora.main()


# Asking for more


def test_more_is_asked_for_granted_for_an_hour_and_over_by_itself(cast, walkers, clock):
    acquainted(cast, groups=["Billing claims only"])
    dana(cast)
    with walkers(3) as (priya, ada, jane):
        signs_in(jane, "jane")
        enters(jane)
        to_dana(jane)
        assert "Notes" not in tabs(jane)
        ada_asks_for_the_notes(ada)
        priya_grants_one_hour(priya)
        ada_reads(ada, "Granted")
        an_hour_of_work(jane, clock)
        the_notes(jane)
        jane.heading("You may not open this page")
        assert "View notes" in jane.main()
        to_dana(jane)
        assert "Notes" not in tabs(jane), "and the visit goes on"
        signs_in(ada, "ada")  # nobody is signed in for an hour without a click
        ada_reads(ada, "Over")


def to_dana(jane):
    jane.go(PRACTICE, "/clients/")
    jane.heading("Clients")
    jane.follow("Rivera, Dana")
    jane.heading(DANA)


def tabs(walker):
    return walker.page.get_by_role("navigation", name="Client").inner_text()


def ada_asks_for_the_notes(ada):
    signs_in(ada, "ada")
    ada.through_the_menu("Key ring")
    ada.heading("Key ring")
    ada.region("Keys of your customers").get_by_role("link", name="Good Therapy").click()
    ada.heading("Good Therapy, Inc.")
    ada.follow("Ask for more")
    ada.heading("Ask for more")
    ada.page.get_by_label("Permission").select_option("View notes")
    ada.fill(Why="The payer asks for the note of a claim", For_how_many_hours="soon")
    ada.press("Ask")
    ada.page.get_by_text("There is a problem").wait_for()
    ada.heading("Ask for more", picture="what is asked for was not understood")
    ada.fill(For_how_many_hours="4")
    ada.press("Ask")
    ada.page.get_by_text("was asked, and decides.").wait_for()
    delivered()
    ada_reads(ada, "Waiting")


def ada_reads(ada, answer):
    ada.through_the_menu("Key ring")
    ada.region("Keys of your customers").get_by_role("link", name="Good Therapy").click()
    ada.heading("Good Therapy, Inc.", picture=f"the key of which more was asked, {answer}")
    assert answer in ada.region("Asked for more").get_by_role("row").filter(has_text="View notes").inner_text()


def priya_grants_one_hour(priya):
    signs_in(priya, "priya")
    priya.through_the_menu("Settings", "Third-party access")
    priya.heading("Third-party access", picture="more is asked for")
    priya.follow("View notes for acme-billing, 4 hours")
    priya.heading("ACME Billing asks for more")
    assert "The payer asks for the note of a claim" in priya.main()
    answers(priya, "Approve", hours="9")
    priya.page.get_by_text("There is a problem").wait_for()
    priya.heading("ACME Billing asks for more", picture="more than was asked for is not granted")
    answers(priya, "Approve", hours="1")
    priya.page.get_by_text("View notes for acme-billing was granted until").wait_for()
    priya.heading("ACME Billing", picture="more was granted for a time")
    assert "View notes for acme-billing" in priya.region("Granted for a time").inner_text()
    delivered()


def answers(priya, outcome, *, hours):
    priya.page.get_by_role("radio", name=outcome).check()
    priya.fill(**{"For how many hours (to approve)": hours})
    priya.press("Send the answer")


def an_hour_of_work(jane, clock):
    """A click every 10 minutes, for whoever is silent for 15 is signed out; in the end the hour is over."""
    to_dana(jane)
    for minutes in (0, 10, 10, 10, 10, 10):
        clock.forward(minutes=minutes)
        the_notes(jane)
        jane.page.get_by_role("link", name="Intake").wait_for()
        jane.heading(DANA, picture="the notes in a visit")
    clock.forward(minutes=11)


def the_notes(jane):
    jane.page.get_by_role("navigation", name="Client").get_by_role("link", name="Notes").click()


# Suspending, with the keyboard alone


def test_a_company_is_suspended_with_somebody_inside_by_the_keyboard_alone(cast, walkers):
    acquainted(cast)
    with walkers(3, Typist) as (priya, ada, jane):
        signs_in(jane, "jane")
        enters(jane)
        signs_in(priya, "priya")
        priya_suspends(priya)
        jane_is_out_and_reads_why(jane)
        delivered()
        both_records_name_it(cast)
        jane_cannot_enter(jane)
        signs_in(ada, "ada")
        ada.through_the_menu("Key ring")
        ada.heading("Key ring", picture="a key that the practice has suspended")
        assert "Suspended" in ada.region("Keys of your customers").inner_text()
        priya.press("Lift the suspension")
        priya.page.get_by_text("was lifted, and the company is told.").wait_for()
        delivered()
        enters(jane)


def priya_suspends(priya):
    parties.to_the_company_page(priya)
    assert "In now: Jane Doe" in priya.main()
    priya.fill(**{"Why everything of ACME Billing is suspended (optional)": "We look into something"})
    priya.press("Suspend now")
    priya.page.get_by_text("Whoever was in is out, and the company is told.").wait_for()
    priya.heading("ACME Billing", picture="a company is suspended")
    assert "We look into something" in priya.main() and "Nobody is in now" in priya.main()


def jane_is_out_and_reads_why(jane):
    jane.through_the_menu("Clients")
    jane.heading("Sign in to Good Therapy, Inc.", picture="out, and why")
    assert "Your visit ended: the company is suspended by the practice." in jane.main()
    assert "We look into something" not in jane.main(), "that was written for the practice's record"


def jane_cannot_enter(jane):
    """The launch pad as it stood still offers it: what counts is what the practice says."""
    jane.go(COMPANY, "/launch-pad/")
    jane.heading("Launch pad", picture="a customer that has suspended the company")
    row = jane.region("Customers you may enter").get_by_role("row").filter(has_text="Good Therapy, Inc.")
    assert "Suspended" in row.inner_text() and row.get_by_role("button").count() == 0


def both_records_name_it(cast):
    (suspended,) = cast.events(cast.good_therapy, action="access.suspended")
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    (shut,) = cast.events(cast.acme, action="entry.shut")
    assert (suspended.person, suspended.reason) == ("Priya Raman", "We look into something")
    assert ended.reason == shut.reason == "the company is suspended by the practice"
    assert (shut.person, shut.object) == ("Jane Doe", "Good Therapy, Inc. (acme-billing)")


# A new password


def test_a_new_password_lets_the_old_one_count_for_an_hour(cast, walkers, clock):
    acquainted(cast)
    june = cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park")
    with binding.bind(cast.acme):
        key = Key.objects.get()
    assign(cast, key, june)
    with walkers(3) as (priya, jane, june):
        comes_in(jane, KEY, "jane")
        signs_in(priya, "priya")
        priya_sets_a_new_password(priya)
        jane.through_the_menu("Clients")
        jane.heading("Clients")
        comes_in(june, NEW_KEY, "june")
        for _ in range(6):  # whoever is silent for 15 minutes is signed out
            clock.forward(minutes=9)
            for one in (jane, june):
                one.through_the_menu("Clients")
                one.heading("Clients")
        clock.forward(minutes=7)
        jane.through_the_menu("Clients")
        jane.heading("Sign in to Good Therapy, Inc.", picture="out with the old password")
        assert "Your visit ended: the password of the Billing user that it began with is over." in jane.main()
        jane.credentials("acme-billing", KEY)
        jane.page.get_by_text("The User ID or the password is not right.").first.wait_for()
        june.through_the_menu("Clients")
        june.heading("Clients")


def comes_in(walker, password, user_id):
    both = ("acme-billing", password), (user_id, PASSWORD)
    walker.come_in(PRACTICE, *both, asks="Good Therapy, Inc. asks who you are")


def priya_sets_a_new_password(priya):
    priya.through_the_menu("Settings", "Users")
    priya.follow("ACME Billing")
    priya.heading("ACME Billing")
    priya.follow("New password")
    priya.heading("New password")
    overlap = "The old password still opens the door for (hours)"
    priya.fill(Password=NEW_KEY, **{overlap: "25"})
    priya.press("Save")
    priya.page.get_by_text("There is a problem").wait_for()
    priya.heading("New password", picture="an overlap that is too long")
    assert priya.page.get_by_label(overlap).input_value() == "25"
    priya.fill(Password=NEW_KEY, **{overlap: "1"})
    priya.press("Save")
    priya.page.get_by_text("Two passwords open the door.").wait_for()
    priya.heading("ACME Billing", picture="two passwords open the door")


# The review


def test_a_review_shows_who_used_what_and_takes_the_rest_away(cast, walkers):
    key = acquainted(cast, groups=["Billing claims only"], permissions=[Permission.EXPORT_CLIENTS])
    dana(cast)
    with binding.bind(cast.good_therapy):
        User.objects.filter(id=key.id).update(created_at=timezone.now() - timedelta(days=92))
    with walkers(2) as (priya, jane):
        signs_in(jane, "jane")
        enters(jane)
        assert jane.page.get_by_role("link", name="Export", exact=True).count() == 1
        signs_in(priya, "priya")
        priya_reviews(priya)
        jane.page.reload()
        jane.heading("Clients", picture="the clients without an export")
        assert jane.page.get_by_role("link", name="Export", exact=True).count() == 0
        jane.go(PRACTICE, "/clients/export/")
        jane.heading("You may not open this page")
        assert "Export clients" in jane.main()


def priya_reviews(priya):
    priya.through_the_menu("Settings", "Third-party access")
    priya.heading("Third-party access", picture="a review is overdue")
    priya.follow("Review acme-billing")
    priya.heading("Review of acme-billing")
    assert "Jane Doe" in priya.region("Who used it").inner_text()
    used = priya.region("What it may do, and what was used")
    assert "Never" in used.get_by_role("row").filter(has_text="Export clients").inner_text()
    assert "Never" not in used.get_by_role("row").filter(has_text="View clients").inner_text()
    priya.page.get_by_role("radio", name="Take permissions away").check()
    priya.press("Sign off")
    priya.page.get_by_text("There is a problem").wait_for()
    priya.heading("Review of acme-billing", picture="a review without what it takes away")
    priya.page.get_by_role("checkbox", name="Export clients").check()
    priya.fill(What_you_looked_at_and_why_you_decide_so="Nobody took a list in three months")
    priya.press("Sign off")
    priya.page.get_by_text("The review of acme-billing is signed off.").wait_for()
    priya.heading("ACME Billing", picture="a company after a review")
    assert "Overdue" not in priya.region("Billing users").inner_text()


# The end


@pytest.mark.parametrize("scripts", [True, False], ids=["axe on every page", "without JavaScript"])
def test_the_relation_is_wound_down_to_its_certificate(cast, walkers, clock, tmp_path, scripts):
    acquainted(cast, permissions=[Permission.EXPORT_CLIENTS])
    dana(cast)
    with walkers(2, scripts=scripts) as (priya, jane):
        signs_in(jane, "jane")
        enters(jane)
        signs_in(priya, "priya")
        parties.to_the_company_page(priya)
        two_days_are_set(priya)
        older_accounts_can_be_worked_and_nothing_exported(jane)
        no_certificate_while_they_can_come_in(priya)
        clock.forward(days=11)
        what_is_due_once_a_day(cast)
        nobody_comes_in_any_more(jane)
        signs_in(priya, "priya")
        the_certificate_is_recorded_and_downloaded(priya, tmp_path)


def in_days(days):
    return f"{timezone.localdate() + timedelta(days=days):%m/%d/%Y}"


def two_days_are_set(priya):
    priya.follow("Wind down")
    priya.heading("Wind down")
    priya.fill(Last_day_of_service=in_days(1), Last_day_of_work=in_days(0), Why="We bill ourselves from June on")
    priya.press("Wind down")
    priya.page.get_by_text("There is a problem").wait_for()
    priya.heading("Wind down", picture="the last day of work is before that of service")
    assert priya.page.get_by_label("Why", exact=True).input_value() == "We bill ourselves from June on"
    priya.fill(Last_day_of_work=in_days(10))
    priya.press("Wind down")
    priya.page.get_by_text("is wound down, and the company is told.").wait_for()
    priya.heading("ACME Billing", picture="a relation that is wound down")
    assert f"Services until {in_days(1)}, work until {in_days(10)}, exports off." in priya.main()


def older_accounts_can_be_worked_and_nothing_exported(jane):
    to_dana(jane)
    jane.page.get_by_role("navigation", name="Client").get_by_role("link", name="Ledger").click()
    jane.page.wait_for_url("**/ledger/")
    jane.heading(DANA, picture="the ledger while the relation is wound down")
    services = jane.region("Services").inner_text()
    assert in_days(0) in services and in_days(2) not in services and "142.00" in services
    jane.go(PRACTICE, "/clients/export/")
    jane.heading("You may not open this page")


def no_certificate_while_they_can_come_in(priya):
    priya.follow("Record the certificate")
    priya.heading("Record the certificate")
    certifies(priya)
    priya.page.get_by_text("The company can still come in.").first.wait_for()
    priya.heading("Record the certificate", picture="a certificate too early")


def certifies(priya):
    priya.page.get_by_role("radio", name="Returned, and what was left destroyed").check()
    priya.fill(
        Which_data="Claims of 2024 to 2026, backups included", Certified_by="Ada Whitlock, ACME Billing",
        Certified_on=in_days(0),
    )
    priya.press("Record the certificate")


def what_is_due_once_a_day(cast):
    with binding.bind(cast.good_therapy):
        reminders.daily()
    delivered()


def nobody_comes_in_any_more(jane):
    jane.go(PRACTICE, "/clients/")
    jane.heading("Sign in to Good Therapy, Inc.", picture="out after the last day of work")
    signs_in(jane, "jane")
    jane.go(COMPANY, "/launch-pad/")
    jane.heading("Launch pad", picture="a customer whose relation is over")
    row = jane.region("Customers you may enter").get_by_role("row").filter(has_text="Good Therapy, Inc.")
    assert "Ended by the practice" in row.inner_text() and row.get_by_role("button").count() == 0


def the_certificate_is_recorded_and_downloaded(priya, folder):
    parties.to_the_company_page(priya)
    priya.follow("Record the certificate")
    priya.heading("Record the certificate")
    certifies(priya)
    priya.page.get_by_text("The certificate is on record.").wait_for()
    priya.heading("ACME Billing", picture="a company with its certificate")
    line = f"Returned, and what was left destroyed, certified {in_days(0)} by Ada Whitlock, ACME Billing."
    assert line in priya.main()
    with priya.page.expect_download() as download:
        priya.follow(f"PDF of the certificate of {in_days(0)}")
    download.value.save_as(folder / "certificate.pdf")
    assert (folder / "certificate.pdf").read_bytes().startswith(b"%PDF-")
