import pytest

from tests.oversight.written import a_month


@pytest.fixture
def priya(cast):
    """A browser in which the administrator of Good Therapy is signed in, after the month of written.py."""
    a_month(cast)
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")
