"""Django's PostgreSQL for a server that dies, freezes or cannot be reached: what the running application uses.

Migrations and restores use Django's own (locations.owned_database): they may take their time. Nothing is sent twice
here. A connection that the server closed while nobody used it is found before anything is sent over it.
"""

import select

import psycopg
from django.db import Error
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel

from countersign.instances.undecided import Undecided

# A server that is there and answers nothing keeps a thread for this long. `answer_timeout` in its address changes it.
ANSWER_SECONDS = 30


class Connection(psycopg.Connection):
    patience = ANSWER_SECONDS

    def wait(self, gen, interval=0.1, timeout=None):
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:
            # What it may answer later would be taken for the answer to the next question.
            self.pgconn.finish()
            raise psycopg.OperationalError(f"The server has not answered for {self.patience:g} s.") from None


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self):
        params = super().get_connection_params()
        self.patience = float(params.pop("answer_timeout", ANSWER_SECONDS))
        return params

    def get_new_connection(self, conn_params):
        self.isolation_level = IsolationLevel.READ_COMMITTED
        connection = Connection.connect(**conn_params)
        connection.patience = self.patience
        return connection

    def is_gone(self):
        """Whether the server has closed this idle connection, without asking: on an idle one it has nothing to say."""
        if self.connection is None or self.connection.closed:
            return True
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return bool(waiting.poll(0))

    def close_if_unusable_or_obsolete(self):
        # Django asks this between requests, of the catalogue's connection; an instance's is looked at by the pool.
        if self.connection is not None and self.is_gone():
            self.close()
        super().close_if_unusable_or_obsolete()

    def _commit(self):
        lost_before = self.connection is None or self.connection.closed
        try:
            super()._commit()
        except Error as error:
            if not lost_before and self.connection.closed:
                raise Undecided(*error.args) from error
            raise
