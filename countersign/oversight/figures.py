"""The numbers of a company's month, from visits and events: six queries, whatever the month held.

The result is plain JSON: texts, whole numbers and times in UTC (ISO 8601), so that a statement can be kept as it was.
"""

from collections import Counter, defaultdict
from datetime import UTC, timedelta

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from countersign.access.models import Visit
from countersign.audit import actors
from countersign.audit.models import Event
from countersign.instances import binding
from countersign.instances.models import Instance
from countersign.oversight import counts, months, stays

CHUNK = 2000


def of(company_id, month, *, name):
    """What one company did in a month, until its end or now. name: of the company, as it is called today."""
    now = timezone.now()
    since, end = months.span(month)
    until = min(end, now)
    visits = _visits(company_id, since, end)
    seen = _Seen(visits)
    seen.read(since, end)
    found = [_stay(visit, seen, since=since, until=until, now=now) for visit in visits]
    found = [stay for stay in found if stay]
    return {
        "practice": binding.bound().name,
        "company": name,
        "month": f"{month:%Y-%m}",
        "zone": timezone.get_current_timezone_name(),
        "until": _text(until),
        "complete": until == end,
        "totals": _totals(found, seen),
        "people": _people(company_id, found, seen, since=since),
        "visits": [{key: value for key, value in stay.items() if key not in ("visit", "part")} for stay in found],
        "days": [{"day": f"{day}", **one.plain()} for day, one in sorted(seen.days.items())],
        "did": [
            {"action": action, "words": counts.words(action), "count": number}
            for action, number in seen.actions.most_common()
        ],
        "refused": [
            {"words": said, "rule": rule, "count": number} for (said, rule), number in seen.rules.most_common()
        ],
        "turned_away": _turned_away(company_id, name, visits, since, end),
        "seqs": [seen.first or 0, seen.last or 0],
    }


def _visits(company_id, since, end):
    """Whatever can have been inside in that time: no visit lasts longer than 12 hours."""
    earliest = since - timedelta(seconds=settings.ABSOLUTE_SECONDS)
    return list(
        Visit.objects.filter(company_id=company_id, began_at__gte=earliest, began_at__lt=end)
        .select_related("session", "ending").order_by("began_at", "id")
    )


class _Seen:
    """The events of those visits, counted in one reading."""

    def __init__(self, visits):
        self.visits = {str(visit.id): visit for visit in visits}
        self.by_visit, self.by_person = defaultdict(counts.Counts), defaultdict(counts.Counts)
        self.days, self.all = defaultdict(counts.Counts), counts.Counts()
        self.actions, self.rules, self.last_at = Counter(), Counter(), {}
        self.first = self.last = None

    def read(self, since, end):
        events = Event.objects.filter(
            source=actors.THIRD_PARTY, at__gte=since, at__lt=end, company__in={v.company for v in self.visits.values()}
        ).order_by("at", "seq").values_list("seq", "at", "visit", "action", "result", "rule", "client_id")
        for seq, at, visit, action, result, rule, client in events.iterator(chunk_size=CHUNK):
            if visit in self.visits:  # another company may have the same name; visits tell them apart
                self.count(seq, at, visit, action, result, rule, client)

    def count(self, seq, at, visit, action, result, rule, client):
        person = _identity(self.visits[visit])
        day = timezone.localtime(at).date()
        for one in (self.by_visit[visit], self.by_person[person], self.days[day], self.all):
            one.add(action, result, client)
        self.actions[action] += 1
        if counts.kind(action, result) == "refusals":
            self.rules[counts.rule_words(action, rule), rule] += 1
        self.first, self.last = min(self.first or seq, seq), max(self.last or seq, seq)
        if action != "session.expired":  # that is written when the browser comes back, hours later
            self.last_at[visit] = at


def _identity(visit):
    return visit.iss, visit.sub


def _stay(visit, seen, *, since, until, now):
    """One visit as the statement lists it; None when nobody was inside in that time and nothing was done."""
    key = str(visit.id)
    ended = stays.left(visit, now=now, last=seen.last_at.get(key))
    part = stays.within(visit.began_at, ended or now, since=since, until=until)
    if part is None and key not in seen.last_at:
        return None
    return {
        "visit": visit, "part": part, "id": key, "person": visit.person, "billing_user": visit.billing_user,
        "address": visit.session.address, "factors": visit.factors, "began": _text(visit.began_at),
        "ended": _text(ended) if ended and ended <= until else "",
        "how": stays.how(visit, now=now) if ended and ended <= until else "",
        "seconds": stays.seconds([part]) if part else 0, **seen.by_visit[key].plain(),
    }


def _people(company_id, found, seen, *, since):
    by_person = defaultdict(list)
    for stay in found:
        by_person[_identity(stay["visit"])].append(stay)
    subs = {sub for _, sub in by_person}
    first_ever = {
        (iss, sub): first
        for iss, sub, first in Visit.objects.filter(company_id=company_id, sub__in=subs).order_by()
        .values("iss", "sub").annotate(first=Min("began_at")).values_list("iss", "sub", "first")
    }
    people = [_person(who, own, first_ever[who], since, seen) for who, own in by_person.items()]
    return sorted(people, key=lambda one: (-one["seconds"], one["person"], one["sub"]))


def _person(who, own, first_ever, since, seen):
    names = list(dict.fromkeys(stay["person"] for stay in reversed(own)))
    return {
        "person": names[0], "also": names[1:], "iss": who[0], "sub": who[1], "first_ever": _text(first_ever),
        "is_new": first_ever >= since, "first": own[0]["began"], "last": own[-1]["began"], "visits": len(own),
        "seconds": stays.seconds(stay["part"] for stay in own if stay["part"]),
        "billing_users": sorted({stay["billing_user"] for stay in own}),
        "addresses": sorted({stay["address"] for stay in own if stay["address"]}),
        "factors": sorted({stay["factors"] for stay in own}), **seen.by_person[who].plain(),
    }


def _totals(found, seen):
    parts = defaultdict(list)
    for stay in found:
        if stay["part"]:
            parts[_identity(stay["visit"])].append(stay["part"])
    people = {_identity(stay["visit"]) for stay in found}
    inside = sum(stays.seconds(own) for own in parts.values())
    return {"people": len(people), "visits": len(found), "seconds": inside, **seen.all.plain()}


def _turned_away(company_id, name, visits, since, end):
    """[{reason, count}]: attempts through this company's Billing users that were refused at the second part."""
    names = {name, *(visit.company for visit in visits)}
    names |= set(Instance.objects.filter(id=company_id).values_list("name", flat=True))
    reasons = Event.objects.filter(
        action="sign-in.second-part.refused", at__gte=since, at__lt=end, object__in=names
    ).values_list("reason", flat=True)
    return [{"reason": reason, "count": number} for reason, number in Counter(reasons).most_common()]


def _text(moment):
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
