"""Two passwords of a Billing user for a while (security cases 5 and 6): which one opens, what rests on it, its end."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from countersign.access import stages, visits
from countersign.access.models import Term, Visit
from countersign.audit.actors import system
from countersign.identity import dispatches
from countersign.instances import binding
from countersign.keyring.models import Delivery
from countersign.people import accounts, passwords, rotation
from countersign.people.models import User
from tests.access.steps import home_answers, opens, refusals
from tests.cast import KEY, agree
from tests.instances.test_restore import back_up, restore
from tests.keyring.ringing import at_home, enter, jane_holds_a_key

NEW, NEWEST = "amber ladder in the yard 7", "three kettles by the fence 9"
WRONG = "The User ID or the password is not right."


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


@pytest.fixture
def key(cast):
    cast.jane()
    return cast.key()


def words(response):
    return " ".join(response.content.decode().split())


def page(key, more=""):
    return f"/settings/users/{key.id}/{more}"


def rotate(priya, key, password=NEW, hours="4"):
    response = priya.post(page(key, "password/"), {"password": password, "hours": hours})
    assert response.status_code == 302, words(response)


def stored(cast, key):
    with binding.bind(cast.good_therapy):
        return User.objects.get(id=key.id)


def ends_in(cast, key, **left):
    """So much is left of the overlap."""
    with binding.bind(cast.good_therapy):
        User.objects.filter(id=key.id).update(old_password_expires_at=timezone.now() + timedelta(**left))


def accepted(cast, password):
    """Whether the first part is accepted with it; refused is what a wrong password is, to the letter."""
    browser = cast.first_part(password=password)
    assert ("/authorize/" in browser.url) != (WRONG in browser.text)
    return "/authorize/" in browser.url


def inside(cast, password):
    browser = cast.first_part(password=password)
    cast.second_part(browser)
    assert opens(cast, browser), browser.text
    return browser


def test_both_passwords_open_the_door_and_nobody_is_put_out(cast, priya, key):
    before = inside(cast, KEY)
    rotate(priya, key, hours="4")

    assert opens(cast, before)
    assert (accepted(cast, KEY), accepted(cast, NEW), accepted(cast, "another word of no use")) == (True, True, False)
    shown = words(priya.get(page(key)))
    assert "Two passwords open the door." in shown and "End the old password now" in shown
    assert "Two passwords" in words(priya.get(f"/settings/third-party/{cast.acme.id}/"))
    (event,) = cast.events(cast.good_therapy, action="user.password.set")
    until = stored(cast, key).old_password_expires_at
    with binding.bind(cast.good_therapy), timezone.override("America/New_York"):
        assert event.changes == {"Old password until": rotation.said(until)}
    assert timedelta(hours=3, minutes=50) < until - timezone.now() <= timedelta(hours=4)


@pytest.mark.parametrize("hours", ["0", ""])
def test_unless_somebody_says_so_the_old_one_ends_at_once_with_every_visit(cast, priya, key, hours):
    before = inside(cast, KEY)
    rotate(priya, key, hours=hours)

    assert not opens(cast, before) and not accepted(cast, KEY) and accepted(cast, NEW)
    assert stored(cast, key).old_password == ""


def test_the_old_one_is_accepted_in_its_last_minute_and_which_it_was_is_on_the_record_by_its_id(cast, priya, key):
    rotate(priya, key)
    ends_in(cast, key, seconds=55)
    first, second = inside(cast, KEY), inside(cast, NEW)

    reasons = [event.reason for event in cast.events(cast.good_therapy, action="sign-in.first-part.accepted")]
    found = stored(cast, key)
    with binding.bind(cast.good_therapy):
        old, new = passwords.id_of(found.old_password), passwords.id_of(found.password)
        assert [visit.password_id for visit in Visit.objects.order_by("began_at")] == [old, new]
    assert reasons == [f"with the old password ({old})", f"with the new password ({new})"]
    everything = str([(e.reason, e.changes, e.object) for e in cast.events(cast.good_therapy)])
    assert KEY not in everything and NEW not in everything and stored(cast, key).password not in everything

    ends_in(cast, key, seconds=-1)
    assert not accepted(cast, KEY) and accepted(cast, NEW)
    assert not opens(cast, first), "what began with it is over with it"
    assert opens(cast, second), "what began with the new one is not"
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    assert ended.reason == visits.REPLACED
    assert "Two passwords" not in words(priya.get(page(key)))


def test_a_button_ends_the_old_one_now(cast, priya, key):
    before = inside(cast, KEY)
    rotate(priya, key)
    after = inside(cast, NEW)

    assert priya.post(page(key, "old-password/ending/")).status_code == 302

    assert (accepted(cast, KEY), accepted(cast, NEW)) == (False, True)
    assert (opens(cast, before), opens(cast, after)) == (False, True)
    (event,) = cast.events(cast.good_therapy, action="user.password.old.ended")
    assert (event.person, event.object_id) == ("Priya Raman", str(key.id))
    priya.post(page(key, "old-password/ending/"))
    assert len(cast.events(cast.good_therapy, action="user.password.old.ended")) == 1, "there was none to end"


def test_a_second_rotation_within_the_overlap_ends_the_oldest(cast, priya, key):
    oldest = inside(cast, KEY)
    rotate(priya, key, NEW)
    middle = inside(cast, NEW)
    rotate(priya, key, NEWEST)

    assert [accepted(cast, one) for one in (KEY, NEW, NEWEST)] == [False, True, True]
    assert (opens(cast, oldest), opens(cast, middle)) == (False, True)
    rotate(priya, key, KEY, hours="0")
    assert [accepted(cast, one) for one in (KEY, NEW, NEWEST)] == [True, False, False]
    assert not opens(cast, middle)


def suspend_and_lift(priya, cast, key):
    company = f"/settings/third-party/{cast.acme.id}/"
    assert priya.post(f"{company}suspensions/", {"key": key.user_id}).status_code == 302
    yield
    lifting = words(priya.get(company)).partition('action="/suspensions/')[2].partition('"')[0]
    assert priya.post(f"/suspensions/{lifting}").status_code == 302


def inactivate_and_reactivate(priya, cast, key):
    assert priya.post(page(key, "inactivation/")).status_code == 302
    yield
    assert priya.post(page(key, "reactivation/")).status_code == 302


@pytest.mark.parametrize("shut", [suspend_and_lift, inactivate_and_reactivate])
def test_what_shuts_the_key_ends_both_and_only_the_new_one_comes_back(cast, priya, key, shut):
    before = inside(cast, KEY)
    rotate(priya, key)
    steps = shut(priya, cast, key)

    next(steps)
    assert not opens(cast, before)
    assert not any("/authorize/" in cast.first_part(password=one).url for one in (KEY, NEW))
    next(steps, None)
    assert (accepted(cast, KEY), accepted(cast, NEW)) == (False, True)
    assert not opens(cast, before)


def test_another_company_gets_no_old_password(cast, priya, key):
    with binding.bind(cast.good_therapy):
        agree(cast.rival)
    rotate(priya, key)
    moved = {
        "name": key.name, "email": "", "type": "billing", "billing_company": str(cast.rival.id),
        "version": priya.get(page(key)).context["version"],
    }
    assert priya.post(page(key), moved).status_code == 302

    assert stored(cast, key).billing_company == cast.rival.id and stored(cast, key).old_password == ""
    assert WRONG in cast.first_part(password=KEY).text


def test_it_never_outlives_the_billing_user(cast, key, monkeypatch):
    tomorrow = timezone.localdate() + timedelta(days=1)
    noon = timezone.make_aware(datetime.combine(tomorrow, time(12)))
    midnight = timezone.make_aware(datetime.combine(tomorrow + timedelta(days=1), time.min))
    monkeypatch.setattr(timezone, "now", lambda: noon)
    with binding.bind(cast.good_therapy):
        Term.objects.create(key=key, last_on=tomorrow, set_by="Priya Raman", reason="We part")
        accounts.set_password(key, password=NEW, by=system(), overlap=timedelta(hours=24))
        assert key.old_password_expires_at == midnight
        Term.objects.create(key=key, last_on=tomorrow - timedelta(days=1), set_by="Priya Raman", reason="Sooner")
        accounts.set_password(key, password=NEWEST, by=system(), overlap=timedelta(hours=24))
        assert (key.old_password, key.old_password_expires_at) == ("", None)


def test_a_first_part_that_was_given_with_it_ends_with_it(cast, priya, key):
    rotate(priya, key)
    browser = cast.first_part(password=KEY)
    url = home_answers(browser)
    priya.post(page(key, "old-password/ending/"))

    browser.get(url, follow=False)

    assert [event.reason for event in refusals(cast)] == [stages.TOO_LATE]
    with binding.bind(cast.good_therapy):
        assert not Visit.objects.exists()


@pytest.mark.parametrize(("typed", "said"), [
    ({"password": NEW, "hours": "25"}, "Enter a whole number from 0 to 24."),
    ({"password": NEW, "hours": "-1"}, "Enter a whole number from 0 to 24."),
    ({"password": NEW, "hours": "soon"}, "Enter a whole number from 0 to 24."),
    ({"password": KEY, "hours": "2"}, rotation.SAME),
])
def test_bad_input_is_named_and_nothing_changes(cast, priya, key, typed, said):
    before = stored(cast, key).password

    response = priya.post(page(key, "password/"), typed)

    assert response.status_code == 422 and said in words(response)
    assert f'value="{typed["hours"]}"' in words(response)
    assert (stored(cast, key).password, stored(cast, key).old_password) == (before, "")


def test_generating_keeps_what_was_typed_and_a_persons_old_password_ends_at_once(cast, priya, key):
    assert 'value="6"' in words(priya.post(page(key, "password/"), {"generate": "1", "password": "", "hours": "6"}))
    cole = cast.user(cast.good_therapy, "cole")
    assert 'name="hours"' not in words(priya.get(page(cole, "password/")))
    rotate(priya, cole, hours="6")

    assert stored(cast, cole).old_password == ""


def test_a_clock_that_was_set_back_makes_it_no_longer(cast, priya, key):
    rotate(priya, key, hours="24")
    ends_in(cast, key, hours=25)

    assert (accepted(cast, KEY), accepted(cast, NEW)) == (False, True)


def test_one_hash_whatever_is_tried_so_its_time_tells_nothing_of_an_overlap(cast, priya, key, monkeypatch):
    calls = []
    for name in ("encode", "verify"):
        plain = getattr(passwords.Argon2id, name)
        monkeypatch.setattr(passwords.Argon2id, name, lambda *a, plain=plain, **k: (calls.append(1), plain(*a, **k))[1])

    def cost(tried):
        calls.clear()
        with binding.bind(cast.good_therapy):
            passwords.matching(tried, User.objects.get(id=key.id).passwords)
        return len(calls)

    without = {cost(one) for one in (KEY, NEW, "another word of no use")}
    rotate(priya, key)
    within = {cost(one) for one in (KEY, NEW, "another word of no use")}
    with binding.bind(cast.good_therapy):
        found = User.objects.get(id=key.id)
    calls.clear()
    any([passwords.matches("another word of no use", one) for one in found.passwords])

    assert without == within == {1}
    assert len(calls) == 2, "one after the other would have been noticed"


def test_a_restored_backup_keeps_the_old_one_shut(cast, priya, key, tmp_path):
    rotate(priya, key)
    file = back_up(cast, tmp_path)
    priya.post(page(key, "old-password/ending/"))

    restore(cast, file)

    assert (accepted(cast, KEY), accepted(cast, NEW)) == (False, True)


def test_a_backup_of_before_the_rotation_lets_the_old_one_in_no_more(cast, priya, key, tmp_path):
    file = back_up(cast, tmp_path)
    rotate(priya, key)

    restore(cast, file)

    assert not stored(cast, key).is_active and not accepted(cast, KEY)


def test_a_delivery_with_an_overlap_lets_people_enter_before_and_after_it_is_accepted(cast, priya):
    _, at_practice, key = jane_holds_a_key(cast)
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    ada = cast.signed_in(cast.acme, "ada")
    first = at_home(cast)
    enter(cast, first, key)

    assert priya.post(page(at_practice, "delivery/"), {"hours": "30"}).status_code == 422
    assert priya.post(page(at_practice, "delivery/"), {"hours": "8"}).status_code == 302
    dispatches.settle()

    assert opens(cast, first)
    second = at_home(cast)
    assert enter(cast, second, key).status_code == 200 and opens(cast, second), "with the old one, still in the ring"
    with binding.bind(cast.acme):
        delivery = Delivery.objects.waiting().get()
    assert ada.post(f"/key-ring/deliveries/{delivery.id}/acceptance/").status_code == 302
    third = at_home(cast)
    assert enter(cast, third, key).status_code == 200 and opens(cast, third)

    ends_in(cast, at_practice, seconds=-1)
    assert [opens(cast, one) for one in (first, second, third)] == [False, False, True]
    assert enter(cast, at_home(cast), key).status_code == 200
    with binding.bind(cast.good_therapy):
        old, new, *_ = dict.fromkeys(Visit.objects.order_by("began_at").values_list("password_id", flat=True))
    reasons = [event.reason for event in cast.events(cast.good_therapy, action="sign-in.first-part.accepted")]
    through = "through the key ring of ACME Billing"
    assert reasons == [
        through, f"{through}, with the old password ({old})", f"{through}, with the new password ({new})", through,
    ]
