"""Counting what a page asks of the instance's database."""

from contextlib import contextmanager

import pytest
from django.db import connections

from countersign.instances import binding


@pytest.fixture
def queries():
    """`with queries(instance) as asked:` fills `asked` with the SQL that the requests in the block put."""

    @contextmanager
    def counted(instance):
        asked = []

        def note(execute, sql, params, many, context):
            asked.append(sql)
            return execute(sql, params, many, context)

        with binding.bind(instance):
            wrapper = connections["default"]
        wrapper.execute_wrappers.append(note)
        connections["control"].execute_wrappers.append(note)
        try:
            yield asked
        finally:
            wrapper.execute_wrappers.remove(note)
            connections["control"].execute_wrappers.remove(note)

    return counted
