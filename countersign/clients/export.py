"""The client list as a file: profiles and who pays, nothing of services or notes."""

from countersign.clients.listing import ORDER, with_first_payer
from countersign.clients.reach import NOTICE
from countersign.ui import spreadsheet

COLUMNS = {
    "Number": "number",
    "Last name": "last_name",
    "First name": "first_name",
    "Date of birth": "born_on",
    "Sex": "sex",
    "Street": "street",
    "Town": "town",
    "State": "state",
    "ZIP code": "postal_code",
    "Phone": "phone",
    "E-mail": "email",
    "Status": "status",
    "Started on": "started_on",
    "Discharged on": "discharged_on",
    "Clinician": "clinician__last_name",
    "Payer": "first_payer__payer__name",
    "Payer ID": "first_payer__payer__payer_id",
    "Member ID": "first_payer__member_id",
}


def csv(asked):
    """(file, count of clients). Its last row is the notice of 42 CFR 2.32 when a client in it is under Part 2."""
    part_2 = set()

    def rows():
        """One tuple a client, in the order of COLUMNS; dates as MM/DD/YYYY, as on the screen."""
        found = with_first_payer(asked.clients()).order_by(*ORDER).values_list("part_2", *COLUMNS.values())
        for is_part_2, *row in found.iterator(chunk_size=500):
            part_2.add(is_part_2)
            yield [f"{cell:%m/%d/%Y}" if hasattr(cell, "month") else cell for cell in row]

    def foot():
        if True in part_2:
            yield [NOTICE]

    return spreadsheet.safe_csv(COLUMNS, rows(), foot=foot())
