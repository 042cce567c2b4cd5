"""Take the pictures of the guides from a demo that is running: `python -m tests.browser.take_pictures --port 8000`.

Start `make demo` first, best after `make demo-reset`: the pictures show what people did in it. Run in the folder of
the demo, whose var/demo/people.json says who signs in.
"""

import argparse
import json
from pathlib import Path

from tests.browser.harness import address, chromium, open_page

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PEOPLE = Path("var") / "demo" / "people.json"
REFUSED = ["status of 403"]
LARGEST = 200_000  # bytes; a page of text needs no more


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--folder", type=Path, default=PICTURES)
    args = parser.parse_args()
    camera = Camera(args.port, args.folder, {one["user_id"]: one for one in json.loads(PEOPLE.read_text())})
    with chromium() as browser:
        with open_page(browser, viewport={"width": 1280, "height": 800}, allow=REFUSED) as page:
            the_biller(camera, page)
        with open_page(browser, viewport={"width": 1280, "height": 800}) as page:
            the_admin_site(camera, page)
        with open_page(browser, viewport={"width": 1280, "height": 800}) as page:
            the_practice(camera, page)
        with open_page(browser, viewport={"width": 1280, "height": 800}) as page:
            support(camera, page)
        for user_id in ("jane.doe", "ada.whitlock"):
            with open_page(browser, viewport={"width": 1280, "height": 800}) as page:
                the_company(camera, page, user_id)


class Camera:
    def __init__(self, port, folder, people):
        self.port, self.folder, self.people = port, folder, people

    def go(self, page, slug, path):
        page.goto(address(slug, self.port, path))

    def sign_in(self, page, user_id):
        page.get_by_label("User ID", exact=True).fill(user_id)
        page.get_by_label("Password", exact=True).fill(self.people[user_id]["password"])
        page.get_by_role("button", name="Sign in", exact=True).click()

    def take(self, page, name, *, height):
        page.set_viewport_size({"width": 1280, "height": height})
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled", caret="initial")
        size = path.stat().st_size
        print(f"{path.name}: {size:,} bytes")
        if size >= LARGEST:
            raise SystemExit(f"{path.name} is too large for a page that people read.")


def the_biller(camera, page):
    camera.go(page, "good-therapy", "/sign-in/")
    camera.sign_in(page, "acme-billing")
    page.get_by_role("heading", name="Good Therapy, Inc. asks who you are").wait_for()
    camera.take(page, "second-part", height=620)
    camera.sign_in(page, "jane.doe")
    page.get_by_role("heading", name="Clients", level=1).wait_for()
    camera.take(page, "clients", height=720)
    page.get_by_role("region", name="Clients").get_by_role("link").first.click()
    page.get_by_role("link", name="Ledger").click()
    page.get_by_text("Services, newest first").wait_for()
    page.goto(page.url.replace("/ledger/", "/notes/"))
    camera.take(page, "refusal", height=440)


def the_admin_site(camera, page):
    camera.go(page, "acme-customers", "/")
    camera.sign_in(page, "june.park")
    page.get_by_role("heading", name="Customers", level=1).wait_for()
    if (star := page.get_by_role("button", name="Mark Good Therapy, Inc. as a favorite")).count():
        star.first.click()
    page.get_by_role("button", name="Take Good Therapy, Inc. off the favorites").first.wait_for()
    camera.take(page, "customers", height=560)


def the_practice(camera, page):
    camera.go(page, "good-therapy", "/settings/users/")
    camera.sign_in(page, "priya.raman")
    page.get_by_role("link", name="New User").click()
    page.get_by_label("Name", exact=True).fill("ACME Billing, payments")
    page.get_by_label("User ID", exact=True).fill("acme-payments")
    page.get_by_label("User Type").select_option("Billing")
    page.get_by_label("Billing Company").select_option("ACME Billing")
    page.get_by_role("checkbox", name="Billing payments only").check()
    page.get_by_role("region", name="What this allows").get_by_text("Post payments").wait_for()
    page.set_viewport_size({"width": 1280, "height": 1200})
    page.get_by_label("Name", exact=True).focus()
    page.get_by_role("heading", name="User Details").scroll_into_view_if_needed()
    camera.take(page, "user-details", height=1200)
    camera.go(page, "good-therapy", "/reports/general-log/?who=third+party")
    camera.take(page, "general-log", height=760)


def support(camera, page):
    camera.go(page, "support", "/console/listings/")
    camera.sign_in(page, "morgan.hale")
    page.get_by_role("link", name="ACME Billing", exact=True).click()
    camera.take(page, "listing", height=1120)


def the_company(camera, page, user_id):
    path, name = ("/training/", "training") if user_id == "jane.doe" else ("/settings/training/", "training-people")
    camera.go(page, "acme-billing", path)
    camera.sign_in(page, user_id)
    page.get_by_role("heading", name="Training", level=1).wait_for()
    camera.take(page, name, height=560)


if __name__ == "__main__":
    main()
