"""Steps around a key ring: ACME holds Good Therapy's key, and Ada says who may use it."""

from countersign.audit.actors import Actor
from countersign.instances import binding, hosts
from countersign.keyring import assignments, ring
from countersign.keyring.models import Key
from countersign.people.models import User
from tests.browsing import Browser
from tests.cast import KEY, PASSWORD

ADA = Actor(person="Ada Admin")


def put_in(cast, user_id="acme-billing", password=KEY):
    """The key in ACME's ring, as if checked."""
    with binding.bind(cast.acme):
        return ring.add(cast.good_therapy, user_id=user_id, password=password, by=ADA)


def assign(cast, key, user, *, begins_on=None, ends_on=None):
    with binding.bind(cast.acme):
        return assignments.assign(
            key, to=user, begins_on=begins_on or assignments.today(), ends_on=ends_on, by=ADA,
            grantor=User(type="administrator"),
        )


def jane_holds_a_key(cast):
    """(Jane, the key at the practice, the key in the ring), assigned to her."""
    jane, at_practice = cast.jane(), cast.key()
    key = put_in(cast)
    assign(cast, key, jane)
    return jane, at_practice, key


def at_home(cast, user_id="jane", browser=None):
    """A browser signed in at ACME."""
    browser = browser or Browser()
    browser.post(f"{hosts.root(cast.acme)}/sign-in/", {"user_id": user_id, "password": PASSWORD})
    return browser


def enter(cast, browser, key, *, follow=True):
    """Press *Enter*."""
    return browser.post(f"{hosts.root(cast.acme)}/launch-pad/{key.id}/entry/", follow=follow)


def stored(cast, key):
    with binding.bind(cast.acme):
        return Key.objects.get(id=key.id)
