"""Support switches a company's admin site on and off, and sees nothing of what is in it."""

import pytest
from django.core.exceptions import ValidationError

from countersign.instances import catalogue, hosts, sites
from countersign.instances.models import RESERVED_SLUGS, AdminSite, InstanceKind
from tests.cast import PASSWORD
from tests.installation import as_owner
from tests.keyring.ringing import jane_holds_a_key


@pytest.fixture
def support(cast):
    cast.administrator(cast.support, "morgan", name="Morgan Hale")
    client = cast.signed_in(cast.support, "morgan")
    client.raise_request_exception = False  # a 503 is an answer like any other
    return client


def on(support, company, label="acme-customers"):
    return support.post(f"/console/listings/{company.id}/admin-site/", {"label": label})


def off(support, company):
    return support.post(f"/console/listings/{company.id}/admin-site/ending/")


def answers(cast, label="acme-customers"):
    host = f"{label}.{hosts.root(cast.acme).partition('.')[2]}"
    return cast.client(cast.acme).get("/customers/", HTTP_HOST=host, SERVER_NAME=host.partition(":")[0]).status_code


def test_on_and_off_again_from_the_next_request_on_both_records_say_who(cast, support):
    assert answers(cast) == 404
    assert on(support, cast.acme).status_code == 302 and answers(cast) == 302
    page = support.get(f"/console/listings/{cast.acme.id}/").content.decode()
    assert "acme-customers.countersign.localhost:8000" in page and "by Morgan Hale" in page

    assert off(support, cast.acme).status_code == 302 and answers(cast) == 404

    off(support, cast.acme)
    for action in ("admin-site.began", "admin-site.ended"):
        for where, source in ((cast.support, "ours"), (cast.acme, "support")):
            event = cast.events(where, action=action, result="ok")[0]
            assert (event.person, event.source, event.object) == ("Morgan Hale", source, "ACME Billing")
            assert event.changes == {"label": "acme-customers"}
    assert len(cast.events(cast.support, action="admin-site.ended", result="refused")) == 1
    (row,) = AdminSite.objects.all()
    assert (row.began_by, row.ended_by) == ("Morgan Hale", "Morgan Hale") and row.began_at < row.ended_at


def test_the_launch_pad_says_where_it_is_while_it_is_on(cast):
    cast.jane()
    jane = cast.signed_in(cast.acme, "jane", PASSWORD)

    def says():
        return 'href="http://acme-customers.countersign.localhost:8000/"' in jane.get("/launch-pad/").content.decode()

    site = cast.site()
    assert says()
    cast.installation.list(cast.acme, state="suspended")
    assert not says()
    cast.installation.list(cast.acme)
    sites.end(site, by="the test")
    assert not says()


def test_support_sees_that_it_is_there_and_nothing_of_what_is_in_it(cast, support):
    jane_holds_a_key(cast)
    on(support, cast.acme)

    for path in (f"/console/listings/{cast.acme.id}/", "/console/listings/", f"/console/instances/{cast.acme.id}/"):
        page = support.get(path).content.decode()
        assert "Good Therapy" not in page and "Jane Doe" not in page, path
    host = "acme-customers.countersign.localhost:8000"
    assert support.get("/customers/", HTTP_HOST=host).status_code == 302, "its cookie is worth nothing there"


@pytest.mark.parametrize(("label", "said"), [
    ("", "Enter host name"), ("good-therapy", sites.TAKEN), ("acme-billing", sites.TAKEN),
    ("www", "This address is reserved"),
    ("Acme", "Use 2 to 41 characters"), ("a.b", "Use 2 to 41 characters"), ("-x", "Use 2 to 41 characters"),
    ("a" * 42, "Use 2 to 41 characters"), ("ab\x00", "Null characters"), ("rival-customers", sites.TAKEN),
])
def test_a_label_that_is_none_or_is_somebodys_is_refused_beside_the_field(cast, support, label, said):
    sites.end(cast.site(cast.rival, "rival-customers"), by="the test")  # once Rival's, nobody else's

    response = on(support, cast.acme, label)

    assert response.status_code == 422 and said in response.content.decode()
    assert not AdminSite.objects.filter(instance=cast.acme).exists()
    assert cast.events(cast.acme, action="admin-site.began") == []


@pytest.mark.parametrize("reserved", sorted(RESERVED_SLUGS))
def test_no_reserved_name_whoever_asks(cast, reserved):
    with pytest.raises(ValidationError):
        sites.begin(cast.acme, label=reserved, by="the test")


@pytest.mark.parametrize("ended", [False, True])
def test_no_instance_is_opened_under_the_name_of_an_admin_site(cast, ended):
    site = cast.site()
    if ended:
        sites.end(site, by="the test")

    with pytest.raises(ValidationError, match="Another instance has this address"):
        catalogue.open_instance(name="Another", slug="acme-customers", kind=InstanceKind.PRACTICE, by="the test")


def test_should_both_be_there_the_instance_answers(cast):
    """Opened in the same instant: nobody's data is shown at an address that was given to somebody else."""
    site = cast.site()
    AdminSite.objects.filter(id=site.id).update(label=cast.good_therapy.slug)

    assert hosts.find(f"good-therapy.{hosts.root(cast.acme).partition('.')[2]}") == cast.good_therapy
    assert answers(cast, "good-therapy") == 404


def test_only_a_listed_company_has_one_and_only_one(cast, support):
    assert on(support, cast.good_therapy, "good-customers").status_code == 422
    cast.installation.list(cast.rival, state="suspended")
    refused = on(support, cast.rival, "rival-customers")
    assert "Only a listed billing company can have an admin site." in refused.content.decode()
    on(support, cast.acme)
    again = on(support, cast.acme, "acme-more")
    assert again.status_code == 422 and "The admin site is on already." in again.content.decode()
    off(support, cast.acme)
    assert on(support, cast.acme).status_code == 302, "under its own old name"


def test_it_needs_the_permission(cast):
    cast.user(cast.support, "sam", name="Sam", permissions=["manage_instances"])
    sam = cast.signed_in(cast.support, "sam", PASSWORD)

    assert on(sam, cast.acme).status_code == 403 and off(sam, cast.acme).status_code == 403


@pytest.mark.parametrize("broken", ["support", "company"])
def test_what_one_side_cannot_record_does_not_happen(cast, support, broken):
    site = cast.site(cast.rival, "rival-customers")
    for company, step in ((cast.acme, on), (cast.rival, off)):
        where = cast.support if broken == "support" else company
        as_owner(where, "ALTER TABLE audit_event RENAME TO audit_gone")
        assert step(support, company).status_code == 503
        as_owner(where, "ALTER TABLE audit_gone RENAME TO audit_event")

    assert [(one.id, one.ended_at) for one in AdminSite.objects.all()] == [(site.id, None)]


def test_a_known_host_costs_no_question_about_admin_sites(cast, questions):
    site = cast.site()

    assert questions(lambda: cast.client(cast.acme).get("/healthz")) == 1
    host = hosts.site_root(site).partition("://")[2]
    assert questions(lambda: cast.client(cast.acme).get("/healthz", HTTP_HOST=host)) == 2


@pytest.fixture
def questions():
    """How many questions something puts to the catalogue."""
    from django.db import connections

    def count(do):
        asked = []

        def note(execute, sql, *more):
            asked.append(sql)
            return execute(sql, *more)

        with connections["control"].execute_wrapper(note):
            do()
        return len(asked)

    return count
