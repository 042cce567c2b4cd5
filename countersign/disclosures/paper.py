"""An accounting as the client gets it: PDF."""

from countersign.clients.reach import NOTICE
from countersign.disclosures import reports
from countersign.ui.paper import Paper


def accounting(asked, *, practice):
    """The document, as bytes."""
    client = asked.client
    paper = Paper(
        title="Accounting of disclosures", owner=practice, foot="Confidential",
        lead=f"Disclosures of the health information of {client.name}, born {client.born_on:%m/%d/%Y}, from "
             f"{asked.since_on:%m/%d/%Y} to {asked.until_on:%m/%d/%Y} (45 CFR 164.528).",
    )
    paper.facts([
        ("Client", str(client)), ("Asked for on", f"{asked.asked_on:%m/%d/%Y}"), ("By", asked.asked_by),
        *([("Given on", f"{asked.delivery.given_on:%m/%d/%Y}")] if hasattr(asked, "delivery") else []),
    ])
    paper.heading("Disclosures")
    paper.table(
        list(zip(reports.COLUMNS, (1.3, 1.8, 1.8, 2.4, 2.6), (False,) * 5, strict=True)), reports.cells(asked),
        empty="In this time there was no disclosure of which an account is owed.",
    )
    paper.text(
        "Not listed, because the rule exempts them: disclosures for treatment, payment and health care operations, to "
        "the client, with the client's authorization, and the others named in 45 CFR 164.528(a)(1)."
    )
    if client.part_2:
        paper.text(NOTICE)
    return paper.pdf()
