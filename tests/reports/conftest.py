import pytest


@pytest.fixture
def priya(cast):
    """A browser in which the administrator of Good Therapy is signed in."""
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")
