"""The key ring: what is put in is checked at the practice, sealed, and read by nobody (issue "The relationship", 6)."""

import pytest
from django.conf import settings
from django.db import connections

from countersign.__main__ import run
from countersign.audit.actors import system
from countersign.console import restores
from countersign.instances import binding, hosts, listings, locations
from countersign.instances.models import ListingState
from countersign.keyring import ring, vault
from countersign.keyring.models import Key
from countersign.people import accounts
from countersign.people.models import User, UserType
from tests.cast import KEY, PASSWORD
from tests.conftest import KIND
from tests.keyring.ringing import ADA, assign, at_home, enter, jane_holds_a_key, put_in, stored
from tests.record import rows

OTHER = "nine grey herons standing"
FIRST, SECOND, THIRD = (letter * 40 for letter in "abc")


@pytest.fixture
def ada(cast):
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    return cast.signed_in(cast.acme, "ada")


def form(cast, **changes):
    return {"address": hosts.root(cast.good_therapy), "user_id": "acme-billing", "password": KEY, **changes}


def keys(cast):
    with binding.bind(cast.acme):
        return list(Key.objects.all())


@pytest.mark.parametrize("address", [
    "http://good-therapy.countersign.localhost:8000/", "good-therapy.countersign.localhost:8000/sign-in/",
    " GOOD-THERAPY.countersign.localhost ", "good-therapy",
])
def test_a_key_is_checked_at_the_practice_and_put_in(cast, ada, address):
    cast.key()

    response = ada.post("/key-ring/new/", form(cast, address=address, user_id=" ACME-Billing"))

    (key,) = keys(cast)
    assert response.status_code == 302 and response["Location"] == f"/key-ring/{key.id}/"
    assert (key.issuer, key.user_id) == (hosts.root(cast.good_therapy), "acme-billing")
    (added,) = cast.events(cast.acme, action="key.added")
    assert (added.person, added.object) == ("Ada Whitlock", "acme-billing of Good Therapy, Inc.")
    (checked,) = cast.events(cast.good_therapy, action="sign-in.first-part.checked")
    assert (checked.person, checked.company) == ("Ada Whitlock", "ACME Billing")
    with binding.bind(cast.acme):
        assert ring.password_of(key) == KEY


def wrong_password(cast):
    return {"password": OTHER}


def unknown_user_id(cast):
    return {"user_id": "nobody-here"}


def a_person(cast):
    cast.user(cast.good_therapy, "cole")
    return {"user_id": "cole", "password": PASSWORD}


def ended(cast):
    with binding.bind(cast.good_therapy):
        accounts.inactivate(User.objects.get(user_id="acme-billing"), by=system())
    return {}


def of_another(cast):
    cast.key("rivals", company=cast.rival)
    return {"user_id": "rivals"}


def unlisted(cast):
    listings.change(cast.acme, state=ListingState.SUSPENDED, by="the test", reason="x")
    return {}


WRONG = "The practice knows no such User ID with this password."


@pytest.mark.parametrize(("state", "said"), [
    (wrong_password, WRONG), (unknown_user_id, WRONG), (a_person, WRONG),
    (ended, "The practice has ended or suspended this Billing user."),
    (of_another, "This Billing user belongs to another company."),
    (unlisted, "Your company is not registered as a billing company at the moment."),
    (lambda cast: {"address": "no-such-practice"}, "No practice answers at this address."),
    (lambda cast: {"address": hosts.root(cast.support)}, "No practice answers at this address."),
    (lambda cast: {"address": "http://evil.example/"}, "No practice answers at this address."),
    (lambda cast: {"address": hosts.root(cast.acme)}, "This is your own address."),
    (lambda cast: {"password": ""}, "Enter"),
])
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_kept(cast, ada, state, said):
    cast.key()
    changes = state(cast)

    response = ada.post("/key-ring/new/", form(cast, **changes))

    page = response.content.decode()
    assert response.status_code == 422 and said in page and keys(cast) == []
    assert KEY not in page and OTHER not in page
    assert form(cast, **changes)["address"] in page, "what was typed is kept"


def test_a_practice_that_does_not_answer_is_said_and_nothing_is_kept(cast, ada, wire):
    cast.key()
    wire.silence(hosts.root(cast.good_therapy).partition("://")[2])

    response = ada.post("/key-ring/new/", form(cast))

    assert response.status_code == 422 and "The practice does not answer." in response.content.decode()
    assert keys(cast) == []


def test_no_company_learns_more_than_the_sign_in_page_tells_before_the_password_is_right(cast, ada):
    cast.key("rivals", company=cast.rival)

    page = ada.post("/key-ring/new/", form(cast, user_id="rivals", password=OTHER)).content.decode()

    assert WRONG in page and "another company" not in page


def test_a_key_is_in_the_ring_once_and_two_at_once_are_one(cast, ada):
    cast.key()
    put_in(cast)

    page = ada.post("/key-ring/new/", form(cast)).content.decode()

    assert "This key is in the ring already." in page and len(keys(cast)) == 1
    with binding.bind(cast.acme), pytest.raises(Exception, match="already"):
        ring.add(cast.good_therapy, user_id="acme-billing", password=KEY, by=ADA)
    assert len(keys(cast)) == 1


def test_replacing_checks_first_and_leaves_nothing_of_the_old_one(cast, ada):
    cast.key()
    key = put_in(cast)
    with binding.bind(cast.good_therapy):
        accounts.set_password(User.objects.get(user_id="acme-billing"), password=OTHER, by=system())

    assert ada.post(f"/key-ring/{key.id}/password/", {"password": KEY}).status_code == 422
    assert bytes(stored(cast, key).sealed) == bytes(key.sealed)
    assert ada.post(f"/key-ring/{key.id}/password/", {"password": OTHER}).status_code == 302

    with binding.bind(cast.acme):
        assert ring.password_of(Key.objects.get()) == OTHER
    assert [e.object for e in cast.events(cast.acme, action="key.replaced")] == ["acme-billing of Good Therapy, Inc."]


def test_a_key_that_ended_is_destroyed_and_puts_out_whoever_is_in(cast, ada):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    enter(cast, browser, key)

    ada.post(f"/key-ring/{key.id}/ending/", {"reason": "The contract ended"})
    ada.post(f"/key-ring/{key.id}/ending/", {"reason": "Again"})

    found = stored(cast, key)
    assert (found.ended_by, found.ended_because, found.kid, bytes(found.sealed)) == (
        "Ada Whitlock", "The contract ended", "", b"",
    )
    from countersign.identity import notices

    notices.settle()
    assert [e.reason for e in cast.events(cast.good_therapy, action="visit.ended")] == [
        "ended at home: the company ended the key"
    ]
    assert enter(cast, browser, key).status_code == 422
    assert "ACME Billing has ended the key acme-billing." in browser.text
    typed = cast.first_part(browser=browser)
    assert typed.post(typed.url).status_code == 403, "nor by typing its password"
    assert ada.post("/key-ring/new/", form(cast)).status_code == 302, "it can be put in again"


# Sealed


def everything(cast, tmp_path):
    """Every byte of ACME's database, its write-ahead log and a backup that the product itself made."""
    file = tmp_path / "backup"
    restores.back_up(cast.acme, file, by=system())
    found = [file.read_bytes()]
    if KIND == "sqlite":
        path = locations.sqlite_path(cast.acme)
        found += [one.read_bytes() for one in path.parent.glob(f"{path.name}*")]
    found.append(repr(rows.of(cast.acme)).encode())
    with binding.bind(cast.acme), connections["default"].cursor() as cursor:
        cursor.execute('SELECT * FROM "audit_event"')
        found.append(repr(cursor.fetchall()).encode())
    return b"\n".join(found)


def test_no_password_is_in_the_database_its_log_or_a_backup_in_clear(cast, ada, tmp_path):
    cast.administrator(cast.support, "morgan", "Morgan Hale")
    cast.key()
    ada.post("/key-ring/new/", form(cast))
    (key,) = keys(cast)
    assign(cast, key, cast.jane())
    enter(cast, at_home(cast), key)

    found = everything(cast, tmp_path)

    for secret in (KEY, KEY.replace(" ", "+"), KEY.replace(" ", "%20"), KEY.encode().hex()):
        assert secret.encode() not in found
    assert b"acme-billing of Good Therapy, Inc." in found, "the search finds what is there"


def test_no_page_shows_a_password(cast, ada):
    cast.key()
    ada.post("/key-ring/new/", form(cast))
    (key,) = keys(cast)
    for path in ("", "new/", "people/", "teams/", f"{key.id}/", f"{key.id}/password/"):
        response = ada.get(f"/key-ring/{path}")
        assert response.status_code == 200 and KEY not in response.content.decode(), path


def test_a_wrong_master_key_opens_nothing_and_says_so(cast, monkeypatch):
    monkeypatch.setattr(settings, "KEYRING_KEY", FIRST)
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    monkeypatch.setattr(settings, "KEYRING_KEY", SECOND)

    response = enter(cast, browser, key)

    assert response.status_code == 422 and "The key ring cannot be opened at the moment." in browser.text
    (event,) = cast.events(cast.acme, action="key.refused")
    assert event.reason == f"This key ring is sealed under the master key {key.kid}, which this server was not given."
    assert cast.events(cast.good_therapy, action="sign-in.first-part.accepted") == []


def test_what_is_sealed_is_bound_to_instance_customer_and_user_id(cast):
    with binding.bind(cast.acme):
        kid, sealed = vault.seal(KEY, issuer="http://a", user_id="k")
        assert vault.unseal(kid, sealed, issuer="http://a", user_id="k") == KEY
        for issuer, user_id in (("http://b", "k"), ("http://a", "other")):
            with pytest.raises(vault.WrongMaster):
                vault.unseal(kid, sealed, issuer=issuer, user_id=user_id)
        for broken in (sealed[:-1], sealed[:11], b"", bytes([sealed[0] ^ 1]) + sealed[1:]):
            with pytest.raises(vault.WrongMaster):
                vault.unseal(kid, broken, issuer="http://a", user_id="k")
        assert vault.seal(KEY, issuer="http://a", user_id="k")[1] != sealed
    with binding.bind(cast.rival), pytest.raises(vault.WrongMaster):
        vault.unseal(kid, sealed, issuer="http://a", user_id="k")


def test_rotating_seals_every_ring_anew_under_the_new_master_key(cast, monkeypatch, capsys):
    cast.key("acme-payments")
    _, _, key = jane_holds_a_key(cast)  # under the key that is derived from COUNTERSIGN_SECRET
    monkeypatch.setattr(settings, "KEYRING_KEY", FIRST)
    assert run(["keyring", "rotate"]) == 0 and "acme-billing: 1 sealed anew" in capsys.readouterr().out
    first = stored(cast, key)
    put_in(cast, "acme-payments")
    monkeypatch.setattr(settings, "KEYRING_KEY", SECOND)
    monkeypatch.setattr(settings, "KEYRING_OLD_KEY", FIRST)
    assert enter(cast, at_home(cast), key).status_code == 200, "both are good until it is done"

    assert run(["keyring", "rotate"]) == 0 and "acme-billing: 2 sealed anew" in capsys.readouterr().out
    assert run(["keyring", "rotate"]) == 0 and "0 keys sealed" in capsys.readouterr().out

    monkeypatch.setattr(settings, "KEYRING_OLD_KEY", "")
    second = stored(cast, key)
    assert second.kid == vault.current() != first.kid and bytes(second.sealed) != bytes(first.sealed)
    with binding.bind(cast.acme):
        assert ring.password_of(second) == KEY
    assert [e.changes["keys"] for e in cast.events(cast.acme, action="key-ring.resealed")] == [1, 2]


def test_rotating_without_the_old_master_key_changes_nothing_and_names_the_ring(cast, monkeypatch, capsys):
    cast.key("acme-payments")
    put_in(cast, "acme-payments")
    monkeypatch.setattr(settings, "KEYRING_KEY", FIRST)
    _, _, key = jane_holds_a_key(cast)
    monkeypatch.setattr(settings, "KEYRING_KEY", THIRD)

    assert run(["keyring", "rotate"]) == 1

    said = capsys.readouterr().out
    assert f"acme-billing: This key ring is sealed under the master key {key.kid}" in said
    assert stored(cast, key).kid == key.kid and cast.events(cast.acme, action="key-ring.resealed") == []
    with binding.bind(cast.acme):
        assert Key.objects.exclude(kid=key.kid).get().kid != vault.current(), "all or none"


# Restores, and who may


def test_what_ended_after_a_backup_stays_ended(cast, ada, tmp_path):
    from countersign.keyring import assignments
    from countersign.keyring.models import Assignment, Membership

    cast.administrator(cast.support, "morgan", "Morgan Hale")
    cast.key("acme-payments")
    jane, _, key = jane_holds_a_key(cast)
    other = put_in(cast, "acme-payments")
    june = cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park")
    with binding.bind(cast.acme):
        team = assignments.make_team(name="Payments", by=ADA)
        member = assignments.join(team, june, by=ADA, grantor=jane)
    mine, theirs, kept = assign(cast, other, jane), assign(cast, other, team), assign(cast, other, june)
    file = tmp_path / "backup"
    restores.back_up(cast.acme, file, by=system())
    with binding.bind(cast.acme):
        ring.end(key, by=ADA, reason="over")
        assignments.end(mine, by=ADA)
        assignments.leave(member, by=ADA)

    restores.restore(cast.acme, file, by=system("Morgan Hale"), reason="the disk failed", grace=0)

    cast.acme.refresh_from_db()
    with binding.bind(cast.acme):
        assert [(k.user_id, k.ended_because, bytes(k.sealed)) for k in Key.objects.exclude(ended_at=None)] == [
            ("acme-billing", "ended after the backup", b"")
        ]
        assert set(Assignment.objects.standing().filter(key=other)) == {theirs, kept}
        assert not Membership.objects.standing().exists()


def test_without_the_memory_in_the_catalogue_it_would_come_back(cast, tmp_path, monkeypatch):
    """The fault planted: shows that the test above looks."""
    from countersign.instances import revocations

    cast.administrator(cast.support, "morgan", "Morgan Hale")
    _, _, key = jane_holds_a_key(cast)
    file = tmp_path / "backup"
    restores.back_up(cast.acme, file, by=system())
    monkeypatch.setattr(revocations, "note", lambda *args, **more: None)
    with binding.bind(cast.acme):
        ring.end(key, by=ADA, reason="over")

    restores.restore(cast.acme, file, by=system("Morgan Hale"), reason="the disk failed", grace=0)

    cast.acme.refresh_from_db()
    assert stored(cast, key).ended_at is None


def test_who_may_not_manage_the_ring_sees_nothing_of_it(cast):
    _, _, key = jane_holds_a_key(cast)
    jane = cast.signed_in(cast.acme, "jane", PASSWORD)

    assert [jane.get(f"/key-ring/{path}").status_code for path in ("", "new/", "people/", f"{key.id}/")] == [403] * 4
    assert "Key ring" not in jane.get("/launch-pad/").content.decode()
