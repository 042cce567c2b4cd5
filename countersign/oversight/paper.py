"""An access statement as PDF."""

from countersign.oversight import shown
from countersign.ui.paper import Paper

FOOT = "Confidential: it names people and says what they did with health information."


def statement(numbers, month, *, kept=None, reviews=()):
    """The document, as bytes. kept: the Statement it is the paper of; None for a month that is not over."""
    with shown.zone_of(numbers):
        so_far = "" if kept else ", so far"
        paper = Paper(
            title=f"Access statement: {numbers['company']}, {shown.month_name(month)}{so_far}", foot=FOOT,
            owner=numbers["practice"],
            lead=f"Who of {numbers['company']} came into {numbers['practice']}, when, and what they did. Counted until "
                 f"{shown.moment(numbers['until'])}. Times are those of the zone {shown.zone_name(numbers)}.",
        )
        _totals(paper, numbers)
        _people(paper, numbers)
        _work(paper, numbers)
        _visits(paper, numbers)
        if kept:
            _reviews(paper, reviews)
            paper.heading("The checkpoint it stands on")
            paper.facts([*shown.checkpoint(kept.checkpoint), ("Events counted here", _range(kept))])
            paper.text(shown.VERIFY)
        return paper.pdf()


def _range(kept):
    return f"numbers {kept.first_seq} to {kept.last_seq} of the record" if kept.last_seq else "none"


def _totals(paper, numbers):
    totals = numbers["totals"]
    paper.heading("In short")
    paper.facts([
        ("People", totals["people"]), ("Visits", totals["visits"]), ("Time inside", shown.duration(totals["seconds"])),
        ("Clients opened", totals["clients"]), ("Ledgers opened", totals["ledgers"]), ("Searches", totals["searches"]),
        ("Exports and downloads", totals["exports"]), ("Changes", totals["changes"]), ("Refusals", totals["refusals"]),
        ("Everything recorded", totals["requests"]),
    ])
    paper.heading("Out of the ordinary")
    said = shown.unusual(numbers)
    paper.text("\n".join(said) if said else "Nothing that stands out by itself.")


def _people(paper, numbers):
    paper.heading("Who came")
    paper.table(
        [("Person", 3, False), ("First and last visit", 3, False), ("Through, from", 3, False), ("Visits", 1, True),
         ("Inside", 1.6, True), ("Clients", 1, True), ("Changes", 1.1, True)],
        [
            (f"{one['person']}\n{one['sub']}\n{one['iss']}",
             f"{shown.moment(one['first'])}\n{shown.moment(one['last'])}",
             "\n".join([*one["billing_users"], *one["addresses"]]), one["visits"], shown.duration(one["seconds"]),
             one["clients"], one["changes"])
            for one in numbers["people"]
        ],
        empty="Nobody came.",
    )


def _work(paper, numbers):
    paper.heading("What they did")
    paper.table(
        [("What happened", 5, False), ("Times", 1, True)], [(one["words"], one["count"]) for one in numbers["did"]],
        empty="Nothing was recorded.",
    )
    paper.heading("What was refused")
    paper.table(
        [("Rule", 5, False), ("Times", 1, True)], [(one["words"], one["count"]) for one in numbers["refused"]],
        empty="Nothing was refused.",
    )
    paper.heading("Days with most activity")
    paper.table(
        [("Day", 3, False), ("Recorded", 1, True), ("Clients", 1, True), ("Changes", 1, True)],
        [(shown.day(one["day"]), one["requests"], one["clients"], one["changes"]) for one in shown.busiest(numbers)],
        empty="There was no activity.",
    )


def _visits(paper, numbers):
    paper.heading("The visits one by one")
    paper.table(
        [("Person", 2.4, False), ("Began", 2.2, False), ("Ended", 2.2, False), ("How it ended", 2, False),
         ("From", 1.7, False), ("Inside", 1.4, True), ("Clients", 1, True), ("Events", 1, True)],
        [
            (one["person"], shown.moment(one["began"]), shown.moment(one["ended"]), one["how"], one["address"],
             shown.duration(one["seconds"]), one["clients"], one["requests"])
            for one in numbers["visits"]
        ],
        empty="There was no visit.",
    )


def _reviews(paper, reviews):
    paper.heading("Review (45 CFR 164.308(a)(1)(ii)(D))")
    if not reviews:
        paper.text("Not yet reviewed.")
    for review in reviews:
        signed = f"{review.signed_by} ({review.user_id}), {shown.stamp(review.signed_at)}"
        paper.facts([(review.get_finding_display(), review.text), ("Signed", signed)])
