"""Building the demo: four instances, their people and two years of two practices, in the folder of the settings."""

import json
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from countersign.access import agreements, reviews
from countersign.access.models import Outcome
from countersign.audit.actors import SYSTEM, Actor
from countersign.console import opening
from countersign.demo import charges, load, training, which_clients
from countersign.demo.caseload import caseload
from countersign.demo.cast import ASSIGNED, BILLING, HOUSES, MEMBERS, TEAMS
from countersign.instances import binding, catalogue, listings, provisioning, schema, sites
from countersign.instances.models import Instance, ListingState
from countersign.keyring import assignments, ring
from countersign.people import accounts
from countersign.people.models import PermissionGroup, User, UserType
from countersign.ui.paper import Paper

BY = Actor(person="Countersign demo", source=SYSTEM)


class Unfinished(Exception):
    """Something of the demo could not be built or brought to this version."""


def build(*, say):
    """Open the demo's instances with everybody and everything in them. `say` is told what is being done."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    schema.migrate_control()
    opened = {}
    for house in HOUSES:
        say(f"Opening {house.name} ...")
        opened[house.slug] = catalogue.open_instance(
            name=house.name, slug=house.slug, kind=house.kind, time_zone=house.time_zone, by=BY.person
        )
        if house.listed:
            listings.change(
                opened[house.slug], state=ListingState.LISTED, by=BY.person, reason="Registered for the demo"
            )
        with binding.bind(opened[house.slug]), transaction.atomic():
            _people(house, opened)
            _agreements(house, opened)
            if house.listed:
                training.train(by=BY)
            if house.clients:
                _clients(house)
            charges.begin_earlier(opened[house.slug])
    charges.state(opened["support"], by=BY)
    say("Filling the key ring of ACME Billing ...")
    _key_ring(opened)
    for house in HOUSES:
        if house.site:
            sites.begin(opened[house.slug], label=house.site, by=BY.person)


def _key_ring(opened):
    """What the practices' Billing users are to their companies: keys in a ring, and who may use them."""
    for member in MEMBERS:
        if member.type == BILLING:
            with binding.bind(opened[member.company]), transaction.atomic():
                key = ring.add(opened[member.slug], user_id=member.user_id, password=member.password, by=BY)
                _assign(key, ASSIGNED[member.user_id])


def _assign(key, to):
    boss = User.objects.filter(type=UserType.ADMINISTRATOR).first()
    if isinstance(to, str):
        team = assignments.make_team(name=to, by=BY)
        for user in User.objects.filter(user_id__in=TEAMS[to]):
            assignments.join(team, user, by=BY, grantor=boss)
    people = [team] if isinstance(to, str) else User.objects.filter(user_id__in=to)
    for one in people:
        assignments.assign(key, to=one, begins_on=assignments.today(), ends_on=None, by=BY, grantor=boss)


def _people(house, opened):
    opening.furnish(by=BY)
    for member in MEMBERS:
        if member.slug != house.slug:
            continue
        company = opened[member.company].id if member.company else None
        accounts.create(
            name=member.name, user_id=member.user_id, password=member.password, type=UserType(member.type),
            email=member.email, groups=list(PermissionGroup.objects.filter(name__in=member.groups)),
            billing_company=company, by=BY,
        )


def _agreements(house, opened):
    """With every company that has a Billing user here: half a year old, and half a year to go."""
    today = date.today()
    for company in sorted({member.company for member in MEMBERS if member.slug == house.slug and member.company}):
        party = opened[company]
        signed_on, until_on = today - timedelta(days=183), today + timedelta(days=182)
        agreements.put_on_record(
            party, content=_signed(house.name, party.name, signed_on, until_on), file_name="signed.pdf", by=BY,
            practice=house.name, party=party.name, signed_on=signed_on, from_on=signed_on, until_on=until_on,
        )
    keys = User.objects.filter(type=UserType.BILLING)
    keys.update(created_at=timezone.now() - timedelta(days=183))
    for key in keys.order_by("user_id")[:1]:  # the other one is left for whoever looks at the demo
        reviews.sign_off(key, by=BY, outcome=Outcome.KEPT, remark="In use every week")


def _signed(practice, company, signed_on, until_on):
    paper = Paper(title="Business associate agreement", owner=practice, lead=f"{practice} and {company}")
    paper.text("A demo stands here for what the two have signed (45 CFR 164.504(e)).")
    paper.facts([("Signed on", f"{signed_on:%m/%d/%Y}"), ("In force until", f"{until_on:%m/%d/%Y}")])
    return paper.pdf()


def _clients(house):
    found = caseload(house.slug, clients=house.clients, today=date.today())
    load.load(found)
    users = {user.name: user for user in User.objects.filter(type=UserType.REGULAR)}
    for clinician in found.clinicians:
        user = users.get(f"{clinician.first_name} {clinician.last_name}")
        if user:
            load.link(found, clinician.number, user)
    if house.slug == "good-therapy":
        which_clients.lay_out(today=date.today(), by=BY)


def bring_up():
    """Bring a demo that an older version built to this one. Raises Unfinished."""
    schema.migrate_control()
    for instance, error in provisioning.upgrade_all():
        if error:
            raise Unfinished(f"{instance} could not be upgraded: {error}")
    if Instance.objects.filter(slug__in=[house.slug for house in HOUSES]).count() != len(HOUSES):
        raise Unfinished("Instances of the demo are missing.")


def people():
    """Everybody one can be in the demo, as the list of people.json."""
    names = {house.slug: house.name for house in HOUSES}
    return [
        {
            "instance": names[member.slug],
            "url": f"{settings.SCHEME}://{member.slug}.{settings.BASE_HOST}/",
            "role": member.role,
            "name": member.name,
            "user_id": member.user_id,
            "password": member.password,
            "type": UserType(member.type).label,
        }
        for member in MEMBERS
    ]


def write_people(path):
    """Whole or not at all: that it is there says that the demo is built."""
    half = path.with_suffix(".new")
    half.write_text(json.dumps(people(), indent=2) + "\n")
    half.replace(path)
