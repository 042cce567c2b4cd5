"""The way in, part by part, and what both sides write down."""

from countersign.instances import hosts


def test_key_and_individual_together_open_a_visit_under_the_violet_bar(cast):
    cast.jane()
    cast.key()

    browser = cast.visit()

    assert "You are in Good Therapy, Inc." in browser.text
    assert "Jane Doe of ACME Billing" in browser.text
    assert "acme-billing" in browser.text
    assert "Leave this practice" in browser.text


def test_both_sides_write_down_who_came_through_what(cast):
    jane = cast.jane()
    cast.key()

    cast.visit()

    (began,) = cast.events(cast.good_therapy, action="visit.began")
    assert (began.person, began.company, began.billing_user) == ("Jane Doe", "ACME Billing", "acme-billing")
    assert (began.iss, began.sub, began.source) == (hosts.root(cast.acme), str(jane.id), "third party")
    (entered,) = cast.events(cast.acme, action="identity.entered")
    assert (entered.person, entered.object) == ("Jane Doe", "Good Therapy, Inc.")


def test_the_first_part_alone_signs_nothing_in_and_the_home_names_the_practice(cast):
    cast.key()

    browser = cast.first_part()

    assert browser.url.startswith(hosts.root(cast.acme) + "/authorize/")
    assert "Good Therapy, Inc. asks who you are" in browser.text
    response = browser.get(hosts.root(cast.good_therapy) + "/visits/", follow=False)
    assert response.status_code == 302 and response["Location"].startswith("/sign-in/")


def test_an_open_session_at_home_is_confirmed_with_one_click(cast):
    cast.jane()
    cast.key()
    browser = cast.visit()
    cast.go(browser, "/sign-in/")

    cast.first_part(browser=browser)
    assert "Continue as Jane Doe" in browser.text
    browser.post(browser.url)

    assert browser.url.startswith(hosts.root(cast.good_therapy))
    assert len(cast.events(cast.good_therapy, action="visit.began")) == 2


def test_leaving_ends_the_visit_at_once(cast):
    cast.jane()
    cast.key()
    browser = cast.visit()

    browser.post(hosts.root(cast.good_therapy) + "/leave/")

    assert len(cast.events(cast.good_therapy, action="visit.left")) == 1
    response = browser.get(hosts.root(cast.good_therapy) + "/", follow=False)
    assert response["Location"].startswith("/sign-in/")
