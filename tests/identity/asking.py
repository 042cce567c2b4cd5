"""The messages of a practice to a home, one by one, as its own relying party or an attacker would send them."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from countersign.identity import relying
from countersign.identity.models import Entry
from countersign.instances import binding, hosts
from tests.cast import PASSWORD
from tests.identity import forge
from tests.identity.forge import GONE

CALLBACK = "/sign-in/second-part/"


class Asking:
    """A question of Good Therapy's to ACME. `parameters` changes what goes to the authorize endpoint."""

    def __init__(self, cast, **parameters):
        self.cast, self.question = cast, relying.Question.new()
        self.practice, self.home = hosts.root(cast.good_therapy), hosts.root(cast.acme)
        self.parameters = {name: value for name, value in {
            "response_type": "code", "client_id": self.practice, "redirect_uri": self.practice + CALLBACK,
            "scope": "openid", "state": self.question.state, "nonce": self.question.nonce,
            "code_challenge": create_s256_code_challenge(self.question.verifier), "code_challenge_method": "S256",
            "max_age": 43200, **parameters,
        }.items() if value is not GONE}
        self.browser = cast.client(cast.acme)

    @property
    def address(self):
        return f"/authorize/?{urlencode(self.parameters)}"

    def look(self):
        return self.browser.get(self.address)

    def sign_in(self, user_id="jane", password=PASSWORD):
        return self.browser.post(self.address, {"user_id": user_id, "password": password})

    def code(self, user_id="jane"):
        """The code of a right answer."""
        return answer_in(self.sign_in(user_id))["code"]

    def token_form(self, code, /, **changes):
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.practice + CALLBACK,
            "code_verifier": self.question.verifier, **forge.assertion(self.cast.good_therapy, self.cast.acme),
            **changes,
        }
        return {name: value for name, value in form.items() if value is not GONE}

    def redeem(self, code, /, **changes):
        """(status, JSON) of the token endpoint."""
        return posted(self.cast, self.cast.acme, "/token/", self.token_form(code, **changes))


def answer_in(response):
    """The parameters in the redirect of an authorize endpoint."""
    assert response.status_code == 302, response.content.decode()
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def posted(cast, instance, path, form):
    response = cast.client(instance).post(path, form)
    return response.status_code, json.loads(response.content or b"{}")


def entries(cast):
    """How many sign-ins ACME has given, and how many of them stand: (all, standing)."""
    with binding.bind(cast.acme):
        return Entry.objects.count(), Entry.objects.filter(ended_at=None).count()
