"""What the parameters of addresses are filled with: address up to the parameter → how to make such a thing.

Each takes the cast, the instance at which it must exist, and what the parameters before it were filled with.
"""

import secrets
import uuid
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone

from countersign.access.models import Ending, Suspension, Visit
from countersign.access.models_asking import AccessRequest
from countersign.access.models_support import SupportRequest
from countersign.access.models_winding import Certificate
from countersign.audit import record
from countersign.audit.actors import THIRD_PARTY, Actor, system
from countersign.audit.models import CheckpointReader, Event, HeldCheckpoint
from countersign.audit.signing import public_key
from countersign.clients.models import Client, Clinician
from countersign.clinical.models import ProgressNote, PsychotherapyNote
from countersign.console.models import AccessAsked
from countersign.disclosures.models import Accounting, Disclosure
from countersign.instances import binding, hosts
from countersign.keyring import deliveries, ring
from countersign.keyring.models import Assignment, Membership, Team
from countersign.ledger.models import Service
from countersign.metering.models import Line
from countersign.metering.models import Statement as Charges
from countersign.oversight import figures
from countersign.oversight.models import Statement
from countersign.people import sessions
from countersign.people.models import AccessTag, Activation, PermissionGroup, Session, User, UserType
from countersign.training import actions as training
from countersign.watch.models import Alert, AlertKind
from tests.cast import PASSWORD, agree

FROM = SimpleNamespace(address="127.0.0.1", META={"HTTP_USER_AGENT": "Test browser"})


def an_event(cast, instance, before):
    with binding.bind(instance):
        record.write(system(), "page.opened", object="something")
        return Event.objects.latest("seq").seq


def a_held_checkpoint(cast, instance, before):
    with binding.bind(instance):
        return HeldCheckpoint.objects.create(
            party="http://somebody.example", name="Somebody", size=1, root="0" * 64, note="x\n", key="x", agrees=True,
            kept_at=timezone.now(),
        ).id


def a_reader(cast, instance, before):
    with binding.bind(instance):
        return CheckpointReader.objects.create(
            email=f"{secrets.token_hex(6)}@example.org", added_at=timezone.now(), added_by="the test"
        ).id


def an_instance(cast, instance, before):
    return cast.elm_street.id


def a_company(cast, instance, before):
    return cast.rival.id


def a_visit(cast, instance, before):
    """A live visit, opened as `access` opens one but for the walk through the company's own sign-in."""
    with binding.bind(instance):
        key = User(
            user_id=f"k{secrets.token_hex(6)}", name="ACME Billing", type=UserType.BILLING, password="!",
            billing_company=cast.acme.id, created_by="the test",
        )
        key.save(force_insert=True)
        return open_visit(cast, key)[0].id


def open_visit(cast, key):
    """(visit, token of its session) at the bound instance, which has an agreement with the company."""
    agree(cast.acme)
    visit_id, issuer, sub = uuid.uuid4(), hosts.root(cast.acme), str(uuid.uuid4())
    individual = {
        "person": "Jane Doe", "iss": issuer, "sub": sub, "email": "jane@example.org", "user_id": "jane",
        "factors": "pwd", "company": cast.acme.name, "visit": str(visit_id),
    }
    session, token = sessions.start(FROM, key, individual=individual)
    visit = Visit.objects.create(
        id=visit_id, session=session, key=key, billing_user=key.user_id, company_id=cast.acme.id,
        company=cast.acme.name, iss=issuer, sub=sub, sid=str(uuid.uuid4()), person="Jane Doe",
        email="jane@example.org", factors="pwd",
    )
    return visit, token


def a_visit_on_record(cast, instance, before):
    visit_id = uuid.uuid4()
    with binding.bind(instance):
        record.write(
            Actor(person="Jane Doe", source=THIRD_PARTY, company=cast.acme.name, visit=str(visit_id)), "visit.began"
        )
    return visit_id


def a_company_on_record(cast, instance, before):
    a_visit_on_record(cast, instance, before)
    return cast.acme.name


def a_client(cast, instance, before):
    with binding.bind(instance):
        number = (Client.objects.aggregate(last=Max("number"))["last"] or 1000) + 1
        return Client.objects.create(
            number=number, first_name="Robin", last_name=instance.name, born_on=date(1990, 5, 17), sex="U",
            started_on=date(2026, 1, 5), created_by="the test",
        ).id


def a_note(cast, instance, before, kind=ProgressNote):
    client = a_client(cast, instance, before)
    with binding.bind(instance):
        clinician = Clinician.objects.create(first_name="Cole", last_name="Weaver")
        return kind.objects.create(
            client_id=client, clinician=clinician, title="Session", body="We talked.", written_by="Cole Weaver"
        ).id


def a_psychotherapy_note(cast, instance, before):
    return a_note(cast, instance, before, kind=PsychotherapyNote)


def a_service(cast, instance, before):
    client = a_client(cast, instance, before)
    with binding.bind(instance):
        clinician = Clinician.objects.create(first_name="Cole", last_name="Weaver")
        return Service.objects.create(
            client_id=client, clinician=clinician, served_on=date(2026, 2, 3), start_minute=540, stop_minute=595,
            code="90837", label="Psychotherapy, 60 min", charge="188.00",
        ).id


def a_tag(cast, instance, before):
    with binding.bind(instance):
        return AccessTag.objects.create(name=f"Tag {secrets.token_hex(4)}", created_by="the test").id


def a_user(cast, instance, before):
    with binding.bind(instance):
        user = User(
            user_id=f"u{secrets.token_hex(6)}", name="Toni Target", email="toni@example.org", type=UserType.REGULAR,
            password="!", created_by="the test",
        )
        user.save(force_insert=True)
        return user.id


def a_group(cast, instance, before):
    with binding.bind(instance):
        return PermissionGroup.objects.create(name=f"Group {secrets.token_hex(4)}").id


def an_activation(cast, instance, before):
    user = a_user(cast, instance, before)
    with binding.bind(instance):
        expires_at = timezone.now() + timedelta(hours=72)
        return Activation.objects.create(user_id=user, digest="0" * 64, sent_by="the test", expires_at=expires_at).id


def a_disclosure(cast, instance, before):
    client = a_client(cast, instance, before)
    with binding.bind(instance):
        return Disclosure.objects.create(
            client_id=client, disclosed_on=date(2026, 2, 3), recipient="County Court", what="Dates of treatment",
            purpose="judicial", basis="Order of 02/01/2026", disclosed_by="Priya", recorded_by="the test",
        ).id


def an_accounting(cast, instance, before):
    client = a_client(cast, instance, before)
    with binding.bind(instance):
        return Accounting.objects.create(
            client_id=client, asked_on=date(2026, 3, 2), asked_by="the client", since_on=date(2020, 3, 2),
            until_on=date(2026, 3, 2), recorded_by="the test",
        ).id


def a_company_that_came(cast, instance, before):
    """ACME at Good Therapy, Rival elsewhere: each with a visit a month ago and the statement of that month."""
    company = cast.acme if instance == cast.good_therapy else cast.rival
    with binding.bind(instance):
        month = statement_month()
        if not Statement.objects.filter(company_id=company.id).exists():
            key = User.objects.create(
                user_id=f"k{secrets.token_hex(6)}", name=company.name, type=UserType.BILLING, password="!",
                billing_company=company.id, created_by="the test",
            )
            visit, _ = open_visit(cast, key)
            then = timezone.now().replace(year=month.year, month=month.month, day=9)
            Visit.objects.filter(id=visit.id).update(company_id=company.id, company=company.name, began_at=then)
            Session.objects.filter(id=visit.session_id).update(seen_at=then, expires_at=then, ended_at=then)
            Ending.objects.create(visit=visit, at=then, by="the test", reason="a month ago")
            numbers = figures.of(company.id, month, name=company.name)
            stands_on = {"size": 1, "root": "0" * 64, "at": "2026-01-01T00:00:00Z", "note": "", "key": public_key()}
            Statement.objects.create(
                company_id=company.id, company=company.name, month_on=month, numbers=numbers, first_seq=0, last_seq=0,
                checkpoint=stands_on, made_by="the test",
            )
    return company.id


def a_company_that_may_come(cast, instance, before):
    """Rival at Good Therapy: suspending it shuts out no visit of ACME. Elsewhere one that is unknown there."""
    company = cast.rival if instance == cast.good_therapy else cast.support
    with binding.bind(instance):
        a_key(company)
        Suspension.objects.filter(company_id=company.id, lifted_at=None).update(
            lifted_at=timezone.now(), lifted_by="the test"
        )
    return company.id


def a_key(company):
    key = User(
        user_id=f"k{secrets.token_hex(6)}", name=company.name, type=UserType.BILLING, password="!",
        billing_company=company.id, created_by="the test",
    )
    key.save(force_insert=True)
    return key


def a_billing_user(cast, instance, before):
    with binding.bind(instance):
        return a_key(cast.acme if instance == cast.good_therapy else cast.rival).id


def an_agreement(cast, instance, before):
    """One that is over, so that nobody is shut out by what is done to it."""
    company = cast.acme if instance == cast.good_therapy else cast.rival
    with binding.bind(instance):
        return agree(company, from_on=date(2020, 1, 1), until_on=date(2020, 12, 31)).id


def a_suspension(cast, instance, before):
    company = cast.acme if instance == cast.good_therapy else cast.rival
    with binding.bind(instance):
        return Suspension.objects.create(
            company_id=company.id, company=company.name, key=a_key(company), suspended_by="the test", reason="-"
        ).id


def a_certificate(cast, instance, before):
    with binding.bind(instance):
        return Certificate.objects.create(
            company_id=cast.rival.id, company=cast.rival.name, how="destroyed", what="All", certified_by="Mallory",
            certified_on=date(2026, 1, 5), recorded_by="the test",
        ).id


def a_request_for_more(cast, instance, before):
    """By Rival, that its people may export the clients for eight hours."""
    with binding.bind(instance):
        return AccessRequest.objects.create(
            mark=uuid.uuid4(), key=a_key(cast.rival), company_id=cast.rival.id, company=cast.rival.name,
            permission="export_clients", hours=8, why="For the audit", asked_by="Mallory", sub="m",
        ).id


def a_request_of_support(cast, instance, before):
    """By somebody of Support, that they may list the clients for an hour."""
    with binding.bind(instance):
        return SupportRequest.objects.create(
            mark=uuid.uuid4(), asked_by="Sam Ortiz", user_id="sam", iss=hosts.root(cast.support), sub="s", minutes=60,
            permissions=["view_clients"], why="Claims show twice",
        ).id


def an_access_asked(cast, instance, before):
    """What somebody of Support asked of Elm Street."""
    user = a_user(cast, instance, before)
    with binding.bind(instance):
        return AccessAsked.objects.create(
            instance_id=cast.elm_street.id, instance=cast.elm_street.name, issuer=hosts.root(cast.elm_street),
            user_id=user, minutes=60, permissions=["view_clients"], why="Claims show twice", asked_by="Toni Target",
        ).id


def statement_month():
    """The month before this one, as the practices of the cast count their months."""
    return (timezone.localdate(timezone=ZoneInfo("America/New_York")).replace(day=1) - timedelta(days=1)).replace(day=1)


def a_month_charged(cast, instance, before):
    """The frozen statement of last month, of the instance itself; for Support's console of Elm Street."""
    month = statement_month()
    where = cast.elm_street if instance == cast.support else instance
    if not Charges.objects.filter(instance=where, month_on=month).exists():
        line = Line(str(uuid.uuid4()), "Robin Charged", "robin", "Regular", "Active all month", month)
        Charges.objects.create(
            instance=where, instance_name=where.name, month_on=month, time_zone=where.time_zone, plan="Standard",
            price="39.00", users=1, total="39.00", kept=[line.stored(Decimal("39.00"))], frozen_by="the test",
        )
    return f"{month:%Y-%m}"


def an_alert(cast, instance, before):
    with binding.bind(instance):
        seq = (Alert.objects.aggregate(last=Max("seq"))["last"] or 0) + 1
        return Alert.objects.create(
            kind=AlertKind.EXPORT, at=timezone.now(), seq=seq, subject="-", person="Jane Doe", company=cast.acme.name,
            sentence="Jane Doe of ACME Billing exported the clients.",
        ).id


def a_customer(cast, instance):
    """Whoever gives a key to the ring of `instance`. Elm Street is named nowhere but at home: who shows it leaks."""
    return cast.acme if instance == cast.good_therapy else cast.good_therapy


def a_ring_key(cast, instance, before):
    """A key of the ring of `instance`."""
    practice = a_customer(cast, instance)
    with binding.bind(instance):
        return ring.add(practice, user_id=f"k{secrets.token_hex(6)}", password=PASSWORD, by=system()).id


def an_assignment(cast, instance, before):
    key = a_ring_key(cast, instance, before)
    user = a_user(cast, instance, before)
    with binding.bind(instance):
        return Assignment.objects.create(
            key_id=key, user_id=user, begins_on=date(2026, 1, 5), made_by="the test"
        ).id


def a_delivery(cast, instance, before):
    practice = a_customer(cast, instance)
    with binding.bind(instance):
        return deliveries.keep(
            practice, user_id=f"k{secrets.token_hex(6)}", password=PASSWORD, came_at=timezone.now()
        ).id


def a_team(cast, instance, before):
    with binding.bind(instance):
        return Team.objects.create(name=f"Team {secrets.token_hex(4)}", made_by="the test").id


def a_membership(cast, instance, before):
    team, user = a_team(cast, instance, before), a_user(cast, instance, before)
    with binding.bind(instance):
        return Membership.objects.create(team_id=team, user_id=user, began_by="the test").id


def a_course(cast, instance, before):
    with binding.bind(instance):
        return training.write(
            by=system(), title=f"Course {secrets.token_hex(4)}", text="# Locks\n\nLock the screen.",
            questions="? What do you lock?\n+ The screen\n- Nothing\n> Locks", at_once=False, in_use=True,
        ).course_id


FILLINGS = {
    "launch-pad/<uuid:id>": a_ring_key,
    "key-ring/<uuid:id>": a_ring_key,
    "customers/<uuid:id>": a_ring_key,
    "key-ring/deliveries/<uuid:id>": a_delivery,
    "key-ring/teams/<uuid:id>": a_team,
    "key-ring/memberships/<uuid:id>": a_membership,
    "key-ring/assignments/<uuid:id>": an_assignment,
    "activation/<uuid:id>": an_activation,
    "settings/users/<uuid:id>": a_user,
    "settings/groups/<uuid:id>": a_group,
    "settings/access-tags/<uuid:id>": a_tag,
    "clients/<uuid:id>": a_client,
    "services/<uuid:id>": a_service,
    "notes/<uuid:id>": a_note,
    "disclosures/<uuid:id>": a_disclosure,
    "accountings/<uuid:id>": an_accounting,
    "psychotherapy-notes/<uuid:id>": a_psychotherapy_note,
    "visits/<uuid:id>": a_visit,
    "settings/third-party/<uuid:id>": a_company_that_may_come,
    "suspensions/<uuid:id>": a_suspension,
    "billing-users/<uuid:id>": a_billing_user,
    "access-requests/<uuid:id>": a_request_for_more,
    "support-requests/<uuid:id>": a_request_of_support,
    "certificates/<uuid:id>": a_certificate,
    "agreements/<uuid:id>": an_agreement,
    "training/<uuid:id>": a_course,
    "settings/training/people/<uuid:id>": a_user,
    "settings/training/courses/<uuid:id>": a_course,
    "alerts/<uuid:id>": an_alert,
    "statements/<uuid:id>": a_company_that_came,
    "statements/<uuid:id>/<str:month>": lambda cast, instance, before: f"{statement_month():%Y-%m}",
    "reports/general-log/<int:seq>": an_event,
    "reports/visits/<uuid:id>": a_visit_on_record,
    "reports/companies/<path:company>": a_company_on_record,
    "record/events/<int:seq>": an_event,
    "record/held/<int:id>": a_held_checkpoint,
    "record/readers/<int:id>": a_reader,
    "console/instances/<uuid:id>": an_instance,
    "console/access/<uuid:id>": an_access_asked,
    "console/listings/<uuid:id>": a_company,
    "settings/account-charges/<str:month>": a_month_charged,
    "console/charges/<str:month>": a_month_charged,
}
