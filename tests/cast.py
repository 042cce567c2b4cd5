"""The cast. Good Therapy lets ACME Billing in; Elm Street must see nothing of it, and nobody anything of Elm Street.

Priya runs Good Therapy, Cole is a clinician there. Jane, June and Jo bill for ACME; Ada runs ACME.
Ellis runs Elm Street, and Mallory works at Rival Billing, which is listed but was never let in.
"""

from datetime import timedelta
from functools import cached_property

from django.utils import timezone

from countersign.access import standing
from countersign.access.models import Agreement, AgreementPaper
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.instances import binding, hosts, sites
from countersign.instances.models import InstanceKind
from countersign.people import accounts
from countersign.people.models import PermissionGroup, UserType
from tests.browsing import Browser

PASSWORD = "quiet harbor morning 41"
KEY = "seven lanterns over water"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def agree(company, **more):
    """An agreement of the bound instance with a company; the one in force, unless more is said."""
    today = timezone.localdate()
    made = standing.agreement_in_force(company.id, today)
    if made and not more:
        return made
    dates = {"signed_on": today, "from_on": today - timedelta(days=30), "until_on": today + timedelta(days=180), **more}
    made = Agreement.objects.create(
        company_id=company.id, company=company.name, practice=binding.bound().name, file_name="agreement.pdf",
        digest="0" * 64, recorded_by="the test", **dates,
    )
    AgreementPaper.objects.create(agreement=made, content=PDF)
    return made


class Cast:
    """Attributes: acme, good_therapy, and, opened on first use, support, rival, elm_street (Instances).

    An instance takes a tenth of a second on PostgreSQL, and most tests need two. Where it matters that others are there
    who are not spoken of, `everybody()` opens them all. Users are made on first use.
    """

    def __init__(self, installation):
        self.installation = installation
        self.acme = self._listed("acme-billing", "ACME Billing")
        self.good_therapy = installation.open("good-therapy", "Good Therapy, Inc.")

    @cached_property
    def support(self):
        return self.installation.open("support", "Support", InstanceKind.SUPPORT)

    @cached_property
    def rival(self):
        return self._listed("rival-billing", "Rival Billing")

    @cached_property
    def elm_street(self):
        return self.installation.open("elm-street", "Elm Street Counseling", time_zone="America/Chicago")

    def everybody(self):
        return self.support, self.acme, self.rival, self.good_therapy, self.elm_street

    def _listed(self, slug, name):
        company = self.installation.open(slug, name, InstanceKind.BILLING_COMPANY)
        self.installation.list(company)
        return company

    def user(self, instance, user_id, type=UserType.REGULAR, *, name=None, groups=(), permissions=(), **more):
        with binding.bind(instance):
            return accounts.create(
                name=name or user_id.title(), user_id=user_id, type=type, by=system(),
                password=KEY if type == UserType.BILLING else PASSWORD,
                groups=PermissionGroup.objects.filter(name__in=groups), permissions=permissions, **more,
            )

    def administrator(self, instance, user_id="admin", name="Ada Admin"):
        return self.user(instance, user_id, UserType.ADMINISTRATOR, name=name, email=f"{user_id}@example.org")

    def jane(self):
        return self.user(self.acme, "jane", UserType.RESTRICTED, name="Jane Doe", email="jane@example.org")

    def agreed(self, instance=None, company=None, **more):
        """An agreement of a practice (Good Therapy) with a company (ACME), in force for half a year, and its id."""
        company, instance = company or self.acme, instance or self.good_therapy
        with binding.bind(instance):
            return agree(company, **more)

    def key(self, user_id="acme-billing", *, company=None, groups=("Billing full cycle",), permissions=(), agreed=True):
        """A Billing user of Good Therapy; with the agreement without which it opens nothing."""
        if agreed:
            self.agreed(company=company)
        return self.user(
            self.good_therapy, user_id, UserType.BILLING, name="ACME Billing", groups=groups,
            permissions=permissions, billing_company=(company or self.acme).id,
        )

    def site(self, company=None, label="acme-customers"):
        """The admin site of a billing company, switched on."""
        return sites.begin(company or self.acme, label=label, by="the test")

    def client(self, instance, **headers):
        return self.installation.client(instance, **headers)

    def signed_in(self, instance, user_id="admin", password=PASSWORD, **headers):
        client = self.client(instance, **headers)
        response = client.post("/sign-in/", {"user_id": user_id, "password": password})
        assert response.status_code == 302, response.content.decode()
        return client

    def events(self, instance, **filters):
        with binding.bind(instance):
            return list(Event.objects.filter(**filters).order_by("seq"))

    # The two-part sign-in, as a person walks it

    def first_part(self, key="acme-billing", password=KEY, browser=None):
        """A browser that gave the Billing user's credentials and stands before the company's own sign-in."""
        browser = browser or Browser()
        browser.post(f"{hosts.root(self.good_therapy)}/sign-in/", {"user_id": key, "password": password})
        return browser

    def second_part(self, browser, user_id="jane", password=PASSWORD):
        return browser.post(browser.url, {"user_id": user_id, "password": password})

    def visit(self, key="acme-billing", user_id="jane"):
        """A browser inside Good Therapy, as Jane through the key."""
        browser = self.first_part(key)
        response = self.second_part(browser, user_id)
        assert browser.url.startswith(hosts.root(self.good_therapy)), browser.text
        assert response.status_code == 200, browser.text
        return browser

    def go(self, browser, path, instance=None):
        return browser.get(hosts.root(instance or self.good_therapy) + path)
