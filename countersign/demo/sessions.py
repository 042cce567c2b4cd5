"""Which sessions took place: weekly hours that are kept, cancelled, interrupted, eased off and ended."""

import random
from dataclasses import replace
from datetime import date, timedelta

from countersign.demo.people import GROUP_HOUR, GROUP_LEADER, GROUP_WEEKDAY, WINDOW, Plan, is_closed
from countersign.demo.practices import Practice
from countersign.demo.records import Service

# Minutes within which a code may be used, with room to the next appointment.
MINUTES = {
    "90791": (52, 60),
    "90832": (24, 34),
    "90834": (42, 50),
    "90837": (53, 58),
    "90847": (48, 55),
    "90853": (90, 90),
}
WEEK = timedelta(days=7)


def services(practice: Practice, plan: Plan, on_medicaid: bool, today: date, rng: random.Random) -> list[Service]:
    """The client's services of two years up to the day before `today`, in order; `number` is still 0."""
    usual = rng.choices(("90837", "90834", "90832"), (45, 45, 10))[0]
    if plan.family == "substance" and on_medicaid:
        usual = "H0004"
    home = rng.choices((0.0, 0.15, 0.95), (50, 30, 20))[0]  # how often by video
    found = []
    for day in _kept_days(plan, today, rng):
        code = "90791" if day == plan.client.started_on else _code(usual, plan.family, rng)
        found.append(_service(practice, plan, day, code, _place(home, rng), rng))
    if plan.weekday != GROUP_WEEKDAY and rng.random() < 0.09:
        found += _group(practice, plan, today, rng)
    return sorted(found, key=lambda service: service.served_on)


def _kept_days(plan: Plan, today: date, rng: random.Random) -> list[date]:
    """Intake and last session are always kept; in between one in nine is cancelled and life intervenes."""
    client = plan.client
    last = client.discharged_on or today - timedelta(days=1)
    opens = today - WINDOW
    rhythm = rng.choices((1, 2, 4), (66, 28, 6))[0]
    eases_on = max(client.started_on, opens) + WEEK * rng.randint(20, 70)
    gaps = [_gap(opens, rng) for _ in range(rng.choice((1, 2, 3)))]
    kept, day, week = [], client.started_on, 0
    while day <= last:
        interval = max(rhythm, 2) if day >= eases_on else rhythm
        certain = day in (client.started_on, client.discharged_on)
        away = any(start <= day <= stop for start, stop in gaps) or rng.random() < 0.11
        if day >= opens and not is_closed(day) and (certain or (week % interval == 0 and not away)):
            kept.append(day)
        day, week = day + WEEK, week + 1
    return kept


def _gap(opens: date, rng: random.Random) -> tuple[date, date]:
    start = opens + timedelta(days=rng.randint(0, WINDOW.days))
    return start, start + timedelta(days=rng.choice((8, 12, 15, 22, 40)))


def _code(usual: str, family: str, rng: random.Random) -> str:
    if rng.random() < (0.16 if family == "youth" else 0.02):
        return "90847"
    if usual == "90837" and rng.random() < 0.12:
        return "90834"
    return usual


def _place(home: float, rng: random.Random) -> str:
    if rng.random() >= home:
        return "11"
    return "02" if rng.random() < 0.12 else "10"


def _service(practice: Practice, plan: Plan, day: date, code: str, place: str, rng: random.Random) -> Service:
    fee = practice.fees[code]
    units = rng.choice((2, 3, 3)) if code == "H0004" else 1
    start = plan.hour * 60
    minutes = 15 * units if code == "H0004" else rng.randint(*MINUTES[code])
    several = len(plan.client.diagnoses) > 1 and rng.random() < 0.15
    return Service(
        number=0,
        client=plan.client.number,
        clinician=plan.client.clinician,
        served_on=day,
        start_minute=start,
        stop_minute=start + minutes,
        code=code,
        label=fee.label,
        units=units,
        charge=fee.charge * units,
        place=place,
        diagnosis_pointer=2 if several else 1,
    )


def _group(practice: Practice, plan: Plan, today: date, rng: random.Random) -> list[Service]:
    """Twelve to thirty weeks of the Thursday group, within the client's stay."""
    client = plan.client
    first = max(client.started_on, today - WINDOW) + WEEK * 4
    day = first + timedelta(days=(GROUP_WEEKDAY - first.weekday()) % 7)
    last = min(client.discharged_on or today - timedelta(days=1), day + WEEK * rng.randint(12, 30))
    found = []
    while day <= last:
        if not is_closed(day) and rng.random() > 0.15:
            service = _service(practice, plan, day, "90853", "11", rng)
            shift = GROUP_HOUR * 60 - service.start_minute
            found.append(
                replace(
                    service,
                    clinician=GROUP_LEADER,
                    start_minute=service.start_minute + shift,
                    stop_minute=service.stop_minute + shift,
                )
            )
        day += WEEK
    return found
