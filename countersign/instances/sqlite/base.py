"""Django's SQLite, without DDL: what the running application uses. Migrations use Django's own (binding.bind_as_owner).

Triggers refuse to change the record; without this the next statement could drop the triggers. It stands against SQL
that was smuggled in or written by mistake, not against somebody who runs code of their own in the process.
"""

import sqlite3

from django.db.backends.sqlite3 import base

# Whatever makes, drops or alters a table, trigger, view or index, temporary ones included: a temporary audit_event
# would take the place of the real one for as long as the connection lives.
REFUSED = frozenset(
    value for name, value in vars(sqlite3).items()
    if name.startswith(("SQLITE_CREATE_", "SQLITE_DROP_")) or name in (
        "SQLITE_ALTER_TABLE", "SQLITE_ATTACH", "SQLITE_DETACH", "SQLITE_REINDEX",
    )
)
PRAGMA = sqlite3.SQLITE_PRAGMA
REFUSED_PRAGMAS = {"writable_schema", "recursive_triggers", "ignore_check_constraints"}
WORDS = "audit_words"  # written by the trigger of the event and by nobody else: it also takes "delete-all"
WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}


def may(action, first, second, database, within):
    """SQLite asks while a statement is compiled, once for each table and column in it; compiled ones are kept."""
    if action in REFUSED or (action == PRAGMA and first.lower() in REFUSED_PRAGMAS):
        return sqlite3.SQLITE_DENY
    if action in WRITES and first == WORDS and within is None:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA recursive_triggers=ON")  # so that REPLACE asks the triggers on DELETE
        connection.set_authorizer(may)
        return connection
