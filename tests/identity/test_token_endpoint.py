"""The token endpoint: one code, one party, one verifier, one use. Security-cases 22, 23, 26, D6, D7; ASVS 10.4."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from countersign.audit.actors import system
from countersign.identity import issuer, keys, notices, relying
from countersign.identity.entries import begin
from countersign.identity.models import Code
from countersign.instances import binding, catalogue, hosts
from countersign.instances.models import InstanceState
from countersign.people import accounts
from tests.identity import forge
from tests.identity.asking import CALLBACK, Asking, entries, posted
from tests.identity.forge import GONE


def refusals(cast):
    return [event.reason for event in cast.events(cast.acme, action="identity.refused")]


def test_a_code_and_its_verifier_give_an_id_token_and_nothing_else(cast):
    jane = cast.jane()
    asking = Asking(cast)

    status, answer = asking.redeem(asking.code())

    assert (status, set(answer)) == (200, {"id_token", "token_type", "scope"})
    with binding.bind(cast.good_therapy):
        found = relying.individual(answer["id_token"], issuer=asking.home, nonce=asking.question.nonce)
    assert (found.iss, found.sub, found.name) == (asking.home, str(jane.id), "Jane Doe")
    assert entries(cast) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": GONE}, "invalid_request"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": "challenge"}, "invalid_grant"),  # as with `plain`: the challenge itself
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": GONE}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
        ({"code": GONE}, "invalid_request"),
        ({"code": "c" * 48}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": 'x"\\y'}, "unsupported_grant_type"),
        ({"grant_type": GONE}, "unsupported_grant_type"),
    ],
)
def test_whatever_is_missing_or_wrong_opens_nothing(cast, changes, error):
    cast.jane()
    asking = Asking(cast)
    code = asking.code()
    if changes.get("code_verifier") == "challenge":
        changes = {"code_verifier": asking.parameters["code_challenge"]}

    status, answer = asking.redeem(code, **changes)

    assert (status, answer["error"]) == (400, error)
    assert entries(cast) == (0, 0)
    assert [reason.partition(":")[0] for reason in refusals(cast)] == [error]


def neighbour(cast, **changes):
    return forge.assertion(cast.elm_street, cast.acme, **changes)


def test_the_code_of_one_practice_is_worth_nothing_to_its_neighbour(cast):
    cast.jane()
    asking = Asking(cast)
    code = asking.code()

    status, answer = asking.redeem(code, **neighbour(cast))
    in_its_own_name = asking.redeem(code, redirect_uri=hosts.root(cast.elm_street) + CALLBACK, **neighbour(cast))

    assert (status, answer["error"]) == (400, "invalid_grant")
    assert in_its_own_name[1]["error"] == "invalid_grant"
    assert entries(cast) == (0, 0)
    assert asking.redeem(code)[0] == 200


def test_a_code_is_worth_nothing_after_a_minute(cast):
    cast.jane()
    asking = Asking(cast)
    code = asking.code()
    with binding.bind(cast.acme):
        assert Code.objects.get().expires_at <= timezone.now() + timedelta(seconds=60)
        Code.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert asking.redeem(code)[1]["error"] == "invalid_grant"
    assert entries(cast) == (0, 0)


def test_a_code_of_somebody_who_was_inactivated_since_is_worth_nothing_even_when_they_come_back(cast):
    jane = cast.jane()
    asking = Asking(cast)
    code = asking.code()
    with binding.bind(cast.acme):
        accounts.inactivate(jane, by=system())

    assert asking.redeem(code)[1]["error"] == "invalid_grant"
    with binding.bind(cast.acme):
        accounts.reactivate(jane, by=system(), grantable=None)
    assert asking.redeem(code)[1]["error"] == "invalid_grant"
    assert entries(cast) == (0, 0)


def test_a_second_use_is_refused_ends_what_the_first_opened_and_raises_the_alarm(cast):
    cast.jane()
    asking = Asking(cast)
    code = asking.code()
    assert asking.redeem(code)[0] == 200

    status, answer = asking.redeem(code)

    notices.settle()
    assert (status, answer["error"]) == (400, "invalid_grant")
    assert entries(cast) == (1, 0)
    (alarm,) = cast.events(cast.acme, action="identity.code.replayed")
    assert (alarm.person, alarm.object, alarm.result) == ("Jane Doe", "Good Therapy, Inc.", "refused")


@pytest.mark.parametrize("round", range(3))
def test_of_twenty_threads_with_one_code_exactly_one_gets_an_id_token(cast, unhurried, round):
    cast.jane()
    asking = Asking(cast)

    answers = raced(cast, asking, asking.code())

    notices.settle()
    assert answers == [200] + [400] * 19
    assert entries(cast) == (1, 0)  # whoever came first may have been the thief
    assert len(cast.events(cast.acme, action="identity.entered")) == 1
    assert len(cast.events(cast.acme, action="identity.code.replayed")) == 19


def raced(cast, asking, code):
    """The statuses that twenty threads get for one code, each with an assertion of its own."""
    forms = [asking.token_form(code) for _ in range(20)]
    together = threading.Barrier(20)

    def redeem(form):
        client = cast.client(cast.acme)
        together.wait()
        try:
            return client.post("/token/", form).status_code
        finally:
            connections["control"].close()

    with ThreadPoolExecutor(20) as threads:
        return sorted(threads.map(redeem, forms))


def test_the_race_catches_a_home_that_reads_first_and_writes_later(cast, unhurried, monkeypatch):
    meet = threading.Barrier(2)  # of twenty, any two have read before either writes

    def careless(self, code):
        with contextlib.suppress(threading.BrokenBarrierError):
            meet.wait(timeout=5)  # not for ever: one who came too late to read has nobody to meet
        code.entry = begin(code)
        Code.objects.filter(digest=code.digest).update(used_at=timezone.now(), entry=code.entry)
        return code.user

    monkeypatch.setattr(issuer.CodeGrant, "authenticate_user", careless)
    cast.jane()
    asking = Asking(cast)

    answers = raced(cast, asking, asking.code())

    assert answers.count(200) > 1


ASSERTIONS = {
    "none": lambda cast: {"client_assertion": GONE},
    "another type": lambda cast: {"client_assertion_type": "urn:x"},
    "without end": lambda cast: {"client_assertion": "a" * 5000},
    "letters": lambda cast: {"client_assertion": "a.b.c"},
    "nested deep": lambda cast: {"client_assertion": forge.joined({"alg": "ES256"}, b"[" * 2500)},
    "a stranger's key": lambda cast: forged(cast, key=forge.stranger()),
    "a stranger's key under the practice's id": lambda cast: forged(
        cast, key=forge.stranger(kid=forge.key_of(cast.good_therapy).kid)
    ),
    "the neighbour's key": lambda cast: forged(cast, key=forge.key_of(cast.elm_street)),
    "the home's own key": lambda cast: forged(cast, key=forge.key_of(cast.acme)),
    "for another home": lambda cast: forged(cast, aud=hosts.root(cast.rival)),
    "for this home and another": lambda cast: forged(cast, aud=[hosts.root(cast.acme), hosts.root(cast.rival)]),
    "for the token endpoint's address": lambda cast: forged(cast, aud=hosts.root(cast.acme) + "/token/"),
    "of somebody else": lambda cast: forged(cast, sub=hosts.root(cast.elm_street)),
    "by a stranger": lambda cast: forged(cast, iss="https://evil.example", sub="https://evil.example"),
    "expired": lambda cast: forged(cast, exp=time.time() - 61),
    "too old": lambda cast: forged(cast, iat=time.time() - 121),
    "from the future": lambda cast: forged(cast, iat=time.time() + 62),
    "without jti": lambda cast: forged(cast, jti=GONE),
    "jti that is no text": lambda cast: forged(cast, jti=7),
    "unsigned": lambda cast: {
        "client_assertion": forge.unsigned(forge.assertion(cast.good_therapy, cast.acme)["client_assertion"])
    },
}


def forged(cast, **changes):
    return forge.assertion(cast.good_therapy, cast.acme, **changes)


@pytest.mark.parametrize("path", ["/token/", "/standing/", "/refusals/"])
def test_a_practice_that_does_not_prove_who_it_is_gets_nothing(cast, path, still):
    cast.jane()
    asking = Asking(cast)
    code = asking.code()
    asking.redeem(code)
    with binding.bind(cast.acme):
        before = Code.objects.get().entry
    fields = {"sid": str(before.id), "reason": "x"}

    for what, make in ASSERTIONS.items():
        status, answer = posted(cast, cast.acme, path, {**asking.token_form(code, **make(cast)), **fields})

        assert (status in (400, 401, 403), set(answer) & {"id_token", "active"}) == (True, set()), (what, answer)

    assert entries(cast) == (1, 1)
    assert len(cast.events(cast.acme, rule="refused by the practice")) == 0


@pytest.mark.parametrize("path", ["/token/", "/standing/", "/refusals/"])
def test_an_assertion_counts_once(cast, path):
    once = forge.assertion(cast.good_therapy, cast.acme)
    first = posted(cast, cast.acme, path, {"grant_type": "authorization_code", "code": "c" * 48, "sid": "x", **once})

    second = posted(cast, cast.acme, "/standing/", {"sid": "x", **once})

    assert first[1].get("error") != "invalid_client"
    assert second == (401, {"error": "invalid_client"})


def test_standing_is_told_to_the_practice_it_was_given_to_and_to_nobody_else(cast):
    cast.jane()
    asking = Asking(cast)
    asking.redeem(asking.code())
    with binding.bind(cast.acme):
        sid = str(Code.objects.get().entry_id)

    ours = posted(cast, cast.acme, "/standing/", {"sid": sid, **forged(cast)})
    theirs = posted(cast, cast.acme, "/standing/", {"sid": sid, **neighbour(cast)})
    nonsense = posted(cast, cast.acme, "/standing/", {"sid": "no uuid", **forged(cast)})

    assert ours == (200, {"active": True, "because": ""})
    assert theirs == nonsense == (200, {"active": False, "because": "unknown at the home"})


def test_a_suspended_practice_is_served_no_more_though_it_was_known_before(cast):
    cast.jane()
    asking = Asking(cast)
    code = asking.code()
    form = asking.token_form(code)
    catalogue.change_state(cast.good_therapy, state=InstanceState.SUSPENDED, by="Support", reason="unpaid")

    status, _ = posted(cast, cast.acme, "/token/", form)
    standing = posted(cast, cast.acme, "/standing/", {"sid": "x", **forged(cast)})

    assert status in (400, 401) and standing == (403, {"error": "unauthorized_client"})
    assert entries(cast) == (0, 0)


def test_keys_that_were_rotated_away_stay_published_only_while_their_tokens_can_be_valid(cast):
    old = forge.key_of(cast.acme).kid
    with binding.bind(cast.acme):
        keys.rotate(by=system())
        new = keys.signing().kid
        assert {key["kid"] for key in keys.published()["keys"]} == {old, new}
        keys.SigningKey.objects.filter(kid=old).update(retired_at=timezone.now() - timedelta(seconds=421))
        assert [key["kid"] for key in keys.published()["keys"]] == [new]
        assert not {"d", "k"} & {name for key in keys.published()["keys"] for name in key}
