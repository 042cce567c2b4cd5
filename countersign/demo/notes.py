"""Notes about sessions, put together from our own sentences."""

import random
from datetime import UTC, date, datetime, time, timedelta

from countersign.demo import sentences as s
from countersign.demo.people import Plan
from countersign.demo.phrases import REPORTS, WORK
from countersign.demo.practices import Practice
from countersign.demo.records import ProgressNote, PsychotherapyNote, Service


def progress_notes(
    practice: Practice, plan: Plan, sessions: list[Service], today: date, rng: random.Random
) -> list[ProgressNote]:
    """A note for all but a few of one client's sessions; about one in sixteen is still a draft."""
    topic = None
    written = []
    for left, service in zip(reversed(range(len(sessions))), sessions, strict=True):
        if rng.random() < 0.03:
            continue
        options = [one for one in REPORTS[plan.family] if one[0] != topic]
        topic, report = rng.choice(options)
        title, body = _text(plan, service, _phase(service, left, plan), topic, report, rng)
        written.append(_note(practice, service, title, body, today, rng))
    return written


def _phase(service: Service, left: int, plan: Plan) -> str:
    """How far the treatment has come, with `left` sessions still to follow."""
    if service.served_on - plan.client.started_on < timedelta(days=50):
        return "early"
    return "closing" if plan.client.discharged_on and left < 5 else "middle"


def _text(plan: Plan, service: Service, phase: str, topic: str, report: str, rng) -> tuple[str, str]:
    pick = rng.choice
    if service.code == "90791":
        young = plan.family == "youth"
        reason, history = (s.YOUTH_INTAKES, s.YOUTH_HISTORIES) if young else (s.INTAKES, s.INTAKE_HISTORIES)
        return "Intake", _labelled(
            Data=f"{pick(reason)} {pick(history)}",
            Assessment=pick(s.RISKS),
            Plan=pick(s.INTAKE_PLANS),
        )
    if service.code == "90853":
        return "Group session", _labelled(
            Data=f"{pick(s.GROUP_DATA)} {pick(s.GROUP_PARTS)}",
            Assessment=pick(s.ASSESSMENTS[phase]),
            Plan="Continue in the group next Thursday.",
        )
    last = service.served_on == plan.client.discharged_on
    ending = pick(s.GOODBYES) if last else pick(s.PLANS[phase])
    if service.code == "90847":
        return "Family session", _labelled(
            Data=f"{pick(s.FAMILY_DATA)} {pick(s.FAMILY_WORK)}", Assessment=pick(s.ASSESSMENTS[phase]), Plan=ending
        )
    title = "Last session" if last else f"Individual session: {topic}"
    work, assessment = pick(WORK[plan.family]), pick(s.ASSESSMENTS[phase])
    if service.clinician % 2:  # a clinician keeps to one form
        opening = f"{s.VIDEO} " if service.place != "11" else ""
        return title, _labelled(Data=f"{opening}{report} {work}", Assessment=assessment, Plan=ending)
    if rng.random() < 0.4:
        assessment = f"{assessment} {pick(s.RISKS)}"
        return title, _labelled(Subjective=report, Objective=work, Assessment=assessment, Plan=ending)
    observed = f"{pick(s.OBSERVATIONS)} {work}"
    return title, _labelled(Subjective=report, Objective=observed, Assessment=assessment, Plan=ending)


def _labelled(**parts: str) -> str:
    return "\n".join(f"{label}: {text}" for label, text in parts.items())


def _note(practice: Practice, service: Service, title: str, body: str, today: date, rng) -> ProgressNote:
    written_at = _moment(practice, service.served_on, service.stop_minute)
    signed_at = written_at + timedelta(minutes=rng.choice((4, 7, 11, 25, 48, 95, 1440, 2890)) + rng.randint(0, 9))
    recent = (today - service.served_on).days <= 14
    late = signed_at >= datetime.combine(today, time(), UTC)  # nothing is signed in the future
    draft = late or rng.random() < (0.35 if recent else 0.05)
    return ProgressNote(
        service=service.number,
        client=service.client,
        clinician=service.clinician,
        title=title,
        body=body,
        written_at=written_at,
        signed_by=None if draft else service.clinician,
        signed_at=None if draft else signed_at,
    )


def psychotherapy_notes(practice: Practice, sessions: list[Service], rng: random.Random) -> list[PsychotherapyNote]:
    """Two to five private notes of the clinician's own about one client."""
    own = [one for one in sessions if one.code != "90853"]
    chosen = sorted(rng.sample(range(len(own)), min(len(own), rng.randint(2, 5))))
    return [
        PsychotherapyNote(
            client=own[index].client,
            clinician=own[index].clinician,
            title=rng.choice(s.PRIVATE_TITLES),
            body=" ".join(map(rng.choice, (s.PRIVATE_OPENINGS, s.PRIVATE_HUNCHES, s.PRIVATE_RESOLVES))),
            written_at=_moment(practice, own[index].served_on, own[index].stop_minute + 3),
        )
        for index in chosen
    ]


def _moment(practice: Practice, day: date, minute: int) -> datetime:
    midnight = datetime.combine(day, time(), UTC)
    return midnight + timedelta(hours=practice.utc_offset, minutes=minute)
