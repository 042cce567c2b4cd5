"""The authorize endpoint: whom it answers, for whom, and where to. Security-cases 26, 31, D12; ASVS 7.6.2, 10.4."""

from urllib.parse import urlsplit

import pytest

from countersign.audit.actors import system
from countersign.identity import parties
from countersign.identity.models import Code
from countersign.instances import binding, catalogue, hosts
from countersign.instances.models import InstanceState
from countersign.people.models import UserType
from tests.cast import KEY, PASSWORD
from tests.identity.asking import CALLBACK, Asking, answer_in
from tests.identity.forge import GONE


def codes(cast):
    with binding.bind(cast.acme):
        return Code.objects.count()


def refusals(cast):
    return cast.events(cast.acme, action="identity.refused")


def test_the_page_names_the_practice_and_the_answer_names_the_issuer(cast):
    cast.jane()
    asking = Asking(cast)

    page = asking.look().content.decode()
    answer = answer_in(asking.sign_in())

    assert "Good Therapy, Inc. asks who you are" in page and asking.practice in page
    assert set(answer) == {"code", "state", "iss"}
    assert (answer["iss"], answer["state"]) == (asking.home, asking.question.state)


PLACES = {  # what an attacker makes of the registered address {uri} = {root}/sign-in/second-part/
    "elsewhere": "https://evil.example/sign-in/second-part/",
    "no scheme": "//evil.example/sign-in/second-part/",
    "another path": "{root}/",
    "a longer path": "{uri}more",
    "no final slash": "{root}/sign-in/second-part",
    "a doubled slash": "{root}//sign-in/second-part/",
    "a path that climbs": "{uri}../../leave/",
    "a path that climbs in disguise": "{uri}..%2f..%2fleave/",
    "a path with a parameter": "{root}/sign-in/..;/sign-in/second-part/",
    "a query": "{uri}?next=//evil.example",
    "a fragment": "{uri}#evil",
    "another scheme": "https{rest}",
    "a script": "javascript:alert(1)//{uri}",
    "data": "data:text/html,{uri}",
    "capitals": "{upper}",
    "a user in front": "http://good-therapy@evil.example/sign-in/second-part/",
    "us in front of them": "{root}.evil.example/sign-in/second-part/",
    "us behind them": "http://evil.example/?{uri}",
    "a backslash": "{root}\\@evil.example/sign-in/second-part/",
    "a tab": "\t{uri}",
    "a space": "{uri} ",
    "a line break": "{uri}\r\nLocation: https://evil.example",
    "a zero byte": "{uri}\x00",
    "twice encoded": "{root}/sign-in%252Fsecond-part/",
    "another port": "{noport}:8001/sign-in/second-part/",
    "no port": "{noport}/sign-in/second-part/",
    "a look-alike": "{root}/sign-in/second-pаrt/",
    "a dot behind the host": "{dotted}/sign-in/second-part/",
    "the neighbour": "{neighbour}/sign-in/second-part/",
    "empty": "",
    "none": GONE,
}


def test_nobody_is_sent_to_an_address_that_is_not_exactly_the_practices_own(cast):
    cast.jane()
    root = hosts.root(cast.good_therapy)
    scheme, rest = root.split(":", 1)
    name = urlsplit(root)
    words = {
        "root": root, "uri": root + CALLBACK, "rest": f":{rest}{CALLBACK}", "upper": (root + CALLBACK).upper(),
        "noport": f"{scheme}://{name.hostname}", "dotted": f"{scheme}://{name.hostname}.:{name.port}",
        "neighbour": hosts.root(cast.elm_street),
    }

    for what, place in PLACES.items():
        asking = Asking(cast, redirect_uri=place if place is GONE else place.format(**words))
        for response in (asking.look(), asking.sign_in()):
            assert response.status_code == 400, what
            assert "Location" not in response, what
            assert b"evil" not in response.content, what

    assert len(PLACES) > 20
    assert codes(cast) == 0
    assert {(event.result, event.reason.partition(":")[0]) for event in refusals(cast)} == {
        ("refused", "invalid_request")
    }
    assert len(refusals(cast)) == 2 * len(PLACES)


@pytest.mark.parametrize("client_id", [GONE, "", "https://evil.example", "http://nobody.countersign.localhost:8000"])
def test_a_stranger_may_not_ask(cast, client_id):
    response = Asking(cast, client_id=client_id).look()

    assert response.status_code == 400 and "Location" not in response
    assert [event.person for event in refusals(cast)] == ["unknown"]


def test_a_stranger_may_not_ask_even_with_its_own_address(cast):
    response = Asking(cast, client_id="https://evil.example", redirect_uri=f"https://evil.example{CALLBACK}").look()

    assert response.status_code == 400 and "Location" not in response


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"code_challenge": GONE, "code_challenge_method": GONE}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": GONE}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"nonce": GONE}, "invalid_request"),
        ({"state": GONE}, "invalid_request"),
        ({"scope": GONE}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid offline_access"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_question_that_is_not_whole_goes_back_to_the_practice_with_the_issuers_name(cast, parameters, error):
    cast.jane()
    asking = Asking(cast, **parameters)

    response = asking.look()

    answer = answer_in(response)
    assert response["Location"].startswith(asking.practice + CALLBACK)
    assert (answer["error"], answer["iss"]) == (error, asking.home)
    assert answer_in(asking.sign_in())["error"] == error
    assert codes(cast) == 0
    assert len(refusals(cast)) == 2


def test_prompt_none_never_signs_in_even_where_a_session_is_open(cast):
    cast.jane()
    asking = Asking(cast)
    asking.browser = cast.signed_in(cast.acme, "jane")
    asking.parameters["prompt"] = "none"

    answers = [answer_in(asking.look()), answer_in(asking.browser.post(asking.address))]

    assert [answer["error"] for answer in answers] == ["interaction_required"] * 2
    assert codes(cast) == 0
    assert {event.person for event in refusals(cast)} == {"Jane Doe"}


def test_a_nonce_counts_once_a_practice(cast):
    cast.jane()
    asking = Asking(cast)
    asking.code()

    assert answer_in(asking.sign_in())["error"] == "invalid_request"
    assert codes(cast) == 1


def test_a_restricted_user_can_answer_and_a_billing_user_of_the_home_cannot(cast):
    cast.jane()
    cast.user(cast.acme, "key-at-acme", UserType.BILLING, name="Rival at ACME", billing_company=cast.rival.id)

    refused = Asking(cast).sign_in("key-at-acme", KEY)

    assert refused.status_code == 422 and "is not right" in refused.content.decode()
    assert codes(cast) == 0
    assert [event.reason for event in refusals(cast)] == ["a Billing user cannot sign in for anybody"]
    assert Asking(cast).code("jane")


def test_wrong_inactive_and_unknown_get_one_answer_and_no_code(cast):
    jane = cast.jane()
    wrong = Asking(cast).sign_in("jane", "x" * 20)
    unknown = Asking(cast).sign_in("nobody", PASSWORD)
    with binding.bind(cast.acme):
        type(jane).objects.filter(id=jane.id).update(inactivated_at=jane.created_at)
    inactive = Asking(cast).sign_in("jane")

    assert [r.status_code for r in (wrong, unknown, inactive)] == [422] * 3
    assert all("is not right" in r.content.decode() for r in (wrong, unknown, inactive))
    assert codes(cast) == 0


def test_prompt_login_and_max_age_ask_for_the_password_again(cast):
    cast.jane()
    for again in ({"prompt": "login"}, {"max_age": "0"}, {"max_age": GONE}, {"max_age": "soon"}):
        asking = Asking(cast, **again)
        asking.browser = cast.signed_in(cast.acme, "jane")

        assert "Continue as" not in asking.look().content.decode(), again
        assert asking.browser.post(asking.address).status_code == 200, again
    assert codes(cast) == 0


def test_a_click_from_another_site_confirms_nothing(cast):
    cast.jane()
    asking = Asking(cast)
    asking.browser = cast.signed_in(cast.acme, "jane")
    asking.browser.handler.enforce_csrf_checks = True

    response = asking.browser.post(asking.address)

    assert response.status_code == 403
    assert codes(cast) == 0


def test_parameters_in_the_form_do_not_change_the_question(cast):
    cast.jane()
    asking = Asking(cast)

    response = asking.browser.post(
        asking.address, {"user_id": "jane", "password": PASSWORD, "redirect_uri": "https://evil.example/"}
    )

    assert "evil" not in response.get("Location", "")
    assert codes(cast) == 0


def test_a_practice_that_was_stopped_or_suspended_may_not_ask(cast):
    cast.jane()
    practice = hosts.root(cast.good_therapy)
    Asking(cast).code()
    with binding.bind(cast.acme):
        parties.stop(parties.find(practice), by=system())
    assert Asking(cast).look().status_code == 400
    with binding.bind(cast.acme):
        party = parties.RelyingParty.objects.get(client_id=practice)
        parties.resume(party, by=system())
    assert Asking(cast).look().status_code == 200

    catalogue.change_state(cast.good_therapy, state=InstanceState.SUSPENDED, by="Support", reason="unpaid")

    assert Asking(cast).look().status_code == 400


def test_the_home_is_no_practice_of_its_own_and_support_is_none(cast):
    for instance in (cast.acme, cast.support):
        root = hosts.root(instance)

        assert Asking(cast, client_id=root, redirect_uri=root + CALLBACK).look().status_code == 400


def test_a_parameter_that_authlib_cannot_quote_is_refused_and_not_an_error(cast):
    response = Asking(cast, response_type="co\\de").look()

    assert response.status_code == 400
    assert [event.person for event in refusals(cast)] == ["unknown"]
