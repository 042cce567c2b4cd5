"""Clients of a demo practice, their payers, and the weekly hour each one has."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from countersign.demo import names
from countersign.demo.phrases import DIAGNOSES
from countersign.demo.practices import Practice
from countersign.demo.records import Client, Coverage, Diagnosis

FIRST_NUMBER = 1001
WINDOW = timedelta(days=730)
HOURS = (8, 9, 10, 11, 13, 14, 15, 16)
GROUP_LEADER, GROUP_WEEKDAY, GROUP_HOUR = 1, 3, 16
ADULT_FAMILIES = (("anxiety", 30), ("mood", 28), ("trauma", 14), ("adjustment", 16), ("substance", 12))


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides a client's sessions and notes but is nobody's record."""

    client: Client
    family: str
    weekday: int
    hour: int


def is_closed(day: date) -> bool:
    """Weekends and the days on which no practice of the demo opens."""
    thanksgiving = day.month == 11 and day.weekday() in (3, 4) and 22 <= day.day - (day.weekday() - 3) <= 28
    fixed = (day.month, day.day) in {(1, 1), (7, 4), (12, 24), (12, 25), (12, 31)}
    return day.weekday() > 4 or thanksgiving or fixed


def slots(rng: random.Random, clinician: int) -> list[tuple[int, int]]:
    """The clinician's (weekday, hour) in the order in which they are given to clients."""
    week = [(weekday, hour) for weekday in range(5) for hour in HOURS]
    if clinician == GROUP_LEADER:
        week.remove((GROUP_WEEKDAY, GROUP_HOUR))
    rng.shuffle(week)
    return week


def plans(practice: Practice, clients: int, today: date, rng: random.Random) -> list[Plan]:
    """One plan per client, no two clients of the same name."""
    weeks = {one.number: slots(rng, one.number) for one in practice.clinicians}
    clinicians = [practice.clinicians[index % len(practice.clinicians)].number for index in range(clients)]
    rng.shuffle(clinicians)
    taken: set[tuple[str, str]] = set()
    given = dict.fromkeys(weeks, 0)
    found = []
    for index, clinician in enumerate(clinicians):
        week = weeks[clinician]
        weekday, hour = week[given[clinician] % len(week)]
        given[clinician] += 1
        found.append(_plan(practice, FIRST_NUMBER + index, clinician, weekday, hour, today, taken, rng))
    return found


def _plan(practice, number, clinician, weekday, hour, today, taken, rng) -> Plan:
    sex = rng.choices("FMU", (57, 41, 2))[0]
    first, last = _unused_name(practice.share, sex, taken, rng)
    minor = rng.random() < 0.15
    family = "youth" if minor else rng.choices(*zip(*ADULT_FAMILIES, strict=True))[0]
    age = rng.randint(9, 16) if minor else min(rng.randint(20, 62) + rng.choice((0, 0, 0, 12, 22)), 84)
    town, postal_code = rng.choice(practice.towns)
    started_on, discharged_on = _stay(weekday, today, rng)
    client = Client(
        number=number,
        first_name=first,
        last_name=last,
        born_on=today - timedelta(days=round(age * 365.25) + rng.randint(1, 364)),
        sex=sex,
        street=names.street(rng),
        town=town,
        state=practice.state,
        postal_code=postal_code,
        phone=names.phone(rng, practice.area_codes),
        email="" if minor or rng.random() < 0.08 else names.email(rng, first, last),
        status="discharged" if discharged_on else "active",
        started_on=started_on,
        discharged_on=discharged_on,
        clinician=clinician,
        diagnoses=_diagnoses(family, rng),
    )
    return Plan(client, family, weekday, hour)


def _unused_name(share: int, sex: str, taken: set, rng: random.Random) -> tuple[str, str]:
    while True:
        name = names.first_name(rng, sex), rng.choice(names.last_names(share))
        if name not in taken:
            taken.add(name)
            return name


def _diagnoses(family: str, rng: random.Random) -> tuple[Diagnosis, ...]:
    chosen = [rng.choice(DIAGNOSES[family])]
    if rng.random() < 0.3:
        other = rng.choice([name for name in ("anxiety", "mood", "adjustment") if name != family])
        chosen.append(rng.choice(DIAGNOSES[other]))
    return tuple(Diagnosis(*one) for one in chosen)


def _stay(weekday: int, today: date, rng: random.Random) -> tuple[date, date | None]:
    """(first day, day of discharge or None), both on open days of the client's weekday and before `today`."""
    opens = today - WINDOW
    before = rng.random() < 0.55
    start = opens - timedelta(days=rng.randint(14, 400)) if before else opens + timedelta(days=rng.randint(0, 700))
    started_on = _open_day(start, weekday)
    earliest = max(started_on, opens) + timedelta(days=90)
    if earliest < today - timedelta(days=30) and rng.random() < 0.34:
        left = earliest + timedelta(days=rng.randint(0, (today - earliest).days - 30))
        return started_on, _open_day(left, weekday)
    return started_on, None


def _open_day(day: date, weekday: int) -> date:
    day += timedelta(days=(weekday - day.weekday()) % 7)
    while is_closed(day):
        day += timedelta(days=7)
    return day


def coverages(practice: Practice, client: Client, today: date, rng: random.Random) -> list[Coverage]:
    """No coverage for one client in ten, who pays alone; a second one for about one in eight."""
    draw = rng.random()
    if draw < 0.10:
        return []
    payers = rng.sample(practice.payers, 2 if draw > 0.87 else 1)
    payers.sort(key=lambda payer: payer.kind == "medicaid")  # Medicaid pays last, 42 CFR 433.139
    return [_coverage(client, payer, rank, today, rng) for rank, payer in enumerate(payers, start=1)]


def _coverage(client, payer, rank, today, rng) -> Coverage:
    minor = (today - client.born_on).days < 18 * 365.25
    own = payer.kind == "medicaid" or (not minor and rng.random() < 0.8)
    relation = "self" if own else "child" if minor else "spouse"
    years = {"self": 0, "spouse": rng.randint(-4, 4), "child": rng.randint(24, 36)}[relation]
    holder = client.first_name if own else names.first_name(rng, rng.choice("FM"))
    digits = f"{rng.randrange(10**8):08d}"
    commercial = payer.kind == "commercial"
    copay = rng.choice(("15.00", "20.00", "25.00", "30.00", "40.00")) if commercial else "0.00"
    return Coverage(
        client=client.number,
        payer=payer.payer_id,
        rank=rank,
        member_id=f"{payer.payer_id[:2]}{digits}{rank:02d}" if commercial else f"{digits}{rank:02d}",
        group_number=f"{rng.randint(10000, 99999)}" if commercial else "",
        relation=relation,
        subscriber_first_name=holder,
        subscriber_last_name=client.last_name,
        subscriber_born_on=client.born_on - timedelta(days=years * 365),
        copay=Decimal(copay),
        starts_on=date(client.started_on.year, 1, 1),
    )
