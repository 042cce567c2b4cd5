"""Put a caseload into the bound instance, in bulk; the same caseload always gets the same addresses."""

import uuid

from django.db import transaction

from countersign.audit import actors, record
from countersign.clients import models as clients
from countersign.clinical.models import ProgressNote, PsychotherapyNote
from countersign.demo.records import Caseload
from countersign.ledger.models import Service

OURS = uuid.uuid5(uuid.NAMESPACE_DNS, "demo.countersign.invalid")
BATCH = 500


def load(caseload: Caseload) -> bool:
    """Write everything of the caseload into the bound instance, in one transaction and with one event.

    Returns False, and does nothing, where the caseload is there already: running the demo again keeps what was changed.
    """
    first = row_id(caseload, "client", caseload.clients[0].number)
    with transaction.atomic():
        if clients.Client.objects.filter(id=first).exists():
            return False
        for rows in (
            _payers(caseload), _clinicians(caseload), _clients(caseload), _diagnoses(caseload), _coverages(caseload),
            _services(caseload), _progress_notes(caseload), _psychotherapy_notes(caseload),
        ):
            if rows:
                type(rows[0]).objects.bulk_create(rows, batch_size=BATCH)
        counts = {
            "clients": len(caseload.clients), "services": len(caseload.services), "notes": len(caseload.progress_notes)
        }
        record.write(actors.system("Demo"), "clients.loaded", object=f"{len(caseload.clients)} clients", changes=counts)
    return True


def row_id(caseload: Caseload, kind: str, key) -> uuid.UUID:
    """The id of a row: of the client 1042 of good-therapy, for one. kind: "payer", "clinician", "client", …"""
    return uuid.uuid5(OURS, f"{caseload.practice}/{kind}/{key}")


def link(caseload: Caseload, number: int, user) -> None:
    """Let a user sign notes as the clinician of that number."""
    clients.Clinician.objects.filter(id=row_id(caseload, "clinician", number)).update(user=user)


def _payers(caseload):
    return [
        clients.Payer(
            id=row_id(caseload, "payer", one.payer_id), name=one.name, payer_id=one.payer_id, kind=one.kind,
            phone=one.phone,
        )
        for one in caseload.payers
    ]


def _clinicians(caseload):
    return [
        clients.Clinician(
            id=row_id(caseload, "clinician", one.number), first_name=one.first_name, last_name=one.last_name,
            credential=one.credential, npi=one.npi,
        )
        for one in caseload.clinicians
    ]


def _clients(caseload):
    return [
        clients.Client(
            id=row_id(caseload, "client", one.number), number=one.number, first_name=one.first_name,
            last_name=one.last_name, born_on=one.born_on, sex=one.sex, street=one.street, town=one.town,
            state=one.state, postal_code=one.postal_code, phone=one.phone, email=one.email, status=one.status,
            started_on=one.started_on, discharged_on=one.discharged_on,
            clinician_id=row_id(caseload, "clinician", one.clinician), created_by="Demo",
        )
        for one in caseload.clients
    ]


def _diagnoses(caseload):
    return [
        clients.Diagnosis(
            id=row_id(caseload, "diagnosis", f"{one.number}/{rank}"), client_id=row_id(caseload, "client", one.number),
            rank=rank, code=diagnosis.code, label=diagnosis.label,
        )
        for one in caseload.clients
        for rank, diagnosis in enumerate(one.diagnoses, start=1)
    ]


def _coverages(caseload):
    return [
        clients.Coverage(
            id=row_id(caseload, "coverage", f"{one.client}/{one.rank}"),
            client_id=row_id(caseload, "client", one.client),
            payer_id=row_id(caseload, "payer", one.payer), rank=one.rank, member_id=one.member_id,
            group_number=one.group_number, relation=one.relation, subscriber_first_name=one.subscriber_first_name,
            subscriber_last_name=one.subscriber_last_name, subscriber_born_on=one.subscriber_born_on, copay=one.copay,
            starts_on=one.starts_on,
        )
        for one in caseload.coverages
    ]


def _services(caseload):
    people = _ids(caseload)
    return [
        Service(
            id=row_id(caseload, "service", one.number), client_id=people["client", one.client],
            clinician_id=people["clinician", one.clinician], served_on=one.served_on, start_minute=one.start_minute,
            stop_minute=one.stop_minute, code=one.code, label=one.label, units=one.units, charge=one.charge,
            place=one.place, diagnosis_pointer=one.diagnosis_pointer,
        )
        for one in caseload.services
    ]


def _progress_notes(caseload):
    people, names = _ids(caseload), _names(caseload)
    return [
        ProgressNote(
            id=row_id(caseload, "note", one.service), service_id=row_id(caseload, "service", one.service),
            client_id=people["client", one.client], clinician_id=people["clinician", one.clinician], title=one.title,
            body=one.body, written_at=one.written_at, written_by=names[one.clinician], signed_at=one.signed_at,
            signed_by_id=people["clinician", one.signed_by] if one.signed_by else None,
        )
        for one in caseload.progress_notes
    ]


def _psychotherapy_notes(caseload):
    names = _names(caseload)
    return [
        PsychotherapyNote(
            id=row_id(caseload, "psychotherapy-note", number), client_id=row_id(caseload, "client", one.client),
            clinician_id=row_id(caseload, "clinician", one.clinician), title=one.title, body=one.body,
            written_at=one.written_at, written_by=names[one.clinician],
        )
        for number, one in enumerate(caseload.psychotherapy_notes, start=1)
    ]


def _ids(caseload):
    """(kind, number) → id: thousands of rows name the same few people."""
    return {
        (kind, one.number): row_id(caseload, kind, one.number)
        for kind, people in (("client", caseload.clients), ("clinician", caseload.clinicians))
        for one in people
    }


def _names(caseload):
    return {one.number: f"{one.first_name} {one.last_name}" for one in caseload.clinicians}
