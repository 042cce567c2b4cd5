import pytest

from tests.clients.people import add
from tests.disclosures.people import keeper


@pytest.fixture
def dana(cast):
    return add(cast.good_therapy)


@pytest.fixture
def kit(cast):
    return keeper(cast)
