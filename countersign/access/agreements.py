"""Verbs on business associate agreements: record one as it was signed, and end one. Nothing of them is ever changed."""

import hashlib
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from countersign.access import standing, telling, visits
from countersign.access.models import Agreement, AgreementEnding, AgreementPaper
from countersign.audit import record
from countersign.instances import revocations
from countersign.instances.models import RevocationKind
from countersign.people.models import User, UserType

LARGEST = 10 * 1024 * 1024
LONGEST = timedelta(days=3653)
NO_PDF = "This is not a PDF. Choose the signed agreement as a PDF file."
TOO_LARGE = "This file is larger than 10 MB. Choose a smaller one."


def refuse_dates(*, signed_on, from_on, until_on):
    """Raises ValidationError keyed by field for dates that no agreement has."""
    faults = {}
    if signed_on > timezone.localdate():
        faults["signed_on"] = "This day has not come yet."
    if until_on < from_on:
        faults["until_on"] = "It cannot end before it begins."
    elif until_on > from_on + LONGEST:
        faults["until_on"] = "That is more than ten years. Check the year."
    if faults:
        raise ValidationError(faults)


def pdf_in(upload):
    """The content of an uploaded file (with `size` and `read`). Raises ValidationError when it is no PDF."""
    if upload.size > LARGEST:
        raise ValidationError(TOO_LARGE)
    content = upload.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValidationError(TOO_LARGE)
    # ISO 32000-1 7.5.2 and 7.5.5: the header is the first line, the end-of-file marker the last.
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-1024:]:
        raise ValidationError(NO_PDF)
    return content


def put_on_record(company, *, content, file_name, by, practice, party, signed_on, from_on, until_on):
    """Keep an agreement with a company (its Instance) and its PDF. It counts from the next request, if it is in force.

    Raises ValidationError keyed by field.
    """
    refuse_dates(signed_on=signed_on, from_on=from_on, until_on=until_on)
    with transaction.atomic():
        made = Agreement.objects.create(
            company_id=company.id, company=party, practice=practice, signed_on=signed_on, from_on=from_on,
            until_on=until_on, file_name=file_name[:120], digest=hashlib.sha256(content).hexdigest(),
            recorded_by=by.person,
        )
        AgreementPaper.objects.create(agreement=made, content=content)
        changes = {
            "parties": f"{practice} and {party}", "signed_on": f"{signed_on}", "from_on": f"{from_on}",
            "until_on": f"{until_on}", "SHA-256 of the PDF": made.digest,
        }
        record.write(by, "agreement.recorded", object=record.Named(company.id, str(made)), changes=changes)
        telling.tell(*_keys(company.id))
    return made


def end(agreement, *, by, reason):
    """The agreement is not in force from now on; whoever it let in is out. Raises ValidationError."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why, in a few words."})
    with transaction.atomic():
        keys = _keys(agreement.company_id)
        _, is_new = AgreementEnding.objects.get_or_create(
            agreement=agreement, defaults={"ended_by": by.person, "reason": reason}
        )
        if not is_new:
            raise ValidationError("It was ended already.")
        ended = sum(visits.shut_out(key, by=by, because=why) for key in keys if (why := standing.why_not(key)))
        record.write(
            by, "agreement.ended", object=agreement, reason=reason, changes={"Visits ended": ended} if ended else {}
        )
        revocations.note(RevocationKind.AGREEMENT, agreement.id, by=by.person)
        telling.tell(*keys)


def _keys(company_id):
    """Its Billing users, locked: a visit that is just beginning comes before or after, not in between."""
    keys = User.objects.select_for_update().filter(type=UserType.BILLING, billing_company=company_id)
    return list(keys.order_by("id"))
