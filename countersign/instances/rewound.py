"""A database that was put back by hand: its record ends before the last checkpoint that Support holds of it.

Asked once for every new connection, never at a request that finds one in the pool.
"""

import uuid

from django.db import OperationalError

from countersign.instances.models import LatestCheckpoint
from countersign.instances.prepared import Prepared

_held = Prepared(
    lambda instance_id: LatestCheckpoint.objects.using("control").filter(instance_id=instance_id).values_list("seq"),
    uuid.UUID(int=1),
)


class Rewound(OperationalError):
    """Nothing of this instance is served until its record was restarted (console/restores.py)."""


def refuse(instance, wrapper):
    """Raises Rewound when the record is shorter than what is held of it; DatabaseError when that cannot be told.

    wrapper: a new connection to the instance's database. The checkpoint is of events that had been committed, so a
    database that was not exchanged always reaches as far.
    """
    for (held,) in _held.rows(instance.id, using="control"):
        if reached(wrapper) < held:
            raise Rewound("This system was restored from an older copy. Support must restart its record.")


def reached(wrapper):
    """The number of the last event in the record, 0 for none."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT max(seq) FROM audit_event")
        return cursor.fetchone()[0] or 0
