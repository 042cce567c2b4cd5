"""The pictures of the guides, taken from the demo as people use it: who sits before which screen, and what is on it."""

import re
from datetime import timedelta

from django.utils import timezone

from countersign.identity import dispatches, notices
from tests.browser.harness import address, open_page
from tests.browser.palette import with_palette

REFUSED = ["status of 403"]
WIDTH = 1280
SHOWN = """() => [...document.querySelectorAll('h1, h2, caption, thead th, dt, label, legend, summary, button, nav a')]
    .filter(element => element.checkVisibility()).map(element => element.innerText)"""


class Camera:
    """folder: where the pictures are put, or None to take them in vain. words: {picture: what its screen says whatever
    the day: headings, labels, buttons, the menu}."""

    def __init__(self, browser, port, folder, people):
        self.browser, self.port, self.folder = browser, port, folder
        self.passwords = {one["user_id"]: one["password"] for one in people}
        self.words = {}

    def somebody(self):
        """A page in a browser of its own."""
        return open_page(self.browser, viewport={"width": WIDTH, "height": 800}, allow=REFUSED)

    def go(self, page, slug, path):
        page.goto(address(slug, self.port, path))

    def sign_in(self, page, user_id):
        page.get_by_label("User ID", exact=True).fill(user_id)
        page.get_by_label("Password", exact=True).fill(self.passwords[user_id])
        page.get_by_role("button", name="Sign in", exact=True).click()

    def comes(self, page, slug, user_id, path):
        """Signs in, and stands before a page."""
        self.go(page, slug, path)
        self.sign_in(page, user_id)
        page.wait_for_url(lambda url: "/sign-in/" not in url)

    def take(self, page, name, *, height):
        page.set_viewport_size({"width": WIDTH, "height": height})
        shot = page.screenshot(animations="disabled", caret="initial")
        if self.folder:
            (self.folder / f"{name}.png").write_bytes(with_palette(shot))
        self.words[name] = sorted({re.sub(r"\d+", "0", " ".join(text.split())) for text in page.evaluate(SHOWN)} - {""})


def heading(page, name):
    page.get_by_role("heading", name=name, level=1).wait_for()


def all_of_them(camera):
    """In the order of the story: what one does is on the screen of the next."""
    with camera.somebody() as june:
        the_admin_site(camera, june)
    with camera.somebody() as jane:
        the_biller(camera, jane)
        with camera.somebody() as ada:
            the_company(camera, ada)
            with camera.somebody() as priya:
                the_practice(camera, priya)
                somebody_leaves(camera, ada)
    for scene in (the_clinician, support):
        with camera.somebody() as page:
            scene(camera, page)


def the_biller(camera, page):
    camera.go(page, "good-therapy", "/sign-in/")
    camera.sign_in(page, "acme-billing")
    heading(page, "Good Therapy, Inc. asks who you are")
    camera.take(page, "second-part", height=620)
    camera.sign_in(page, "jane.doe")
    heading(page, "Clients")
    camera.take(page, "clients", height=720)
    page.get_by_role("region", name="Clients").get_by_role("link").first.click()
    page.get_by_role("link", name="Ledger").click()
    page.get_by_text("Services, newest first").wait_for()
    page.goto(page.url.replace("/ledger/", "/notes/"))
    camera.take(page, "refusal", height=440)
    for name in ("launch-pad", "training"):
        camera.go(page, "acme-billing", f"/{name}/")
        page.get_by_role("heading", level=1).wait_for()
        camera.take(page, name, height=480 if name == "launch-pad" else 560)


def the_company(camera, page):
    camera.comes(page, "acme-billing", "ada.whitlock", "/settings/training/")
    heading(page, "Training")
    camera.take(page, "training-people", height=560)
    camera.go(page, "acme-billing", "/key-ring/")
    heading(page, "Key ring")
    camera.take(page, "key-ring", height=640)
    page.get_by_role("region", name="Keys of your customers").get_by_role("link").first.click()
    page.get_by_role("link", name="Ask for more").click()
    heading(page, "Ask for more")
    page.get_by_label("Permission").select_option("View notes")
    page.get_by_label("Why").fill("A payer asks for the notes of three claims")
    page.get_by_label("For how many hours").fill("4")
    camera.take(page, "ask-for-more", height=560)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("was asked, and decides.").wait_for()
    dispatches.settle(60)


def the_practice(camera, page):
    camera.comes(page, "good-therapy", "priya.raman", "/settings/users/")
    page.get_by_role("link", name="New User").click()
    page.get_by_label("Name", exact=True).fill("ACME Billing, payments")
    page.get_by_label("User ID", exact=True).fill("acme-payments")
    page.get_by_label("User Type").select_option("Billing")
    page.get_by_label("Billing Company").select_option("ACME Billing")
    page.get_by_role("checkbox", name="Billing payments only").check()
    page.get_by_role("region", name="What this allows").get_by_text("Post payments").wait_for()
    page.set_viewport_size({"width": WIDTH, "height": 1200})
    page.get_by_label("Name", exact=True).focus()
    page.get_by_role("heading", name="User Details").scroll_into_view_if_needed()
    camera.take(page, "user-details", height=1200)
    third_party_access(camera, page)
    camera.go(page, "good-therapy", "/reports/general-log/?who=third+party")
    heading(page, "General Log")
    camera.take(page, "general-log", height=760)
    camera.go(page, "good-therapy", "/settings/account-charges/")
    heading(page, "Account charges")
    camera.take(page, "account-charges", height=800)


def third_party_access(camera, page):
    camera.go(page, "good-therapy", "/settings/third-party/")
    heading(page, "Third-party access")
    camera.take(page, "third-party", height=760)
    page.get_by_role("link", name="View notes for").click()
    heading(page, "ACME Billing asks for more")
    page.get_by_role("radio", name="Approve").check()
    page.get_by_label("For how many hours (to approve)").fill("1")
    camera.take(page, "access-request", height=820)
    to_the_company(camera, page)
    page.get_by_role("link", name="Review acme-billing", exact=True).click()
    heading(page, "Review of acme-billing")
    camera.take(page, "review", height=1000)
    to_the_company(camera, page)
    page.get_by_role("link", name="Wind down").click()
    heading(page, "Wind down")
    for label, days in (("Last day of service", 30), ("Last day of work", 120)):
        page.get_by_label(label).fill(f"{timezone.localdate() + timedelta(days=days):%m/%d/%Y}")
    page.get_by_label("Why").fill("We bill ourselves from then on")
    camera.take(page, "winding-down", height=560)
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Record the certificate").click()
    heading(page, "Record the certificate")
    page.get_by_role("radio", name="Returned, and what was left destroyed").check()
    page.get_by_label("Which data").fill("Claims and remittances of 2024 to 2026, backups included")
    page.get_by_label("Certified by").fill("Ada Whitlock, administrator of ACME Billing")
    page.get_by_label("Certified on").fill(f"{timezone.localdate():%m/%d/%Y}")
    camera.take(page, "certificate", height=780)


def to_the_company(camera, page):
    camera.go(page, "good-therapy", "/settings/third-party/")
    page.get_by_role("main").get_by_role("link", name="ACME Billing", exact=True).click()
    heading(page, "ACME Billing")


def somebody_leaves(camera, ada):
    """June has been in; Ada ends her everywhere."""
    with camera.somebody() as june:
        camera.comes(june, "acme-billing", "june.park", "/launch-pad/")
        june.get_by_role("button", name="Enter Good Therapy, Inc.").first.click()
        heading(june, "Clients")
    camera.go(ada, "acme-billing", "/settings/users/")
    ada.get_by_role("link", name="Jo Castellano", exact=True).wait_for()
    ada.get_by_role("link", name="June Park", exact=True).click()
    ada.get_by_role("link", name="Inactivate & force log off").click()
    ada.get_by_role("dialog").get_by_role("button", name="Inactivate & force log off").click()
    ada.get_by_role("link", name="where June Park was ended").wait_for()
    notices.settle(60)
    dispatches.settle(60)
    ada.get_by_role("link", name="where June Park was ended").click()
    heading(ada, "Where June Park was ended")
    camera.take(ada, "departure", height=500)


def the_admin_site(camera, page):
    camera.go(page, "acme-customers", "/")
    camera.sign_in(page, "june.park")
    heading(page, "Customers")
    page.get_by_role("button", name="Mark Good Therapy, Inc. as a favorite").first.click()
    page.get_by_role("button", name="Take Good Therapy, Inc. off the favorites").first.wait_for()
    camera.take(page, "customers", height=560)


def the_clinician(camera, page):
    camera.comes(page, "good-therapy", "marguerite.ellsworth", "/clients/")
    heading(page, "Clients")
    page.get_by_role("region", name="Clients").get_by_role("link").first.click()
    page.get_by_role("link", name="Notes", exact=True).click()
    page.get_by_text("Progress notes, newest first").wait_for()
    camera.take(page, "notes", height=640)


def support(camera, page):
    camera.comes(page, "support", "morgan.hale", "/console/listings/")
    page.get_by_role("link", name="ACME Billing", exact=True).click()
    heading(page, "ACME Billing")
    camera.take(page, "listing", height=1120)
    camera.go(page, "support", "/console/charges/")
    heading(page, "Charges")
    camera.take(page, "charges", height=520)
