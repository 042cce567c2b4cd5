"""What a caseload is made of: plain frozen values that name each other by number, code or payer id."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Payer:
    payer_id: str
    name: str
    kind: str  # "commercial" or "medicaid"
    phone: str


@dataclass(frozen=True, slots=True)
class Clinician:
    number: int
    first_name: str
    last_name: str
    credential: str
    npi: str
    email: str


@dataclass(frozen=True, slots=True)
class Fee:
    """One line of the practice's fee schedule; `charge` is per unit."""

    code: str
    label: str
    charge: Decimal


@dataclass(frozen=True, slots=True)
class Diagnosis:
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Client:
    number: int
    first_name: str
    last_name: str
    born_on: date
    sex: str  # "F", "M" or "U", as in X12 DMG03
    street: str
    town: str
    state: str
    postal_code: str
    phone: str
    email: str  # may be empty
    status: str  # "active" or "discharged"
    started_on: date
    discharged_on: date | None
    clinician: int  # Clinician.number of the primary clinician
    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    client: int
    payer: str  # Payer.payer_id
    rank: int  # 1 is billed first
    member_id: str
    group_number: str  # may be empty
    relation: str  # the client is the subscriber's "self", "spouse" or "child"
    subscriber_first_name: str
    subscriber_last_name: str
    subscriber_born_on: date
    copay: Decimal
    starts_on: date


@dataclass(frozen=True, slots=True)
class Service:
    """One kept session. Minutes count from local midnight; `charge` is the line total."""

    number: int
    client: int
    clinician: int
    served_on: date
    start_minute: int
    stop_minute: int
    code: str
    label: str
    units: int
    charge: Decimal
    place: str  # place of service: 11 office, 10 video at home, 02 video elsewhere
    diagnosis_pointer: int  # from 1, into the client's diagnoses


@dataclass(frozen=True, slots=True)
class ProgressNote:
    """A draft has neither `signed_by` nor `signed_at`."""

    service: int
    client: int
    clinician: int
    title: str
    body: str
    written_at: datetime
    signed_by: int | None  # Clinician.number
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PsychotherapyNote:
    """Kept apart from the record and tied to no service (45 CFR 164.501)."""

    client: int
    clinician: int
    title: str
    body: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Caseload:
    practice: str
    payers: tuple[Payer, ...]
    clinicians: tuple[Clinician, ...]
    fees: tuple[Fee, ...]
    clients: tuple[Client, ...]
    coverages: tuple[Coverage, ...]
    services: tuple[Service, ...]
    progress_notes: tuple[ProgressNote, ...]
    psychotherapy_notes: tuple[PsychotherapyNote, ...]
