"""What somebody who owns the database can do to a record, from clumsy to thorough. Each takes the bound instance.

`past_the_guards` is where the attacker stands above the triggers and the roles; every attack is made through it.
"""

from django.db import connections

from countersign.audit import canonical, merkle, signing, tree
from countersign.audit.models import Checkpoint
from countersign.audit.reading import rows
from countersign.instances import binding

TABLES = ("audit_event", "audit_checkpoint", "audit_cosignature", "audit_tile", "audit_heldcheckpoint")


def past_the_guards(*statements):
    """Run SQL as the owner of the bound instance's database would, with the triggers out of the way."""
    instance = binding.bound()
    with binding.elsewhere(), binding.bind_as_owner(instance), connections["default"].cursor() as cursor:
        sqlite = connections["default"].vendor == "sqlite"
        if sqlite:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit_%%'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute("ALTER TABLE audit_event DROP CONSTRAINT event_is_numbered")
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(*statement) if isinstance(statement, tuple) else cursor.execute(statement)
        if sqlite:
            for _, sql in triggers:
                cursor.execute(sql)
        else:
            cursor.execute("ALTER TABLE audit_event ADD CONSTRAINT event_is_numbered CHECK (seq > 0) NOT VALID")
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def edit_a_row(seq):
    past_the_guards(("UPDATE audit_event SET person = 'Somebody Else' WHERE seq = %s", [seq]))


def edit_to_a_fraction(seq):
    """A value that no line can be made of: an attacker who would rather have the check break down than accuse."""
    set_column(seq, "changes", '{"amount": 1.5}')


def set_column(seq, column, value, *, raw=False):
    """raw: the value is an SQL expression."""
    given = [seq] if raw else [value, seq]
    past_the_guards((f'UPDATE audit_event SET "{column}" = {value if raw else "%s"} WHERE seq = %s', given))


def insert_before_the_first():
    """An event that stands in every list like any other."""
    names = ", ".join(f'"{name}"' for name in canonical.COLUMNS if name != "seq")
    past_the_guards(
        f"INSERT INTO audit_event (seq, {names}) "
        f"SELECT 0, {names} FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)"
    )


def delete(seq):
    past_the_guards(("DELETE FROM audit_event WHERE seq = %s", [seq]))


def delete_renumber_and_hash_anew(seq):
    """All that stands in the database agrees with itself afterwards, checkpoints signed anew included."""
    past_the_guards(
        ("DELETE FROM audit_event WHERE seq = %s", [seq]),
        ("UPDATE audit_event SET seq = -seq WHERE seq > %s", [seq]),
        "UPDATE audit_event SET seq = -seq - 1 WHERE seq < 0",
        "DELETE FROM audit_cosignature", "DELETE FROM audit_tile",
    )
    tree.grow()
    line = canonical.liner(canonical_instance())
    leaves = [merkle.leaf_hash(line(row)) for row in rows(0, 2**60)]
    for one in Checkpoint.objects.all():
        size = min(one.size, len(leaves))
        reached = signing.Reached(signing.origin(), size, merkle.root_of(leaves[:size]), one.at)
        past_the_guards((
            "UPDATE audit_checkpoint SET note = %s, root = %s, size = %s WHERE id = %s",
            [signing.sign(reached), reached.root.hex(), size, one.id],
        ))


def truncate(seq):
    """The last day cut off: everything from this event on, and whatever hangs on it."""
    past_the_guards(
        ("DELETE FROM audit_event WHERE seq >= %s", [seq]),
        "DELETE FROM audit_cosignature", "DELETE FROM audit_checkpoint", "DELETE FROM audit_tile",
    )


def canonical_instance():
    return binding.bound().id
