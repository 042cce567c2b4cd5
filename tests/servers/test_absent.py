import pytest

from tests.servers import postgres
from tests.servers.absent import absent


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("COUNTERSIGN_NO_SKIPS", raising=False)


@pytest.mark.parametrize(("name", "value"), [("", ""), ("CI", "false"), ("COUNTERSIGN_NO_SKIPS", "0")])
def test_at_home_what_is_not_installed_is_skipped_with_what_to_install(monkeypatch, name, value):
    if name:
        monkeypatch.setenv(name, value)

    with pytest.raises(pytest.skip.Exception, match=r"NOT tested\. To test it: apt install chromium"):
        absent("Chromium", install="apt install chromium")


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("COUNTERSIGN_NO_SKIPS", "1")])
def test_where_skips_are_refused_it_fails(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(pytest.fail.Exception, match="a skip is refused"):
        absent("Chromium", install="apt install chromium")


def test_a_machine_without_postgresql_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(postgres, "find_postgres", lambda: None)

    with pytest.raises(pytest.skip.Exception, match="apt install postgresql"), postgres.postgres_server():
        pass
