"""The cases of docs/charges.md, each as what happens: written here, and what comes of it stands in the document."""

from datetime import date

from countersign.audit.actors import Actor, system
from countersign.instances import binding, catalogue
from countersign.instances.models import InstanceState
from countersign.metering import plans
from countersign.people import accounts, sessions
from countersign.people.models import ActiveTime, User, UserType
from countersign.people.permissions import offered
from tests.cast import PASSWORD
from tests.metering.conftest import CENTRAL
from tests.security.fillings import FROM

MORGAN = Actor(person="Morgan Hale", iss="http://support", sub="1")


class Life:
    """What happens at one instance, told with the clock."""

    def __init__(self, cast, clock, instance=None):
        self.cast, self.clock, self.instance = cast, clock, instance or cast.good_therapy

    def born(self, *when, name="Rowan", type=UserType.REGULAR, zone=None, **more):
        self.clock.to(*when or (2026, 8, 3, 9), **({"zone": zone} if zone else {}))
        return self.cast.user(self.instance, name.lower(), type, name=name, **more)

    def user(self, verb, *when, user_id="rowan", **more):
        self.clock.to(*when)
        with binding.bind(self.instance):
            verb(User.objects.get(user_id=user_id), by=system(), **more)

    def inactivated(self, *when):
        self.user(accounts.inactivate, *when)

    def reactivated(self, *when):
        self.user(accounts.reactivate, *when, grantable=None)

    def becomes(self, type, *when):
        def change(user, *, by):
            accounts.change(user, by=by, grantable=offered(None), name=user.name, email="", type=type, groups=(),
                            permissions=())

        self.user(change, *when)

    def signed_in(self, *when):
        self.user(lambda user, by: sessions.start(FROM, user), *when)

    def closed(self, state, *when):
        self.clock.to(*when)
        self.instance = catalogue.change_state(self.instance, state=state, by="Morgan Hale", reason="A reason")


def priced(cast, price, month=(2026, 1), instance=None):
    with binding.bind(cast.support):
        plans.set(instance=instance, name="Standard", price=price, from_on=date(*month, 1), by=MORGAN)


def inactivated_mid_month(life):
    life.born()
    life.inactivated(2026, 10, 14, 17)


def inactivated_the_month_before(life):
    life.born()
    life.inactivated(2026, 9, 30, 23, 59)


def inactivated_with_the_first_moment(life):
    life.born()
    life.inactivated(2026, 10, 1)


def signed_in_once(life):
    life.born()
    life.inactivated(2026, 9, 10)
    life.reactivated(2026, 10, 10, 9)
    assert life.cast.signed_in(life.instance, "rowan", PASSWORD)
    life.inactivated(2026, 10, 10, 9, 5)


def before_times_were_kept(life):
    life.born()
    life.signed_in(2026, 10, 5, 9)
    life.inactivated(2026, 10, 6)
    with binding.bind(life.instance):
        ActiveTime.objects.all().delete()


def restricted(life):
    life.born(type=UserType.RESTRICTED)
    life.signed_in(2026, 10, 5, 9)


def billing(life):
    life.born(type=UserType.BILLING, billing_company=life.cast.acme.id)


def raised(*when):
    def lived(life):
        life.born(type=UserType.RESTRICTED)
        life.becomes(UserType.REGULAR, *when)

    return lived


def lowered(*when):
    def lived(life):
        life.born()
        life.becomes(UserType.RESTRICTED, *when)
        if when[1] == 9:
            life.signed_in(2026, 10, 5, 9)

    return lived


def by_mistake(life):
    life.born(2026, 10, 15, 9)
    life.becomes(UserType.RESTRICTED, 2026, 10, 15, 10)


def made_administrator(life):
    life.born()
    life.becomes(UserType.ADMINISTRATOR, 2026, 10, 15)


def reactivated(life):
    life.born()
    life.inactivated(2026, 9, 10)
    life.reactivated(2026, 10, 20)


def at_elm_street(life):
    life.instance = life.cast.elm_street
    life.born(2026, 10, 31, 23, 30, zone=CENTRAL)


def closed(state, *when, until=None):
    def lived(life):
        life.born()
        life.closed(state, *when)
        if when[1] == 10 and until:
            life.born(2026, 10, 20, name="Sage")
        if until:
            life.closed(InstanceState.ACTIVE, *until)

    return lived


def a_billing_company(life):
    life.instance = life.cast.acme
    life.born()
    life.born(name="Jane", type=UserType.RESTRICTED)


def support(life):
    life.instance = life.cast.support
    life.born(type=UserType.ADMINISTRATOR)


def three(life):
    for name in ("Teal", "Rowan", "Sage"):
        life.born(name=name)


def own_plans(life):
    life.born()
    priced(life.cast, "29.00", (2026, 9), life.instance)
    priced(life.cast, "35.00", (2026, 11), life.instance)
    priced(life.cast, "39.00", (2026, 10))


SUSPENDED, ARCHIVED = InstanceState.SUSPENDED, InstanceState.ARCHIVED
# Case of the document → what happens.
LIVES = {
    "Active all month": lambda life: life.born(),
    "Inactivated mid-month": inactivated_mid_month,
    "Inactivated the month before": inactivated_the_month_before,
    "Inactivated with the first moment": inactivated_with_the_first_moment,
    "Signed in once, then inactivated": signed_in_once,
    "Signed in before times were kept": before_times_were_kept,
    "Restricted": restricted,
    "Billing": billing,
    "Raised mid-month": raised(2026, 10, 15),
    "Raised the month after": raised(2026, 11, 2),
    "Lowered mid-month": lowered(2026, 10, 15),
    "Lowered the month before": lowered(2026, 9, 15),
    "Regular for an hour by mistake": by_mistake,
    "Made System Administrator": made_administrator,
    "Reactivated": reactivated,
    "Created on the last day": lambda life: life.born(2026, 10, 31, 23, 59),
    "Created a moment later": lambda life: life.born(2026, 11, 1),
    "In another time zone": at_elm_street,
    "A month in which clocks change": lambda life: life.born(2026, 11, 30, 23, 30),
    "A leap day": lambda life: life.born(2028, 2, 29, 12),
    "Archived mid-month": closed(ARCHIVED, 2026, 10, 15),
    "Archived the month before": closed(ARCHIVED, 2026, 9, 15),
    "Suspended mid-month": closed(SUSPENDED, 2026, 10, 15, until=(2026, 11, 2)),
    "Suspended all month": closed(SUSPENDED, 2026, 9, 15, until=(2026, 11, 2)),
    "A billing company": a_billing_company,
    "Support": support,
    "Cents": three,
    "A plan of its own, and a later one": own_plans,
    "No price plan": lambda life: life.born(),
}
PRICES = {"Cents": ("33.33", (2026, 1)), "No price plan": ("39.00", (2026, 11))}
