"""Queries compiled once a process: for the few that every request makes.

Django builds the SQL text of a query anew each time, which costs several times what the database takes to answer it
(bench/page). The text, the converters and the way rows become objects are Django's own; only the building is saved.
"""

import uuid

from django.db import connections
from django.db.models.query import get_related_populators


class Prepared:
    """`Prepared(build, *examples)`: build(*examples) gives the queryset, and the examples mark its parameters.

    An example must be a text or a UUID that occurs once among the query's parameters.
    """

    def __init__(self, build, *examples):
        self.build, self.examples, self.compiled = build, examples, {}

    def first(self, *values, using="default"):
        """The first object, or None."""
        connection = connections[using]
        compiled = self._compiled(connection)
        row = self._execute(connection, compiled, values).fetchone()
        return compiled.object(connection, row) if row else None

    def rows(self, *values, using="default"):
        """All rows of a `values_list` query, as tuples."""
        connection = connections[using]
        compiled = self._compiled(connection)
        return [compiled.converted(connection, row) for row in self._execute(connection, compiled, values).fetchall()]

    def _execute(self, connection, compiled, values):
        params = list(compiled.params)
        for place, value in zip(compiled.places, values, strict=True):
            params[place] = _adapted(value, connection.vendor)
        cursor = connection.cursor()
        cursor.execute(compiled.sql, params)
        return cursor

    def _compiled(self, connection):
        if connection.vendor not in self.compiled:
            self.compiled[connection.vendor] = _Compiled(self.build(*self.examples), connection, self.examples)
        return self.compiled[connection.vendor]


class _Compiled:
    def __init__(self, queryset, connection, examples):
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, params = compiler.as_sql()
        self.params = list(params)
        self.places = [self.params.index(_adapted(example, connection.vendor)) for example in examples]
        self.select, self.klass_info = compiler.select, compiler.klass_info
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        self.converters = [(index, *found) for index, found in converters.items()]
        if self.klass_info:
            fields = self.klass_info["select_fields"]
            self.start, self.end = fields[0], fields[-1] + 1
            self.names = [column.target.attname for column, _, _ in self.select[self.start : self.end]]

    def converted(self, connection, row):
        row = list(row)
        for index, functions, expression in self.converters:
            value = row[index]
            for function in functions:
                value = function(value, expression, connection)
            row[index] = value
        return row

    def object(self, connection, row):
        row = self.converted(connection, row)
        found = self.klass_info["model"].from_db(connection.alias, self.names, row[self.start : self.end])
        for populator in get_related_populators(self.klass_info, self.select, connection.alias):
            populator.populate(row, found)
        return found


def _adapted(value, vendor):
    return value.hex if isinstance(value, uuid.UUID) and vendor == "sqlite" else value
