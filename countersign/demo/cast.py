"""Who is in the demo: the instances, their people, and the keys of Good Therapy. All fictional, the same every time."""

from dataclasses import dataclass

from countersign.demo.practices import PRACTICES

ADMINISTRATOR, REGULAR, RESTRICTED, BILLING = "administrator", "regular", "restricted", "billing"


@dataclass(frozen=True)
class House:
    slug: str
    name: str
    kind: str
    time_zone: str
    clients: int = 0
    listed: bool = False
    site: str = ""  # host label of its admin site


@dataclass(frozen=True)
class Member:
    """groups: names of predefined permission groups. company: slug of the billing company, for the type Billing."""

    slug: str
    role: str
    name: str
    user_id: str
    type: str
    password: str
    email: str = ""
    groups: tuple[str, ...] = ()
    company: str = ""


HOUSES = (
    House("support", "Support", "support", "America/New_York"),
    House("acme-billing", "ACME Billing", "billing_company", "America/New_York", listed=True,
          site="acme-customers"),
    House("good-therapy", "Good Therapy, Inc.", "practice", "America/New_York", clients=120),
    House("elm-street", "Elm Street Counseling", "practice", "America/Chicago", clients=40),
)


def _clinician(slug, password):
    one = PRACTICES[slug].clinicians[0]
    user_id = f"{one.first_name}.{one.last_name}".lower()
    return Member(
        slug, "Clinician", f"{one.first_name} {one.last_name}", user_id, REGULAR, password, one.email, ("Clinician",)
    )


def _biller(name, user_id, password):
    return Member("acme-billing", "Biller", name, user_id, RESTRICTED, password, f"{user_id}@example.com")


# Who at the billing company may use which key of its ring: User ID of the key → User IDs of people, or a team of them.
ASSIGNED = {"acme-billing": ("jane.doe", "june.park"), "acme-claims": "Claims"}
TEAMS = {"Claims": ("june.park", "jo.castellano")}

MEMBERS = (
    Member("support", "Administrator of Support", "Morgan Hale", "morgan.hale", ADMINISTRATOR,
           "lighthouse over gravel", "morgan.hale@example.com"),
    Member("acme-billing", "Administrator of ACME Billing", "Ada Whitlock", "ada.whitlock", ADMINISTRATOR,
           "nine copper kettles", "ada.whitlock@example.com"),
    _biller("Jane Doe", "jane.doe", "violets after rain"),
    _biller("June Park", "june.park", "slow train to the coast"),
    _biller("Jo Castellano", "jo.castellano", "paper boats in april"),
    Member("good-therapy", "Administrator of Good Therapy", "Priya Raman", "priya.raman", ADMINISTRATOR,
           "orchard behind the school", "priya.raman@example.org"),
    _clinician("good-therapy", "tea before the second hour"),
    Member("good-therapy", "Billing user: full cycle", "ACME Billing, full cycle", "acme-billing", BILLING,
           "brass key under the mat", "", ("Billing full cycle",), "acme-billing"),
    Member("good-therapy", "Billing user: claims only", "ACME Billing, claims only", "acme-claims", BILLING,
           "small key for one drawer", "", ("Billing claims only",), "acme-billing"),
    Member("elm-street", "Administrator of Elm Street", "Ellis Novak", "ellis.novak", ADMINISTRATOR,
           "snow on the feed store", "ellis.novak@example.net"),
    _clinician("elm-street", "window facing the elms"),
)
