"""A whole practice's worth of fictional clients, payers, services and notes, the same for the same arguments."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date

from countersign.demo.notes import progress_notes, psychotherapy_notes
from countersign.demo.people import coverages, plans
from countersign.demo.practices import PRACTICES
from countersign.demo.records import Caseload
from countersign.demo.sessions import services

MOST_CLIENTS = 1000  # beyond this, unused names grow scarce


def caseload(practice: str = "good-therapy", *, clients: int = 120, today: date, seed: int = 1) -> Caseload:
    """Everything of one demo practice for the two years that end the day before `today`.

    Clients are numbered from 1001, services from 1 in the order of time. A clinician with
    more than 39 clients has some of them at the same hour. Raises KeyError for a practice that the demo
    does not have, and ValueError for a number of clients outside 1 to 1000.
    """
    if not 1 <= clients <= MOST_CLIENTS:
        raise ValueError(f"A demo practice has 1 to {MOST_CLIENTS} clients, not {clients}.")
    place = PRACTICES[practice]
    rng = random.Random(f"{seed}:{practice}")  # noqa: S311 - it must be foreseeable
    planned = plans(place, clients, today, rng)
    covered = {plan.client.number: coverages(place, plan.client, today, rng) for plan in planned}
    medicaid = {payer.payer_id for payer in place.payers if payer.kind == "medicaid"}
    held = [
        service
        for plan in planned
        for service in services(
            place, plan, any(one.payer in medicaid for one in covered[plan.client.number]), today, rng
        )
    ]
    held.sort(key=lambda one: (one.served_on, one.start_minute, one.clinician, one.client))
    held = [replace(service, number=number) for number, service in enumerate(held, start=1)]
    sessions = defaultdict(list)
    for service in held:
        sessions[service.client].append(service)
    notes = [
        note for plan in planned for note in progress_notes(place, plan, sessions[plan.client.number], today, rng)
    ]
    private = [
        note
        for plan in planned[4::13]  # a few clients only: most clinicians keep no such notes
        for note in psychotherapy_notes(place, sessions[plan.client.number], rng)
    ]
    return Caseload(
        practice=practice,
        payers=place.payers,
        clinicians=place.clinicians,
        fees=tuple(place.fees.values()),
        clients=tuple(plan.client for plan in planned),
        coverages=tuple(one for several in covered.values() for one in several),
        services=tuple(held),
        progress_notes=tuple(sorted(notes, key=lambda note: note.service)),
        psychotherapy_notes=tuple(private),
    )
