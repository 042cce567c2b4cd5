"""The demo has been running for a while: a price plan, and the statements of the months before this one."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from countersign.instances import binding
from countersign.instances.models import Instance, InstanceChange
from countersign.metering import periods, plans, statements
from countersign.people.models import ActiveTime, User

DAYS, MONTHS = 130, 3
PRICE = Decimal("39.00")


def begin_earlier(instance):
    """Make an instance, and everybody in it, as old as the demo pretends to be; it is bound."""
    then = timezone.now() - timedelta(days=DAYS)
    Instance.objects.filter(id=instance.id).update(created_at=then)
    InstanceChange.objects.filter(instance=instance).update(changed_at=then)
    User.objects.update(created_at=then)
    ActiveTime.objects.update(began_at=then)


def state(support, *, by):
    """Set the price plan and freeze what is due, with the verbs that Support has. Returns the statements."""
    months, month = [], periods.current("Pacific/Honolulu")  # where a month is over last
    for _ in range(MONTHS):
        month = periods.before(month)
        months.append(month)
    with binding.bind(support):
        plans.set(instance=None, name="Standard", price=PRICE, from_on=min(months), by=by)
        return [statement for _, _, statement, _ in statements.freeze_all(months, by=by) if statement]
