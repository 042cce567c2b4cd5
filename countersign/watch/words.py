"""How an alert is said. Never the name of a client: whoever reads alerts may not be allowed to see clients."""

from countersign.audit.actions import ACTIONS


def who(event):
    if event.person == "unknown":
        return f"Somebody at {event.address}" if event.address else "Somebody"
    return f"{event.person} of {event.company}" if event.company else event.person


def new_person(event):
    return f"{who(event)} signed in for the first time, through {event.billing_user}, from {event.address}"


def new_key(event):
    return f"{who(event)} signed in through {event.billing_user} for the first time"


def new_network(event, block):
    return f"{who(event)} signed in from a network not seen before, {block}"


def rate(event, limit):
    return f"{who(event)} opened more than {limit} clients within an hour"


def export(event):
    """Without what the sentence of the record fills in: that may be a client."""
    return f"{who(event)} {ACTIONS[event.action].partition('{')[0].rstrip(' ,:')}"


def refusals(event, count):
    where = "in one visit" if event.visit else "at the sign-in"
    return f"{who(event)} was refused {count} times in a row {where}"


def hours(event, moment):
    return f"{who(event)} was in the practice on {moment}, outside the agreed hours"


def replayed(event):
    return f"A sign-in of {event.person} was presented a second time, for {event.object}; what it opened was ended"


def forged(event):
    about = f" of {event.object}" if event.object else ""
    return f"A sign-in{about} was refused as forged or meant for somebody else: {event.reason}"


def contradicted(event):
    return f"{event.person} {ACTIONS[event.action].format(object=event.object, client='')}"


def term(event):
    if event.action == "support.asked":
        return f"{event.person} of Support asks to come in for {event.object.rpartition(', ')[2]}: {event.reason}"
    if event.action == "listing.applied":
        return f"{event.object} applies to be listed as a billing company: {event.reason}"
    if event.action == "access.asked":
        return f"{who(event)} asks for {event.object}: {event.reason}"
    return event.object[:1].upper() + event.object[1:]
