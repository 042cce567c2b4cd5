"""The two sides of the walks: Good Therapy, Inc. and ACME Billing, and the steps that more than one walk takes."""

from datetime import date, timedelta

from django.utils import timezone

from countersign.clients.models import Client, Clinician
from countersign.clinical.models import ProgressNote
from countersign.identity import dispatches, notices
from countersign.identity.models import Dispatch
from countersign.instances import binding
from countersign.instances.models import Instance
from countersign.ledger.models import Service
from tests.cast import PASSWORD
from tests.keyring.ringing import assign, put_in

DANA = "Rivera, Dana (1042)"
PRACTICE, COMPANY = "good-therapy", "acme-billing"
LONG = 60  # seconds, for what goes on beside: a busy machine needs them


def acquainted(cast, **of_the_key):
    """Priya at Good Therapy, Ada at ACME, and Jane, to whom the key in ACME's ring is assigned. Returns the key as it
    is at the practice."""
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.administrator(cast.acme, "ada", name="Ada Whitlock")
    key = cast.key(**of_the_key)
    assign(cast, put_in(cast), cast.jane())
    return key


def dana(cast):
    """A client of Good Therapy with a note, and a service of today and one of the day after tomorrow."""
    with binding.bind(cast.good_therapy):
        client = Client.objects.create(
            number=1042, first_name="Dana", last_name="Rivera", born_on=date(1990, 5, 17), sex="F",
            started_on=date(2026, 1, 5), created_by="the test",
        )
        clinician = Clinician.objects.create(first_name="Cole", last_name="Weaver")
        ProgressNote.objects.create(
            client=client, clinician=clinician, title="Intake", body="We talked.", written_by="Cole Weaver"
        )
        for days in (0, 2):
            Service.objects.create(
                client=client, clinician=clinician, served_on=timezone.localdate() + timedelta(days=days),
                start_minute=600, stop_minute=650, code="90834", label="Psychotherapy, 45 min", charge="142.00",
            )


def settled():
    """Everything that one instance has to tell another was tried once."""
    notices.settle(LONG)
    dispatches.settle(LONG)


def delivered():
    """What one instance had to tell another has been told, to the last message."""
    settled()
    for instance in Instance.objects.all():
        with binding.bind(instance):
            dispatches.send_soon()  # once more what a busy machine was too slow for
            dispatches.settle(LONG)
            assert not Dispatch.objects.waiting().exists(), f"{instance} has not told everything"


def enters(jane, practice="Good Therapy, Inc.", slug=PRACTICE, key="acme-billing"):
    """In one click from the launch pad."""
    jane.go(COMPANY, "/launch-pad/")
    jane.heading("Launch pad")
    jane.press(f"Enter {practice} with {key}")
    jane.page.wait_for_url(f"http://{slug}.*/clients/")
    jane.heading("Clients")


def signs_in(walker, user_id):
    walker.sign_in(PRACTICE if user_id == "priya" else COMPANY, user_id, PASSWORD)


def to_the_company_page(priya):
    priya.through_the_menu("Settings", "Third-party access")
    priya.heading("Third-party access")
    priya.follow("ACME Billing")
    priya.heading("ACME Billing")
