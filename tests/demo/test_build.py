"""The demo: four instances, everybody in them can sign in, and building it again changes nothing."""

import json
import os
import subprocess
import sys
from importlib import reload

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import clear_url_caches

from countersign.demo import build
from countersign.demo.cast import HOUSES, MEMBERS
from countersign.instances import binding, listings
from countersign.instances.models import Instance
from countersign.metering.models import Statement
from countersign.people import passwords
from countersign.people.models import User
from countersign.urls import bare

BASE = "countersign.localhost:8000"


def countersign(*arguments, folder, **environment):
    """Run the command as a newcomer would, in a folder of their own."""
    return subprocess.run(
        [sys.executable, "-m", "countersign", *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
        env={"PATH": os.environ["PATH"], **environment},
    )


@pytest.fixture
def built(installation):
    build.build(say=lambda text: None)
    return installation


def test_everybody_on_the_list_signs_in(built):
    people = build.people()
    assert len(people) == len(MEMBERS) == 11

    for one in people:
        instance = Instance.objects.get(name=one["instance"])
        client = built.client(instance)
        answer = client.post("/sign-in/", {"user_id": one["user_id"], "password": one["password"]})
        assert answer.status_code == 302, one
        if one["type"] == "Billing":  # the first part only: nobody is signed in, the home is asked
            assert answer["Location"].startswith(f"http://acme-billing.{BASE}/authorize/"), one
            assert client.get("/clients/").status_code == 302
        else:
            assert answer["Location"] == "/", one


def test_the_demo_holds_what_the_walk_needs(built):
    counts = {}
    for instance in Instance.objects.all():
        with binding.bind(instance):
            counts[instance.slug] = User.objects.count()
    assert counts == {"support": 1, "acme-billing": 4, "good-therapy": 4, "elm-street": 2}
    acme = Instance.objects.get(slug="acme-billing")
    assert listings.is_listed(acme.id)
    with binding.bind(Instance.objects.get(slug="good-therapy")):
        keys = {user.user_id: user for user in User.objects.filter(type="billing")}
        assert keys.keys() == {"acme-billing", "acme-claims"}
        assert {key.billing_company for key in keys.values()} == {acme.id}
        held = [key.holds(kind="practice") for key in keys.values()]
        assert held[0] != held[1] and all(held)
        from countersign.clients.models import Client as Treated

        assert Treated.objects.count() == 120
    with binding.bind(Instance.objects.get(slug="elm-street")):
        assert Treated.objects.count() == 40


def test_there_is_a_price_plan_and_a_statement_of_each_of_the_last_three_months(built):
    found = Statement.objects.values_list("instance__slug", "users", "total")

    assert sorted(found) == [("acme-billing", 1, 39)] * 3 + [("elm-street", 2, 78)] * 3 + [("good-therapy", 2, 78)] * 3
    assert {line.why for one in Statement.objects.all() for line in one.lines} == {"Active all month"}


def test_the_demo_shows_locks_consents_and_a_service_paid_in_full(built):
    from countersign.clients.models import Client as Treated
    from countersign.ledger.models import Service

    with binding.bind(Instance.objects.get(slug="good-therapy")):
        full, claims = (User.objects.get(user_id=name) for name in ("acme-billing", "acme-claims"))
        everybody = Treated.objects.count()
        seen = [Treated.objects.visible_to(key).count() for key in (full, claims)]
        part_2 = [Treated.objects.visible_to(key).filter(part_2=True).count() for key in (full, claims)]
        kept = Service.objects.exclude(self_pay=None)
        assert (Treated.objects.filter(part_2=True).count(), part_2, kept.count()) == (2, [1, 0], 1)
        assert not kept.visible_to(full).exists() and Treated.objects.visible_to(full).filter(
            id=kept.get().client_id
        ).exists()
        assert everybody > seen[0] > seen[1] > 20
    with binding.bind(Instance.objects.get(slug="elm-street")):
        assert not Treated.objects.exclude(tags=None).exists()


@pytest.mark.everybody
def test_every_password_is_distinct_and_obeys_the_rules(cast):
    assert len({member.password for member in MEMBERS}) == len(MEMBERS)
    for member in MEMBERS:
        with binding.bind(Instance.objects.get(slug=member.slug)):
            passwords.validate(member.password, user=User(name=member.name, user_id=member.user_id))


def test_the_command_builds_once_keeps_what_is_there_and_starts_over_when_told(tmp_path):
    first = countersign("demo", "--no-serve", folder=tmp_path, PORT="8123")
    assert (first.returncode, first.stderr) == (0, "")
    people = json.loads((tmp_path / "var/demo/people.json").read_text())
    assert [set(one) for one in people] == [
        {"instance", "url", "role", "name", "user_id", "password", "type"}
    ] * len(MEMBERS)
    assert people[-1]["url"] == "http://elm-street.countersign.localhost:8123/"
    for one in people:
        assert f"{one['user_id']} " in first.stdout and one["password"] in first.stdout
    assert "Try this first" in first.stdout
    secret = tmp_path / "var/demo/secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    files = sorted((tmp_path / "var/demo/data/instances").rglob("*.sqlite3"))
    assert len(files) == len(HOUSES)
    assert [path for path in (tmp_path / "var/demo").rglob("*") if path.stat().st_mode & 0o077] == []

    second = countersign("demo", "--no-serve", folder=tmp_path, PORT="8124")
    assert second.returncode == 0 and "Opening" not in second.stdout
    assert sorted((tmp_path / "var/demo/data/instances").rglob("*.sqlite3")) == files
    assert "http://support.countersign.localhost:8124/" in second.stdout

    before = secret.read_text()
    third = countersign("demo", "--reset", "--no-serve", folder=tmp_path)
    assert third.returncode == 0 and "Opening Support" in third.stdout
    assert secret.read_text() != before
    assert files[0] not in set((tmp_path / "var/demo/data/instances").rglob("*.sqlite3"))


@pytest.fixture
def front_door():
    """The bare domain's map as it is with DEMO on or off."""
    def set_to(value):
        settings.DEMO = value
        reload(bare)
        clear_url_caches()

    yield set_to
    set_to(False)


def test_the_mailbox_shows_the_mails_newest_first_with_their_links(installation, front_door, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
    monkeypatch.setattr(settings, "EMAIL_FILE_PATH", str(tmp_path))
    front_door(True)
    link = f"http://good-therapy.{BASE}/activation/1/"
    mail.send_mail("First", "Hello", None, ["one@example.org"])
    mail.send_mail("Then <b>", f"Open {link}\n\n<script>", None, ["two@example.org"])

    page = Client(HTTP_HOST=BASE).get("/mailbox/").content.decode()

    assert page.index("Then &lt;b&gt;") < page.index("First")
    assert "two@example.org" in page and f'<a href="{link}"' in page
    assert "<script>\n" not in page and "&lt;script&gt;" in page


def test_without_the_demo_there_is_no_mailbox_and_no_instance_is_named(cast, front_door):
    browser = Client(HTTP_HOST=BASE)

    assert browser.get("/mailbox/").status_code == 404
    page = browser.get("/").content.decode()
    assert BASE in page and "Good Therapy" not in page and "mailbox" not in page.lower()

    front_door(True)
    page = browser.get("/").content.decode()
    assert f'href="http://good-therapy.{BASE}/"' in page and 'href="/mailbox/"' in page


def test_an_instances_host_has_no_mailbox_even_in_the_demo(cast, front_door):
    front_door(True)

    assert cast.client(cast.good_therapy).get("/mailbox/").status_code == 404
