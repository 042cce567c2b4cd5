"""Statements of charges as PDF and as rows for a spreadsheet."""

from countersign.metering import words
from countersign.ui.paper import Paper

COLUMNS = ("Month", "Name", "User ID", "User Type", "Why charged", "From", "Amount")
ALL_COLUMNS = ("Month", "Instance", "Address", "Price plan", "Price per user", "Users", "Total")
ON_PAPER = 1000  # rows; more take longer to draw than a page may take, and nobody reads them
RULE = (
    "Charged for is every System Administrator and Regular user who was active at any moment of the month, or signed "
    "in during it. Restricted and Billing users are not charged for."
)


def statement(one, *, instance):
    """One month of one instance, as bytes."""
    paper = Paper(
        title=f"Charges for {words.month(one.month_on)}", owner=one.instance_name, foot="Amounts in US dollars",
        lead=f"Days are those of the time zone {one.time_zone}. {RULE}",
    )
    paper.facts([
        ("Account", f"{one.instance_name} ({instance.slug})"), ("Price plan", one.plan),
        ("Price per user and month", f"{one.price:,.2f}"), ("Users", one.users), ("Total", f"{one.total:,.2f}"),
        ("Frozen", f"{words.day(one.frozen_at)} by {one.frozen_by}; it does not change any more"),
    ])
    if one.note:
        paper.text(one.note)
    paper.heading("Who is charged for, and why")
    rows = [
        (line.name, line.user_id, line.type, line.why, words.day(line.from_on), f"{line.amount:,.2f}")
        for line in one.lines
    ]
    total = [("Total", "", "", f"{one.users} users", "", f"{one.total:,.2f}")] if rows else []
    paper.table(
        [("Name", 2.2, False), ("User ID", 1.6, False), ("User Type", 1.6, False), ("Why", 3, False),
         ("From", 1.1, False), ("Amount", 1, True)],
        rows + total, empty="Nobody was charged for.",
    )
    return paper.pdf()


def rows(one):
    month = words.month(one.month_on)
    for line in one.lines:
        yield (month, line.name, line.user_id, line.type, line.why, words.day(line.from_on), line.amount)


def of_all(month, found, sums):
    """One month of all instances, as bytes: a row for each of the first ON_PAPER, no person. The sums are of all."""
    paper = Paper(
        title=f"Charges of all instances for {words.month(month)}", owner="Support", foot="Amounts in US dollars",
        lead=f"Frozen statements. {RULE}",
    )
    paper.facts([
        ("Statements", f"{sums['statements']:,}"), ("Users", f"{sums['users']:,}"), ("Total", f"{sums['total']:,.2f}"),
    ])
    paper.heading("Instance by instance")
    paper.table(
        [("Instance", 3, False), ("Address", 2, False), ("Price plan", 2, False), ("Price", 1, True),
         ("Users", 0.8, True), ("Total", 1.2, True)],
        [(one.instance_name, one.instance.slug, one.plan, f"{one.price:,.2f}", f"{one.users:,}", f"{one.total:,.2f}")
         for one in found[:ON_PAPER]],
        empty="No statement was made for this month.",
    )
    if sums["statements"] > ON_PAPER:
        paper.text(f"These are the first {ON_PAPER:,} of {sums['statements']:,}, by name. The CSV holds every one.")
    return paper.pdf()


def rows_of_all(month, found):
    for one in found:
        yield (words.month(month), one.instance_name, one.instance.slug, one.plan, one.price, one.users, one.total)
