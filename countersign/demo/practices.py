"""The two demo practices as they are before any client comes: where they are, who works there, what they charge."""

from dataclasses import dataclass
from decimal import Decimal

from countersign.demo.names import email_of
from countersign.demo.records import Clinician, Fee, Payer

LABELS = {
    "90791": "Intake evaluation",
    "90832": "Psychotherapy, 30 min",
    "90834": "Psychotherapy, 45 min",
    "90837": "Psychotherapy, 60 min",
    "90847": "Family session with client",
    "90853": "Group session",
    "H0004": "Counseling, per 15 min",
}


@dataclass(frozen=True)
class Practice:
    share: int  # which half of the family names its clients bear
    state: str
    towns: tuple[tuple[str, str], ...]  # (town, postal code)
    area_codes: tuple[str, ...]
    utc_offset: int  # hours to add to local standard time to reach UTC
    payers: tuple[Payer, ...]
    clinicians: tuple[Clinician, ...]
    fees: dict[str, Fee]


def npi(serial: int) -> str:
    """A well-formed NPI nobody has: 10 digits, 80840 before it for the Luhn sum (45 CFR 162.406).

    The enumerator hands out numbers that begin with 1; those that begin with 2 are valid in form and kept unused.
    """
    body = f"2990{serial:05d}"
    return body + next(digit for digit in "0123456789" if passes_luhn("80840" + body + digit))


def passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def _fees(**charges: str) -> dict[str, Fee]:
    codes = {name.lstrip("c"): Decimal(charge) for name, charge in charges.items()}
    return {code: Fee(code, LABELS[code], charge) for code, charge in codes.items()}


def _clinicians(first_serial: int, domain: str, *people: tuple[str, str, str]) -> tuple[Clinician, ...]:
    return tuple(
        Clinician(index + 1, first, last, credential, npi(first_serial + 37 * index), email_of(first, last, domain))
        for index, (first, last, credential) in enumerate(people)
    )


PRACTICES = {
    "good-therapy": Practice(
        share=0,
        state="KY",
        towns=(
            ("Harlow Mills", "41903"), ("Port Ellery", "41911"), ("Wexcombe", "41917"), ("Saint Orrin", "41924"),
            ("Tolliver Springs", "41930"), ("North Carrow", "41938"), ("Bexley Ferry", "41952"),
        ),
        area_codes=("502", "859", "606"),
        utc_offset=5,
        payers=(
            Payer("HLHP1", "Harborlight Health Plan", "commercial", "(502) 555-0111"),
            Payer("CWMD2", "Commonwealth Medicaid", "medicaid", "(502) 555-0122"),
            Payer("BLMR3", "Blue Meridian", "commercial", "(859) 555-0133"),
        ),
        clinicians=_clinicians(
            1207, "example.org",
            ("Marguerite", "Ellsworth", "LCSW"), ("Dev", "Raghunathan", "PsyD"), ("Tomasina", "Beaufort", "LMFT"),
            ("Winston", "Adeyemi", "LPCC"), ("Kiyomi", "Hartsfield", "PhD"), ("Rosario", "Quintanilla", "LCSW"),
            ("Ansel", "Birnbaum", "LPCC"), ("Octavia", "Greer", "LCADC"),
        ),
        fees=_fees(c90791="225.00", c90832="98.00", c90834="142.00", c90837="188.00", c90847="175.00", c90853="62.00",
                   H0004="34.50"),
    ),
    "elm-street": Practice(
        share=1,
        state="IA",
        towns=(
            ("Vesper Grove", "51806"), ("Amity Bluff", "51814"), ("Linden Prairie", "51821"), ("New Tarrow", "51833"),
        ),
        area_codes=("319", "641"),
        utc_offset=6,
        payers=(
            Payer("PRLN4", "Prairie Lantern Health", "commercial", "(319) 555-0144"),
            Payer("HSMD5", "Heartland State Medicaid", "medicaid", "(641) 555-0155"),
            Payer("TGMU6", "Tallgrass Mutual", "commercial", "(319) 555-0166"),
        ),
        clinicians=_clinicians(
            5813, "example.net",
            ("Philippa", "Stroud", "LISW"), ("Mordecai", "Lindgren", "LMHC"), ("Evangeline", "Okonjo", "LMFT"),
        ),
        fees=_fees(c90791="210.00", c90832="90.00", c90834="130.00", c90837="170.00", c90847="160.00", c90853="55.00",
                   H0004="31.25"),
    ),
}
