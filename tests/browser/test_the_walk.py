"""The main job, from empty databases, on the screens a person would walk.

Support opens and registers ACME Billing, ACME makes its people, the practice makes a Billing user, a biller comes in
with two keys, and the practice reads who it was.

Once with scripts at 1280 px and axe on every page, once at 390 px, once without JavaScript.
"""

import re
from datetime import date, timedelta

import pytest
from django.core import mail

from countersign.audit.actors import system
from countersign.console import opening
from countersign.instances import binding
from countersign.instances.models import InstanceKind
from countersign.people import post
from tests.browser.harness import open_page
from tests.browser.walker import ALLOWED, THREE_WAYS, Walker
from tests.cast import PDF

pytestmark = pytest.mark.browser

PASSWORDS = {
    "morgan": "lantern over quiet water", "ada": "seven copper kettles sing", "priya": "river stones in winter",
    "jane": "paper boats at sunrise", "acme-billing": "",
}


@THREE_WAYS
def test_from_nothing_to_a_visit_on_the_practices_record(installation, port, browser, scripts, viewport, check):
    support_is_there()
    options = {"viewport": viewport, "java_script_enabled": scripts, "allow": ALLOWED}
    with (
        open_page(browser, **options) as support, open_page(browser, **options) as acme,
        open_page(browser, **options) as practice, open_page(browser, **options) as biller,
    ):
        def walker(page):
            return Walker(page, port, scripts=scripts, check=check)

        support_opens_and_registers(walker(support))
        the_company_makes_its_people(walker(acme))
        the_practice_makes_a_billing_user(walker(practice))
        the_biller_comes_in(walker(biller))
        the_practice_reads_who_it_was(walker(practice))
        the_biller_leaves(walker(biller))


def support_is_there():
    """The one step before the walk: `countersign setup` opens Support's own instance."""
    opening.open_whole(
        name="Support", slug="support", kind=InstanceKind.SUPPORT, time_zone="America/New_York",
        administrator={"name": "Morgan Hale", "user_id": "morgan", "email": "morgan@example.org"},
        by=system("The test"), password=PASSWORDS["morgan"],
    )
    assert not binding.is_bound()


def support_opens_and_registers(walker):
    walker.sign_in("support", "morgan", PASSWORDS["morgan"])
    for name, slug, kind, person, user_id in (
        ("ACME Billing", "acme-billing", "Billing company", "Ada Ames", "ada"),
        ("Good Therapy, Inc.", "good-therapy", "Practice", "Priya Raman", "priya"),
    ):
        walker.go("support", "/console/instances/")
        walker.heading("Instances")
        walker.page.get_by_role("link", name="New instance").click()
        walker.heading("New instance")
        walker.fill(Name=name, Address=slug)
        walker.page.get_by_role("radio", name=kind).check()
        walker.fill(**{
            "Administrator's name": person, "Administrator's User ID": user_id,
            "Administrator's e-mail": f"{user_id}@example.org",
        })
        walker.press("Create instance")
        walker.heading(name)
        activate(walker, slug, user_id)
    walker.go("support", "/console/instances/")
    walker.page.get_by_role("link", name="ACME Billing").click()
    walker.page.get_by_role("link", name="Register as a billing company").click()
    walker.page.get_by_role("radio", name="Listed").check()
    walker.fill(Reason="Contract signed on 06/01/2026")
    walker.looked("listing")
    walker.press("Save")
    walker.page.get_by_text("Contract signed on 06/01/2026").wait_for()


def activate(walker, slug, user_id):
    """The administrator opens the link of the mail in a browser of their own, and types the code."""
    post.settle()  # the page does not wait for the mail
    (message,) = [one for one in mail.outbox if one.to == [f"{user_id}@example.org"]]
    link = re.search(rf"http://{slug}\S+/activation/\S+/", message.body).group()
    code = re.search(r"^\s*([A-Z0-9]{5}-[A-Z0-9]{5})$", message.body, re.MULTILINE).group(1)
    assert code not in link
    context = walker.page.context.browser.new_context()
    context.set_default_timeout(45_000)
    page = context.new_page()
    page.goto(link)
    walker.check(page, "activation")
    page.get_by_label("Code").fill(code)
    page.get_by_label("Password", exact=True).fill(PASSWORDS[user_id])
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/sign-in/**")
    context.close()


def the_company_makes_its_people(walker):
    walker.sign_in("acme-billing", "ada", PASSWORDS["ada"])
    walker.through_the_menu("Settings", "Users")
    walker.heading("Users")
    new_user(walker, name="Jane Doe", user_id="jane", password=PASSWORDS["jane"], type="Restricted")
    walker.page.get_by_role("link", name="Jane Doe").wait_for()
    walker.looked("users with Jane")


def the_practice_makes_a_billing_user(walker):
    walker.sign_in("good-therapy", "priya", PASSWORDS["priya"])
    walker.through_the_menu("Settings", "Users")
    PASSWORDS["acme-billing"] = new_user(
        walker, name="ACME Billing", user_id="acme-billing", password=None, type="Billing",
        group="Billing full cycle", company="ACME Billing",
    )
    walker.page.get_by_role("link", name="ACME Billing").wait_for()
    walker.looked("users with a Billing user")
    the_practice_records_the_agreement(walker)


def the_practice_records_the_agreement(walker):
    walker.through_the_menu("Settings", "Third-party access")
    walker.heading("Third-party access")
    walker.page.get_by_role("link", name="Record an agreement").click()
    walker.heading("Record an agreement")
    walker.looked("Record an agreement")
    today = date.today()
    begun, until = today - timedelta(days=2), today + timedelta(days=300)
    walker.fill(Signed_on=f"{begun:%m/%d/%Y}", In_force_from=f"{begun:%m/%d/%Y}", In_force_until=f"{until:%m/%d/%Y}")
    paper = {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": PDF}
    walker.page.get_by_label("The signed agreement").set_input_files(paper)
    walker.press("Record the agreement")
    walker.heading("ACME Billing")
    assert "In force" in walker.page.get_by_role("region", name="Agreements").inner_text()
    walker.looked("Third-party access of ACME")


def new_user(walker, *, name, user_id, password, type, group=None, company=None):
    """*New User* opens *User Details*: a dialog with scripts, a page without. Returns the password."""
    walker.page.get_by_role("link", name="New User").click()
    walker.page.get_by_role("heading", name="User Details").wait_for()
    walker.fill(Name=name, User_ID=user_id)
    if password is None:
        walker.press("Generate")
        walker.page.get_by_text("Generated and shown only here").wait_for()
        password = walker.page.get_by_label("Password", exact=True).input_value()
        assert len(password) >= 20
    else:
        walker.fill(Password=password)
    walker.page.get_by_label("User Type").select_option(type)
    if company:
        walker.page.get_by_label("Billing Company").select_option(company)
        walker.page.get_by_role("checkbox", name=group).check()
        if walker.scripts:
            walker.page.get_by_role("region", name="What this allows").get_by_text("Release claims").wait_for()
    walker.looked(f"User Details {type}")
    walker.press("Save")
    return password


def the_biller_comes_in(walker):
    both = [(user_id, PASSWORDS[user_id]) for user_id in ("acme-billing", "jane")]
    walker.come_in("good-therapy", *both, asks="Good Therapy, Inc. asks who you are")
    bar = walker.page.get_by_role("region", name="Third-party access")
    for words in ("Good Therapy, Inc.", "Jane Doe", "ACME Billing", "acme-billing", "Ends"):
        assert words in bar.inner_text()
    walker.go("good-therapy", "/settings/users/")
    walker.heading("You may not open this page")
    assert "Manage users" in walker.page.content()


def the_practice_reads_who_it_was(walker):
    walker.go("good-therapy", "/visits/")
    walker.heading("Visits")
    assert "Jane Doe" in walker.page.get_by_role("region", name="In the practice now").inner_text()
    walker.go("good-therapy", "/reports/user-audit/")
    walker.heading("User Audit")
    row = walker.page.get_by_role("row").filter(has_text="Jane Doe").filter(has_text="acme-billing").first
    assert "ACME Billing" in row.inner_text() and "127.0.0.1" in row.inner_text()
    walker.go("good-therapy", "/reports/general-log/")
    walker.heading("General Log")
    log = walker.page.get_by_role("main").inner_text()
    assert "listed the clients" in log and "Jane Doe" in log and "Manage users" in log


def the_biller_leaves(walker):
    walker.press("Leave this practice")
    walker.page.wait_for_url("**/sign-in/**")
    walker.looked("after leaving")
    walker.go("good-therapy", "/clients/")
    assert "/sign-in/" in walker.page.url
