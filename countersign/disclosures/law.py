"""The numbers of 45 CFR 164.528, and what it exempts, in our own words."""

from datetime import date, timedelta

YEARS = 6  # (a)(1): before the day of the request
DAYS = 60  # (c)(1)(i): to give it
MORE_DAYS = 30  # (c)(1)(ii): once, with a written reason
ORAL_DAYS = 30  # (a)(2)(ii)(C): a suspension asked for by word of mouth
COMPLIANCE_ON = date(2003, 4, 14)  # (a)(1)(ix): nothing before it is accounted for

EXEMPT = [
    ("To treat the client, to be paid for it, or to run the practice. What a billing company opens is payment: it is "
     "in “Who opened this client”, and not here", "164.528(a)(1)(i)"),
    ("To the client about themselves", "164.528(a)(1)(ii)"),
    ("What comes along unavoidably with a use or disclosure that is permitted", "164.528(a)(1)(iii)"),
    ("What the client authorized in writing", "164.528(a)(1)(iv)"),
    ("For a directory of the facility, or to people involved in the client's care", "164.528(a)(1)(v)"),
    ("For national security or intelligence", "164.528(a)(1)(vi)"),
    ("To a correctional institution or an officer who has the client in custody", "164.528(a)(1)(vii)"),
    ("As part of a limited data set", "164.528(a)(1)(viii)"),
    ("Before the practice had to comply (April 14, 2003, at the earliest)", "164.528(a)(1)(ix)"),
]


def earliest(asked_on):
    """The first day that a request of that day can reach back to; from a leap day, to February 28."""
    try:
        return max(asked_on.replace(year=asked_on.year - YEARS), COMPLIANCE_ON)
    except ValueError:
        return max(date(asked_on.year - YEARS, 2, 28), COMPLIANCE_ON)


def due_on(accounting):
    """The last day to give it."""
    return accounting.asked_on + timedelta(days=DAYS + (MORE_DAYS if hasattr(accounting, "extension") else 0))
