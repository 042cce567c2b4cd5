"""Which events raise an alert. Each rule takes the new events in their order and gives the alerts they raise.

What a rule must remember of earlier events it asks of the record or of `Known`, so that it makes no difference how
many events come at once, and nothing is remembered in a process.
"""

from collections import Counter, deque
from datetime import timedelta

from django.utils import timezone
from django.utils.dateformat import format as written

from countersign.audit.actions import ACTIONS
from countersign.audit.actors import OURS, THIRD_PARTY
from countersign.audit.models import Event
from countersign.watch import words
from countersign.watch.models import Alert, AlertKind, Known
from countersign.watch.networks import block

HOUR = timedelta(hours=1)
VISIT = timedelta(hours=13)  # longer than any visit lasts
ENTRANCES = ("visit.began", "sign-in.accepted")
REFUSED_AT_THE_DOOR = (
    "sign-in.refused", "sign-in.first-part.refused", "sign-in.second-part.refused", "sign-in.throttled",
    "activation.refused",
)
EXPORTS = tuple(action for action in ACTIONS if action.endswith(".exported"))
CONTRADICTIONS = ("record.contradicted", "witness.contradicted", "witness.key.changed")
# What somebody has to decide, or should know in time, once each.
TERMS = (
    "access.ends-soon", "access.review.overdue", "access.asked", "support.asked", "listing.noticed", "listing.applied",
)
NO_ACCESS = ("visit.left", "session.expired")  # the end of a visit opens nothing
# Refusals of a second part that tell of a delay, a fault or a decision, and not of somebody who tries something.
# The list names the harmless: what is added to the reasons one day raises an alert until somebody has thought of it.
HARMLESS = (
    "there was no first part", "the first part was more than", "the Billing user", "the company is not", "no answer",
    "answered", "the home refused", "the answer is too", "the answer is packed", "no keys", "no ID token: 5", "expired",
    "too old", "the ticket is more than a minute old", "the sign-in at the home is too old",
    "the issuer's keys cannot be read", "the agreement with", "the company is suspended",
)


class Recent:
    """Alerts of the last hours by kind and subject: the same thing is not said twice within an hour."""

    def __init__(self, first_at):
        found = Alert.objects.filter(at__gt=first_at - VISIT).order_by("at").values_list("kind", "subject", "at")
        self.last = {(kind, subject): at for kind, subject, at in found}

    def already(self, kind, subject, at, within=HOUR):
        last = self.last.get((kind, subject))
        return last is not None and at - last < within

    def alert(self, kind, event, sentence, subject):
        self.last[kind, subject] = event.at
        return Alert(
            kind=kind, at=event.at, seq=event.seq, subject=subject, person=event.person, iss=event.iss, sub=event.sub,
            company=event.company, billing_user=event.billing_user, visit=event.visit, address=event.address,
            sentence=f"{sentence}."[:900],
        )


def judge(events, rules):
    """(alerts, new Known rows) of events in order, as `looking.FIELDS`."""
    if not events:
        return [], []
    recent = Recent(events[0].at)
    alerts, known = entrances(events, rules, recent)
    for rule in (clients, exports, refusals, hours, forged, contradictions, terms):
        alerts += rule(events, rules, recent)
    return sorted(alerts, key=lambda alert: alert.seq), known


def individual(event):
    return f"{event.sub}@{event.iss}"


def watched(event, rules):
    return event.source == THIRD_PARTY or (rules.ours and event.source == OURS)


def entrances(events, rules, recent):
    """First visits, first visits through another Billing user, and networks that are new for somebody."""
    came = [event for event in events if event.action in ENTRANCES and event.sub]
    before = {}
    for iss, sub, what, value in Known.objects.filter(sub__in={event.sub for event in came}).values_list(
        "iss", "sub", "what", "value"
    ):
        before.setdefault((iss, sub), set()).add((what, value))
    alerts, new = [], []
    for event in came:
        had = before.setdefault((event.iss, event.sub), set())
        key, network = (Known.KEY, event.billing_user), (Known.NETWORK, block(event.address))
        if watched(event, rules):
            alerts += _entrance(event, had, key, network, recent)
        for what, value in {key, network} - had:
            if value:
                new.append(Known(iss=event.iss, sub=event.sub, what=what, value=value))
        had |= {key, network}
    return alerts, new


def _entrance(event, had, key, network, recent):
    if event.visit and not any(what == Known.KEY for what, _ in had):
        yield recent.alert(AlertKind.NEW_PERSON, event, words.new_person(event), individual(event))
    elif event.visit and key not in had:
        yield recent.alert(AlertKind.NEW_KEY, event, words.new_key(event), individual(event))
    if network[1] and network not in had and any(what == Known.NETWORK for what, _ in had):
        yield recent.alert(AlertKind.NEW_NETWORK, event, words.new_network(event, network[1]), individual(event))


def clients(events, rules, recent):
    """More than so many different clients within an hour by one person (case 81); said again after an hour of it."""
    by_person = {}
    for event in events:
        if event.client_id and event.result == "ok" and event.sub and watched(event, rules):
            by_person.setdefault((event.iss, event.sub), []).append(event)
    alerts = []
    for found in by_person.values():
        window = deque(_opened_before(found[0]))
        counts = Counter(client for _, client in window)
        for event in found:
            window.append((event.at, event.client_id))
            counts[event.client_id] += 1
            while window[0][0] <= event.at - HOUR:
                gone = window.popleft()[1]
                counts[gone] -= 1
                if not counts[gone]:
                    del counts[gone]
            if len(counts) > rules.clients_an_hour and not recent.already(AlertKind.RATE, individual(event), event.at):
                sentence = words.rate(event, rules.clients_an_hour)
                alerts.append(recent.alert(AlertKind.RATE, event, sentence, individual(event)))
    return alerts


def _opened_before(first):
    """(at, client) of what the same person opened in the hour before, by the index (sub, seq)."""
    start = Event.objects.filter(at__gt=first.at - HOUR).order_by("at").values_list("seq", flat=True).first()
    rows = Event.objects.filter(sub=first.sub, seq__gte=start or first.seq, seq__lt=first.seq).order_by("seq")
    return [
        (at, client) for at, client, iss, result in rows.values_list("at", "client_id", "iss", "result")
        if client and iss == first.iss and result == "ok" and at > first.at - HOUR
    ]


def exports(events, rules, recent):
    return [
        recent.alert(AlertKind.EXPORT, event, words.export(event), individual(event))
        for event in events if event.action in EXPORTS and event.result == "ok" and watched(event, rules)
    ]


def refusals(events, rules, recent):
    """So many refusals in a row within an hour, in one visit or at the door from one address."""
    chains = {}
    for event in events:
        if event.visit:
            chains.setdefault(("visit", event.visit), []).append(event)
        if event.address and event.action in (*REFUSED_AT_THE_DOOR, *ENTRANCES):
            chains.setdefault(("address", event.address), []).append(event)
    alerts = []
    for (what, value), chain in chains.items():
        if any(_refused(event.action, event.result) for event in chain):
            alerts += _in_a_row(chain, _before(what, value, chain[0]), f"{what} {value}", rules, recent)
    return alerts


def _refused(action, result):
    """True for a refusal, False for what ends a row of them; None for a form with a mistake in it, which is neither."""
    return None if action == "page.invalid" else result == "refused"


def _before(what, value, first):
    """(at, action, result) of the hour before, in order."""
    if what == "visit":
        rows = Event.objects.exclude(visit="").filter(visit=value)
    else:
        rows = Event.objects.filter(address=value, action__in=(*REFUSED_AT_THE_DOOR, *ENTRANCES))
    rows = rows.filter(seq__lt=first.seq, at__gt=first.at - HOUR).order_by("-seq")
    return reversed(rows.values_list("at", "action", "result")[:200])


def _in_a_row(chain, before, subject, rules, recent):
    row = deque()
    for at, action, result, event in [
        *((*earlier, None) for earlier in before), *((one.at, one.action, one.result, one) for one in chain)
    ]:
        refused = _refused(action, result)
        if refused is False:
            row.clear()
        elif refused:
            row.append(at)
            while row[0] <= at - HOUR:
                row.popleft()
            if event and len(row) >= rules.refusals_in_a_row and not recent.already(AlertKind.REFUSALS, subject, at):
                yield recent.alert(AlertKind.REFUSALS, event, words.refusals(event, len(row)), subject)


def hours(events, rules, recent):
    """Access outside the agreed hours, once a visit."""
    alerts = []
    for event in events if rules.agreed else ():
        if event.source != THIRD_PARTY or not event.visit or event.action in NO_ACCESS:
            continue
        local = timezone.localtime(event.at)
        if not rules.agreed_at(local) and not recent.already(AlertKind.HOURS, event.visit, event.at, within=VISIT):
            sentence = words.hours(event, written(local, r"l \a\t g:i A"))
            alerts.append(recent.alert(AlertKind.HOURS, event, sentence, event.visit))
    return alerts


def forged(events, rules, recent):
    """A code presented twice, and answers or sign-outs that are forged or somebody else's; an hour of quiet each."""
    alerts = []
    for event in events:
        if event.action == "identity.code.replayed":
            subject, sentence = individual(event), words.replayed(event)
        elif event.action == "sign-in.second-part.refused" and not _harmless(event.reason):
            subject, sentence = f"network {block(event.address)}", words.forged(event)
        else:
            continue
        if not recent.already(AlertKind.FORGED, subject, event.at):
            alerts.append(recent.alert(AlertKind.FORGED, event, sentence, subject))
    return alerts


def _harmless(reason):
    return reason.startswith(HARMLESS) or reason.endswith("is not a listed billing company")


def contradictions(events, rules, recent):
    """A record that does not continue what somebody holds of it."""
    found = [(f"{event.action} {event.object}", event) for event in events if event.action in CONTRADICTIONS]
    return [
        recent.alert(AlertKind.CONTRADICTED, event, words.contradicted(event), subject)
        for subject, event in found if not recent.already(AlertKind.CONTRADICTED, subject, event.at)
    ]


def terms(events, rules, recent):
    """What ends soon, in the words of the event."""
    return [
        recent.alert(AlertKind.TERMS, event, words.term(event), f"event {event.seq}")
        for event in events if event.action in TERMS
    ]
