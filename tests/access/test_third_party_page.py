"""Settings > Third-party access: six answers a company, one button that shuts it, and what was stays readable."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from countersign.access import agreements, standing, terms
from countersign.access.models import Agreement, AgreementEnding, AgreementPaper, Requirement, Suspension, Term
from countersign.audit.actors import system
from countersign.instances import binding
from countersign.people import accounts
from countersign.people.models import User
from countersign.people.permissions import Permission
from tests.access.steps import opens
from tests.cast import PDF, agree

HOME = "/settings/third-party/"
DATES = {"signed_on": "01/05/2026", "from_on": "01/06/2026", "until_on": "01/05/2031"}
PARTIES = {"practice": "Good Therapy, Inc.", "party": "ACME Billing"}


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


@pytest.fixture
def key(cast):
    cast.jane()
    return cast.key(permissions=[Permission.VIEW_NOTES])


def words(response):
    return " ".join(response.content.decode().split())


def at(cast, verb, *args, **kwargs):
    with binding.bind(cast.good_therapy):
        return verb(*args, **kwargs)


def company(cast):
    return f"{HOME}{cast.acme.id}/"


def pdf(content=PDF):
    return SimpleUploadedFile("signed.pdf", content)


def test_a_card_answers_six_questions_at_a_glance(cast, priya, key):
    cast.visit()

    page = words(priya.get(HOME))

    until = timezone.localdate(key.created_at) + timedelta(days=365)
    agreed = at(cast, lambda: Agreement.objects.get())
    for answer in (
        "ACME Billing</a>", '<span class="mono">acme-billing</span>', "In now: Jane Doe", "Clinical notes",
        "Clients without tags; not 42 CFR Part 2", f"{until:%m/%d/%Y}", f"in force until {agreed.until_on:%m/%d/%Y}",
        "<dt>Last used</dt>",
    ):
        assert answer in page, answer
    assert "Never" not in page


def test_a_company_without_an_agreement_says_so_and_offers_to_record_one(cast, priya):
    cast.key(agreed=False)

    page = words(priya.get(HOME))

    assert "None in force" in page and f"{company(cast)}agreements/new/" in page
    assert "Shut</span>" in page


def test_suspend_now_is_one_button_and_lifting_another(cast, priya, key):
    inside = cast.visit()
    assert opens(cast, inside)

    assert priya.post(f"{company(cast)}suspensions/").status_code == 302

    assert not opens(cast, inside)
    assert at(cast, standing.why_not, key) == "the company is suspended by the practice"
    (event,) = cast.events(cast.good_therapy, action="access.suspended")
    assert (event.person, event.object, event.reason) == ("Priya Raman", "ACME Billing", "no reason was given")
    one = at(cast, Suspension.objects.get)
    page = words(priya.get(HOME))
    assert "Lift the suspension" in page and "Suspended</span>" in page
    assert priya.post(f"/suspensions/{one.id}/lifting/", {"reason": "all is well"}).status_code == 302
    assert at(cast, standing.why_not, key) == ""
    assert opens(cast, cast.visit())


def test_to_suspend_what_is_suspended_is_said_and_changes_nothing(cast, priya, key):
    form = {"key": "acme-billing", "reason": "we look\ninto it"}
    assert priya.post(f"{company(cast)}suspensions/", form).status_code == 302
    again = priya.post(f"{company(cast)}suspensions/", form)

    assert again.status_code == 422 and terms.ALREADY in words(again)
    assert at(cast, lambda: [s.reason for s in Suspension.objects.all()]) == ["we look into it"]
    assert priya.post(f"{company(cast)}suspensions/", {"key": "nobody"}).status_code == 404


def test_nobody_gives_back_or_extends_what_they_do_not_hold(cast, key):
    cast.user(cast.good_therapy, "mia", permissions=[Permission.MANAGE_THIRD_PARTY_ACCESS])
    mia = cast.signed_in(cast.good_therapy, "mia")
    assert mia.post(f"{company(cast)}suspensions/").status_code == 302
    one = at(cast, Suspension.objects.get)

    refused = mia.post(f"/suspensions/{one.id}/lifting/")
    assert refused.status_code == 422 and "This user may do what you may not." in words(refused)
    assert at(cast, lambda: Suspension.objects.get().lifted_at) is None
    sooner = timezone.localdate() + timedelta(days=10)
    assert mia.post(f"/billing-users/{key.id}/end/", {"last_on": f"{sooner}", "reason": "less"}).status_code == 302
    later = mia.post(f"/billing-users/{key.id}/end/", {"last_on": f"{sooner + timedelta(days=1)}", "reason": "more"})
    assert later.status_code == 422 and at(cast, Term.objects.count) == 1


@pytest.mark.parametrize(("last_on", "said"), [
    ("", "Enter last day"), ("tomorrow", "Enter a day as MM/DD/YYYY"), ("01/01/2020", "This day is over."),
    ("12/31/2099", "At most 365 days from today"),
])
def test_a_wrong_last_day_is_said_beside_the_field_and_saves_nothing(cast, priya, key, last_on, said):
    answer = priya.post(f"/billing-users/{key.id}/end/", {"last_on": last_on, "reason": "for the summer"})

    assert answer.status_code == 422
    assert said in words(answer) and 'value="for the summer"' in words(answer)
    assert at(cast, Term.objects.count) == 0


def test_an_agreement_is_recorded_with_its_paper_and_counts_at_once(cast, priya):
    key = cast.key(agreed=False)
    assert at(cast, standing.why_not, key) != ""

    answer = priya.post(f"{company(cast)}agreements/new/", {**PARTIES, **DATES, "paper": pdf()})

    assert answer.status_code == 302
    assert at(cast, standing.why_not, key) == ""
    made = at(cast, Agreement.objects.get)
    (event,) = cast.events(cast.good_therapy, action="agreement.recorded")
    assert event.changes == {
        "parties": "Good Therapy, Inc. and ACME Billing", "signed_on": "2026-01-05", "from_on": "2026-01-06",
        "until_on": "2031-01-05", "SHA-256 of the PDF": made.digest,
    }
    paper = priya.get(f"/agreements/{made.id}/pdf/")
    assert paper.content == PDF
    assert paper["Content-Disposition"] == 'attachment; filename="agreement-2026-01-06.pdf"'
    assert paper["X-Content-Type-Options"] == "nosniff" and paper["Content-Security-Policy"].endswith("; sandbox")


@pytest.mark.parametrize(("changes", "said"), [
    ({"until_on": "01/05/2026", "from_on": "01/06/2026"}, "It cannot end before it begins."),
    ({"until_on": "01/05/2206"}, "That is more than ten years."),
    ({"signed_on": "01/05/2099"}, "This day has not come yet."),
    ({"from_on": "soon"}, "Enter a day as MM/DD/YYYY"),
    ({"party": ""}, "Enter name of the company"),
    ({"paper": None}, "Choose the signed agreement as a PDF file."),
    ({"paper": b"<html>signed</html>"}, agreements.NO_PDF),
    ({"paper": b"%PDF-1.4 and then nothing more"}, agreements.NO_PDF),
    ({"paper": b""}, agreements.NO_PDF),
    ({"paper": b"%PDF-1.4\n" + b"x" * agreements.LARGEST + b"%%EOF"}, agreements.TOO_LARGE),
], ids=lambda value: str(value)[:40])
def test_what_is_wrong_with_an_agreement_is_said_beside_the_field_and_nothing_is_saved(cast, priya, changes, said):
    cast.key(agreed=False)
    form = {**PARTIES, **DATES, "paper": PDF, **changes}
    form = {name: value for name, value in form.items() if value is not None}
    if "paper" in form:
        form["paper"] = pdf(form["paper"])

    answer = priya.post(f"{company(cast)}agreements/new/", form)

    page = words(answer)
    assert answer.status_code == 422 and said in page
    assert "The file has to be chosen again." in page and 'value="Good Therapy, Inc."' in page
    assert at(cast, Agreement.objects.count) == at(cast, AgreementPaper.objects.count) == 0
    assert cast.events(cast.good_therapy, action="agreement.recorded") == []


def test_an_agreement_that_is_ended_puts_everybody_out_and_stays_readable(cast, priya, key):
    inside = cast.visit()
    made = at(cast, Agreement.objects.get)

    assert priya.post(f"/agreements/{made.id}/ending/", {"reason": " "}).status_code == 422
    assert opens(cast, inside)
    assert priya.post(f"/agreements/{made.id}/ending/", {"reason": "we part"}).status_code == 302
    assert priya.post(f"/agreements/{made.id}/ending/", {"reason": "again"}).status_code == 422

    assert not opens(cast, inside)
    assert at(cast, lambda: [e.reason for e in AgreementEnding.objects.all()]) == ["we part"]
    page = words(priya.get(company(cast)))
    assert "we part" in page and f"/agreements/{made.id}/pdf/" in page


def test_another_agreement_in_force_keeps_them_in(cast, priya, key):
    inside = cast.visit()
    made = at(cast, Agreement.objects.get)
    today = timezone.localdate()
    at(cast, agree, cast.acme, from_on=today, until_on=today + timedelta(days=400))

    assert priya.post(f"/agreements/{made.id}/ending/", {"reason": "replaced"}).status_code == 302
    assert opens(cast, inside)


def test_whether_an_agreement_is_needed_is_for_whoever_manages_the_account(cast, priya):
    key = cast.key(agreed=False)
    cast.user(cast.good_therapy, "mia", permissions=[Permission.MANAGE_THIRD_PARTY_ACCESS])
    mia = cast.signed_in(cast.good_therapy, "mia")
    no = {"agreement": "no", "reason": "a trial of a week"}
    assert mia.post(f"{HOME}requirement/", no).status_code == 403

    assert "Without an agreement in force at the moment: ACME Billing" in words(priya.get(f"{HOME}requirement/"))
    assert priya.post(f"{HOME}requirement/", no).status_code == 302

    assert at(cast, standing.why_not, key) == ""
    assert "No agreement is asked for" in words(priya.get(HOME))
    assert priya.post(f"{HOME}requirement/", no).status_code == 422
    assert at(cast, Requirement.objects.count) == 1
    (event,) = cast.events(cast.good_therapy, action="agreement.requirement.changed")
    assert (event.changes, event.reason) == ({"agreement": [True, False]}, "a trial of a week")


def test_an_ended_relation_stays_readable_with_its_people_and_permissions_over_time(cast, priya, key):
    cast.visit()
    with binding.bind(cast.good_therapy):
        key = User.objects.get(id=key.id)
        accounts.change(
            key, by=system("Priya Raman"), grantable=None, name=key.name, email="", type=key.type, groups=[],
            permissions=[Permission.VIEW_LEDGER], billing_company=cast.acme.id,
        )
        accounts.inactivate(key, by=system("Priya Raman"))

    assert "Ended, and kept to be read" in words(priya.get(HOME))
    page = words(priya.get(company(cast)))
    assert '<th scope="row">Jane Doe</th>' in page
    assert "Now may: View ledger; no longer may: View notes" in page
    assert "Groups: out of Billing full cycle" in page
    assert "Inactivated the user ACME Billing (acme-billing)" in page


def test_a_company_that_never_had_to_do_with_the_practice_is_not_there(cast, priya, key):
    assert priya.get(f"{HOME}{cast.rival.id}/").status_code == 404
    assert priya.get(f"{HOME}{cast.elm_street.id}/").status_code == 404
