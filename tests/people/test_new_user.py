import pytest

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.instances.models import ListingState
from countersign.people import accounts
from countersign.people.models import UserType
from tests.cast import KEY, PASSWORD
from tests.people.rooms import TYPED, details, group, held, text, user

NEW = "/settings/users/new/"


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


def test_a_regular_user_is_created_and_can_sign_in(cast, priya):
    clinician = group(cast.good_therapy, "Clinician")

    response = priya.post(NEW, details(groups=[clinician.id], permissions=["view_reports"]))

    assert (response.status_code, response["Location"]) == (302, "/settings/users/")
    assert "Jo Park (jo) was created." in text(priya.get("/settings/users/"))
    assert held(cast.good_therapy, "jo") == sorted([*clinician.permissions, "view_reports"])
    cast.signed_in(cast.good_therapy, "jo", TYPED)
    (event,) = cast.events(cast.good_therapy, action="user.created", object="Jo Park (jo)")
    assert event.person == "Priya Raman"


def test_a_billing_user_is_bound_to_the_company_that_was_chosen(cast, priya):
    full = group(cast.good_therapy, "Billing full cycle")

    response = priya.post(NEW, details(type="billing", billing_company=cast.acme.id, groups=[full.id]))

    assert response.status_code == 302
    assert user(cast.good_therapy, "jo").billing_company == cast.acme.id


def test_a_billing_user_needs_a_company(cast, priya):
    response = priya.post(NEW, details(type="billing", permissions=["view_claims"]))

    assert response.status_code == 422
    assert "Choose the billing company this user is for." in text(response)
    assert user(cast.good_therapy, "jo") is None


def test_only_listed_companies_are_offered_and_accepted(cast, priya):
    cast.installation.list(cast.rival, ListingState.SUSPENDED)
    page = text(priya.post(NEW, details(type="billing", show="1")))

    response = priya.post(NEW, details(type="billing", billing_company=cast.rival.id))

    assert ">ACME Billing</option>" in page and "Rival Billing" not in page
    assert response.status_code == 422 and user(cast.good_therapy, "jo") is None


@pytest.mark.parametrize("type", ["regular", "restricted", "administrator"])
def test_nobody_but_a_billing_user_has_a_company(cast, priya, type):
    response = priya.post(NEW, details(type=type, billing_company=cast.acme.id))

    assert response.status_code == 422
    assert "Only a user of the type Billing has a billing company." in text(response)
    assert user(cast.good_therapy, "jo") is None


def test_the_company_is_absent_from_the_dialog_of_the_other_types(cast, priya):
    as_dialog = {"HTTP_HX_REQUEST": "true"}
    shown = {
        type: "Billing Company" in text(priya.post(NEW, details(type=type, show="1"), **as_dialog))
        for type in UserType.values
    }

    assert shown == {"administrator": False, "regular": False, "restricted": False, "billing": True}


def test_the_form_offers_no_billing_user_what_lies_above_the_ceiling(cast, priya):
    offered = text(priya.post(NEW, details(type="billing", show="1")))
    refused = priya.post(NEW, details(
        type="billing", billing_company=cast.acme.id, permissions=["view_claims", "manage_users"],
    ))

    assert 'value="view_claims"' in offered
    for above in ("manage_users", "manage_permission_groups", "manage_third_party_access", "manage_account",
                  "view_account_charges", "view_psychotherapy_notes"):
        assert f'value="{above}"' not in offered
    assert refused.status_code == 422
    assert "A Billing user can never be given: Manage users." in text(refused)
    assert user(cast.good_therapy, "jo") is None


def test_a_restricted_user_is_offered_nothing_and_given_nothing(cast, priya):
    offered = text(priya.post(NEW, details(type="restricted", show="1")))
    refused = priya.post(NEW, details(type="restricted", permissions=["view_clients"]))
    grouped = priya.post(NEW, details(type="restricted", groups=[group(cast.good_therapy, "Front desk").id]))
    created = priya.post(NEW, details(type="restricted"))

    assert 'name="permissions"' not in offered and 'name="groups"' not in offered
    assert refused.status_code == grouped.status_code == 422
    assert "A Restricted user can be given nothing here." in text(refused)
    assert created.status_code == 302 and held(cast.good_therapy, "jo") == []


def test_what_is_wrong_is_said_next_to_the_field_and_what_was_typed_is_kept(cast, priya):
    cast.user(cast.good_therapy, "cole")

    response = priya.post(NEW, details(
        name="Cole Two", user_id="COLE", password="short", email="nonsense", permissions=["view_claims"],
    ))

    page = text(response)
    assert response.status_code == 422
    for sentence in ("Another user has this User ID", "at least 15 characters", "Enter a valid email address."):
        assert sentence in page
    assert 'value="Cole Two"' in page and 'value="COLE"' in page and 'value="nonsense"' in page
    assert 'value="short"' not in page
    assert page.count('value="view_claims" id') == 1 and "checked" in page.partition('value="view_claims"')[2][:60]


def test_generate_fills_in_a_password_that_is_shown_until_saved_and_never_again(cast, priya):
    page = text(priya.post(NEW, details(password="", permissions=["view_claims"], generate="1")))
    generated = page.partition('name="password" value="')[2].partition('"')[0]
    failed = priya.post(NEW, details(password=generated, generated="1", name=""))
    saved = priya.post(NEW, details(password=generated, generated="1"), follow=True)

    assert len(generated) >= 20 and 'value="Jo Park"' in page and "There is a problem" not in page
    assert failed.status_code == 422 and generated in text(failed)
    assert saved.status_code == 200 and generated not in text(saved)
    assert not any(generated in value.value for value in priya.cookies.values())
    for event in cast.events(cast.good_therapy):
        assert generated not in repr(event.__dict__)
    cast.signed_in(cast.good_therapy, "jo", generated)


def test_show_what_this_allows_lists_the_union_without_judging_the_form(cast, priya):
    payments = group(cast.good_therapy, "Billing payments only")

    response = priya.post(NEW, {
        "type": "billing", "groups": [payments.id], "permissions": ["view_claims"], "show": "1",
    })

    page = text(response)
    effective = page.partition('id="effective"')[2].partition("</section>")[0]
    assert response.status_code == 200 and "There is a problem" not in page
    for label in ("View clients", "View ledger", "Post payments", "Post remittances", "View claims"):
        assert label in effective
    assert "Demographics, Services and diagnoses." in effective
    assert user(cast.good_therapy, "jo") is None


def test_groups_above_the_ceiling_say_what_is_ignored_for_a_billing_user(cast, priya):
    manager = group(cast.good_therapy, "Practice manager")

    page = text(priya.post(NEW, {"type": "billing", "groups": [manager.id], "show": "1"}))

    effective = page.partition('id="effective"')[2].partition("</section>")[0]
    assert "Ignored for a Billing user: Manage users," in effective
    assert "Manage users" not in effective.partition("Ignored")[0]


def test_a_new_password_can_be_asked_for_at_the_next_sign_in_of_a_person(cast, priya):
    asked = priya.post(NEW, details(forced="on"))
    refused = priya.post(NEW, details(user_id="key-two", type="billing", billing_company=cast.acme.id, forced="on"))

    client = cast.signed_in(cast.good_therapy, "jo", TYPED)
    assert asked.status_code == 302
    assert client.get("/profile/")["Location"] == "/profile/password/"
    assert refused.status_code == 422 and user(cast.good_therapy, "key-two") is None


@pytest.mark.parametrize("user_id", [
    "PRIYA", "Priya", " priya ", "ｐｒｉｙａ", "pr1ya", "prlya", "prIya",
    "prіya",  # Cyrillic i
    "pri\u200bya", "\u202epriya", "priy\u0301a", "pri ya", "p",
])
def test_a_user_id_that_looks_like_another_is_refused(cast, priya, user_id):
    """Security cases 39 and 40: case, width, outer blanks and look-alikes make no second account."""
    response = priya.post(NEW, details(user_id=user_id))

    assert response.status_code == 422
    with binding.bind(cast.good_therapy):
        assert accounts.User.objects.count() == 1


@pytest.mark.parametrize("typed", ["admin", "Admin", "admin ", "ADMIN", "ａｄｍｉｎ"])
def test_all_ways_of_writing_a_user_id_sign_in_to_one_account(cast, typed):
    """Security case 40."""
    cast.administrator(cast.good_therapy, "admin")

    response = cast.client(cast.good_therapy).post("/sign-in/", {"user_id": typed, "password": PASSWORD})

    assert response.status_code == 302


def test_a_name_with_invisible_characters_is_refused(cast, priya):
    response = priya.post(NEW, details(name="Priya\u202e Raman"))

    assert response.status_code == 422 and "invisible characters" in text(response)


def test_two_requests_for_one_user_id_make_one_user_and_one_message(cast, monkeypatch):
    """The check comes before the insert; somebody may come between."""
    cast.user(cast.good_therapy, "cole")
    monkeypatch.setattr(accounts, "valid_user_id", lambda text: text)

    with binding.bind(cast.good_therapy), pytest.raises(accounts.ValidationError) as refused:
        accounts.create(name="Cole", user_id="cole", password=KEY, type="regular", by=system())

    assert refused.value.message_dict == {"user_id": [accounts.TAKEN]}


def test_the_dialog_comes_back_with_its_errors_and_leads_on_when_saved(cast, priya):
    as_dialog = {"HTTP_HX_REQUEST": "true"}

    opened = priya.get(NEW, **as_dialog)
    refused = priya.post(NEW, details(name=""), **as_dialog)
    saved = priya.post(NEW, details(), **as_dialog)

    assert text(opened).startswith("<dialog") and ">User Details</h2>" in text(opened)
    assert refused.status_code == 422 and text(refused).startswith("<dialog")
    assert saved["HX-Redirect"] == "/settings/users/"
