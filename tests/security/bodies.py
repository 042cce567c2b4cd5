"""What a browser sends to each address that takes a form, so that what the form is for really happens.

Each takes the cast, the instance, what the address was filled with (a list) and whose session it is (a User, or None);
it may first put the thing into the state from which the form changes it. Returns the fields.
"""

import secrets
import uuid
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from countersign.access.models import Requirement
from countersign.access.models_asking import AccessAnswer, AccessRequest
from countersign.access.models_support import SupportAnswer, SupportRequest
from countersign.access.models_waiting import WaitingRule
from countersign.access.models_winding import WindingDown
from countersign.clients.consent import Consent
from countersign.clients.models import Client, Clinician
from countersign.clinical.models import ProgressNote
from countersign.console.models import AccessAsked
from countersign.identity.models import Dispatch
from countersign.instances import binding, hosts, listings, sites
from countersign.instances.models import Instance, InstanceState, Listing, ListingChange, ListingState
from countersign.keyring import rules as ring_rules
from countersign.keyring.models import Assignment, Key
from countersign.ledger.models import Opening, SelfPay
from countersign.people import accounts, choices, groups, passwords, sessions
from countersign.people.models import AccessTag, PermissionGroup, User, UserType
from countersign.training import actions as training
from countersign.training.models import Course, Rule
from countersign.watch import actions as watch
from countersign.watch import letters
from countersign.watch.models import Rules
from tests.cast import PASSWORD, PDF, agree
from tests.security.fillings import FROM, a_customer, a_key, a_user, an_alert

NOTE = "What was said in this session."  # no word of it may ever be found on the record


def nothing(cast, instance, ids, who):
    return {}


def fresh():
    return secrets.token_hex(5)


def own_password(cast, instance, ids, who):
    with binding.bind(instance):
        accounts.User.objects.filter(id=who.id).update(password=KNOWN) if who else None
    return {"current": PASSWORD, "password": f"brass lamp {fresh()} window"}


def another_session(cast, instance, ids, who):
    if who and not who.is_billing:
        with binding.bind(instance):
            sessions.start(FROM, who)
    return {}


def new_user(cast, instance, ids, who):
    return {"name": "Nell New", "user_id": f"n{fresh()}", "email": "nell@example.org", "type": "regular",
            "password": f"brass lamp {fresh()} window"}


def changed_user(cast, instance, ids, who):
    with binding.bind(instance):
        version = choices.version(accounts.described(User.objects.get(id=ids[0])))
    return {"name": f"Toni {fresh()}", "email": f"{fresh()}@example.org", "type": "regular", "version": version}


def inactive_user(cast, instance, ids, who):
    with binding.bind(instance):
        User.objects.filter(id=ids[0]).update(inactivated_at="2026-01-05T12:00:00Z", inactivated_by="the test")
    return {}


def user_with_a_session(cast, instance, ids, who):
    with binding.bind(instance):
        sessions.start(FROM, User.objects.get(id=ids[0]))
    return {}


def new_group(cast, instance, ids, who):
    return {"name": f"Group {fresh()}", "description": "Made by the test"}


def changed_group(cast, instance, ids, who):
    with binding.bind(instance):
        version = choices.version(groups.described(PermissionGroup.objects.get(id=ids[0])))
    return {"name": f"Group {fresh()}", "description": "Changed by the test", "version": version}


CLIENT = {
    "first_name": "Dana", "last_name": "Rivera", "born_on": "05/17/1990", "sex": "U", "street": "1 Main Street",
    "town": "Louisville", "state": "KY", "postal_code": "40202", "started_on": "01/05/2026",
}


def new_client(cast, instance, ids, who):
    return {**CLIENT, "email": f"{fresh()}@example.org"}


def changed_client(cast, instance, ids, who):
    """Tags and the flag too, which a visit sends in vain."""
    with binding.bind(instance):
        version = Client.objects.get(id=ids[0]).version
        tag = AccessTag.objects.create(name=f"Tag {fresh()}", created_by="the test")
    return {**CLIENT, "phone": fresh(), "status": "active", "version": version, "tags": [tag.id], "part_2": "on"}


def new_consent(cast, instance, ids, who):
    with binding.bind(instance):
        Client.objects.filter(id=ids[0]).update(part_2=True)
    return {"given_on": "02/03/2026", "note": f"Signed, drawer {fresh()}"}


def consent_in_force(cast, instance, ids, who):
    with binding.bind(instance):
        row = {"given_on": "2026-02-03", "recorded_by": "the test"}
        Consent.objects.get_or_create(client_id=ids[0], revoked_on=None, defaults=row)
    return {"revoked_on": "03/04/2026"}


def service_of_the_client(cast, instance, ids, who):
    with binding.bind(instance):
        row = {"reason": "Asked in writing", "marked_by": "the test"}
        SelfPay.objects.get_or_create(service_id=ids[0], defaults=row)
    return {"reason": f"The check did not clear {fresh()}"}


def open_service(cast, instance, ids, who):
    service_of_the_client(cast, instance, ids, who)
    with binding.bind(instance):
        row = {"reason": "Agreed", "opened_by": "the test"}
        Opening.objects.get_or_create(self_pay_id=ids[0], closed_at=None, defaults=row)
    return {}


def new_note(cast, instance, ids, who):
    with binding.bind(instance):
        clinician = Clinician.objects.create(first_name="Cole", last_name="Weaver")
    return {"clinician": clinician.id, "title": f"Session {NOTE}", "body": NOTE, "version": 0}


def changed_note(cast, instance, ids, who):
    with binding.bind(instance):
        version = ProgressNote.objects.get(id=ids[0]).version
    return {**new_note(cast, instance, ids, who), "version": version}


def note_of_whoever_signs(cast, instance, ids, who):
    """A visit signs nothing, whatever it may do."""
    if who and not who.is_billing:
        with binding.bind(instance):
            clinician = Clinician.objects.filter(user=who).first() or Clinician.objects.create(
                first_name="Cole", last_name="Weaver", user=who
            )
            note = ProgressNote.objects.get(id=ids[0])
            note.clinician = clinician
            note.save()
    return {}


def new_instance(cast, instance, ids, who):
    slug = f"p{fresh()}"
    return {"name": f"Practice {slug}", "slug": slug, "kind": "practice", "time_zone": "America/New_York",
            "admin_name": "Ona First", "admin_user_id": f"o{fresh()}", "admin_email": "ona@example.org"}


def suspension(cast, instance, ids, who):
    Instance.objects.filter(id=ids[0]).update(state=InstanceState.ACTIVE)
    return {"state": "suspended", "reason": "A reason"}


def waiting_administrator(cast, instance, ids, who):
    one = Instance.objects.get(id=ids[0])
    Instance.objects.filter(id=ids[0]).update(state=InstanceState.ACTIVE)
    with binding.bind(one):
        User(user_id=f"w{fresh()}", name="Will Wait", email="will@example.org", type=UserType.ADMINISTRATOR,
             password=accounts.NO_PASSWORD, created_by="the test").save(force_insert=True)
    return {}


def suspended_listing(cast, instance, ids, who):
    Listing.objects.filter(instance_id=ids[0]).update(state=ListingState.LISTED)
    return {"state": "suspended", "reason": "A reason"}


def company_without_site(cast, instance, ids, who):
    Listing.objects.filter(instance_id=ids[0]).update(state=ListingState.LISTED)
    if site := sites.of(ids[0]):
        sites.end(site, by="the test")
    return {"label": f"c{fresh()}"}


def company_with_site(cast, instance, ids, who):
    if sites.of(ids[0]) is None:
        label = company_without_site(cast, instance, ids, who)["label"]
        sites.begin(Instance.objects.get(id=ids[0]), label=label, by="the test")
    return {}


def an_unseen_alert(cast, instance, ids, who):
    return {"alert": str(an_alert(cast, instance, {}))}


def changed_rules(cast, instance, ids, who):
    with binding.bind(instance):
        names = {str(user.id): user.name for user in letters.candidates()}
        rules = Rules.objects.first() or Rules()
        stands = choices.version(watch.described(rules, names=names))
    return {"clients_an_hour": rules.clients_an_hour % 1000 + 1, "refusals_in_a_row": 5, "begins": "8:00 AM",
            "ends": "6:00 PM", "version": stands}


def next_year():
    return f"01/{timezone.localdate().year + 1}"


def billing_user(cast, instance, user_id):
    """A Billing user of a customer's for `instance`, which is registered as a billing company for it."""
    if not listings.is_listed(instance.id):
        listings.change(instance, state=ListingState.LISTED, by="the test", reason="for its key ring")
    with binding.bind(a_customer(cast, instance)):
        if User.objects.filter(user_id=user_id).exists():
            return
        agree(instance)
        User(user_id=user_id, name="A key", type=UserType.BILLING, password=KNOWN or passwords.encode(PASSWORD),
             billing_company=instance.id, created_by="the test").save(force_insert=True)


def new_key(cast, instance, ids, who):
    user_id = f"k{fresh()}"
    if who:
        billing_user(cast, instance, user_id)
    return {"address": a_customer(cast, instance).slug, "user_id": user_id, "password": PASSWORD}


def key_that_is_right(cast, instance, ids, who):
    """The key of the address is one of a customer's, and whoever asks may use it."""
    if who:
        with binding.bind(instance):
            user_id = Key.objects.get(id=ids[0]).user_id
            if not who.is_billing:
                Assignment.objects.create(key_id=ids[0], user=who, begins_on="2026-01-05", made_by="the test")
        billing_user(cast, instance, user_id)
    return {"password": PASSWORD}


def a_key_of_acme(cast, instance, ids, who):
    with binding.bind(instance):
        User.objects.filter(id=ids[0]).update(type=UserType.BILLING, billing_company=cast.acme.id, email="")
    return {}


def rules_of_the_ring(cast, instance, ids, who):
    with binding.bind(instance):
        return {} if ring_rules.stored().launch_pad_only else {"launch_pad_only": "on"}


def somebody(cast, instance, ids, who):
    return {"to": str(a_user(cast, instance, {})), "begins_on": "01/05/2026"}


def changed_course(cast, instance, ids, who):
    with binding.bind(instance):
        number = Course.objects.get(id=ids[0]).editions.count()
    return {**COURSE, "title": f"Course {fresh()}", "edition": number}


def changed_training_rules(cast, instance, ids, who):
    with binding.bind(instance):
        rule = Rule.current()
        stands = choices.version(training.rules_described(rule))
    return {"months": rule.months % 36 + 1, "version": stands}


COURSE = {
    "text": "# Locks\n\nLock the door.", "questions": "? What do you lock?\n+ The door\n- Nothing", "in_use": "on",
}
DISCLOSED = {
    "disclosed_on": "02/03/2026", "recipient": "County Court, Division 2", "what": "Dates of treatment in 2025",
    "purpose": "judicial", "basis": "Order of 02/01/2026", "disclosed_by": "Priya Raman",
}

def a_key_to_suspend(cast, instance, ids, who):
    """One Billing user: the whole company would shut out the visits that are to come."""
    with binding.bind(instance):
        return {"key": a_key(Instance.objects.get(id=ids[0])).user_id, "reason": f"A reason {fresh()}"}


def a_new_agreement(cast, instance, ids, who):
    return {"practice": "Good Therapy, Inc.", "party": "ACME Billing", "signed_on": "01/05/2020",
            "from_on": "01/06/2020", "until_on": "01/05/2021", "paper": SimpleUploadedFile("signed.pdf", PDF)}


def two_passwords(cast, instance, ids, who):
    """The Billing user of the address has an old password that still opens the door."""
    with binding.bind(instance):
        User.objects.filter(id=ids[0]).update(
            type=UserType.BILLING, billing_company=cast.acme.id, old_password=accounts.NO_PASSWORD,
            old_password_expires_at=timezone.now() + timedelta(hours=1),
        )
    return {}


def something_kept_from_it(cast, instance, ids, who):
    with binding.bind(instance):
        WaitingRule.objects.create(company_id=ids[0], company="Rival", told=False, set_by="the test")
    return {"told": "yes"}


def an_application(cast, instance, ids, who):
    """Of an instance that never applied."""
    ListingChange.objects.filter(listing__instance=instance).delete()
    Listing.objects.filter(instance=instance).delete()
    with binding.bind(instance):
        Dispatch.objects.filter(kind="listing.applied").delete()
    return {"statement": f"We bill for practices {fresh()}", "contact": "Ada Whitlock"}


def another_requirement(cast, instance, ids, who):
    """Back to asking for an agreement, after one was given up: and nobody is shut out by it."""
    with binding.bind(instance):
        Requirement.objects.create(agreement=False, set_by="the test", reason="-")
    return {"agreement": "yes", "reason": f"A reason {fresh()}"}


def something_granted(cast, instance, ids, who):
    with binding.bind(instance):
        one = AccessRequest.objects.get(id=ids[0])
        AccessAnswer.objects.get_or_create(request=one, defaults={
            "key": one.key, "permission": one.permission, "expires_at": timezone.now() + timedelta(hours=1),
            "answered_by": "the test",
        })
    return {}


def something_approved(cast, instance, ids, who):
    """What Support asked for is approved, and the person may come in."""
    with binding.bind(instance):
        approve(SupportRequest.objects.get(id=ids[0]), cast)
    return {}


def approve(asked, cast):
    if hasattr(asked, "answer"):
        return asked.answer
    key = User(
        user_id=f"support:{asked.mark.hex[:12]}", name="Support", type=UserType.BILLING, created_by="the test",
        password=accounts.NO_PASSWORD, permissions=asked.permissions, billing_company=cast.support.id,
    )
    key.save(force_insert=True)
    return SupportAnswer.objects.create(
        request=asked, key=key, permissions=asked.permissions, expires_at=timezone.now() + timedelta(hours=1),
        answered_by="the test",
    )


def access_approved(cast, instance, ids, who):
    """Elm Street has approved what whoever asks here had asked for."""
    if who:
        with binding.bind(cast.elm_street):
            asked, _ = SupportRequest.objects.get_or_create(mark=uuid.UUID(ids[0]), defaults={
                "asked_by": who.name, "iss": hosts.root(cast.support), "sub": f"{who.id}", "minutes": 60,
                "permissions": ["view_clients"], "why": "Claims show twice",
            })
            given = approve(asked, cast)
        with binding.bind(instance):
            AccessAsked.objects.filter(id=ids[0]).update(
                user=who, state="approved", key=given.key.user_id, expires_at=given.expires_at
            )
    return {}


def two_days(cast, instance, ids, who):
    today = timezone.localdate()
    return {"services_until_on": f"{today}", "workable_until_on": f"{today + timedelta(days=9)}",
            "reason": f"A reason {fresh()}"}


def something_wound_down(cast, instance, ids, who):
    today = timezone.localdate()
    with binding.bind(instance):
        if not WindingDown.objects.filter(company_id=ids[0], ending=None).exists():
            WindingDown.objects.create(
                company_id=ids[0], company="Rival", services_until_on=today, workable_until_on=today, set_by="the test",
                reason="-",
            )
    return {}


def a_new_certificate(cast, instance, ids, who):
    """When nobody of the company can come in."""
    with binding.bind(instance):
        User.objects.filter(billing_company=ids[0]).update(
            inactivated_at="2026-01-05T12:00:00Z", inactivated_by="the test"
        )
    return {"how": "destroyed", "what": "All", "certified_by": "Mallory", "certified_on": "01/05/2026"}


KNOWN = ""  # the stored form of PASSWORD, made once by whoever needs it (tests/record)

BODIES = {
    "launch-pad/<uuid:id>/entry/": key_that_is_right,
    "key-ring/deliveries/<uuid:id>/acceptance/": nothing,
    "settings/users/<uuid:id>/delivery/": a_key_of_acme,
    "key-ring/new/": new_key,
    "key-ring/rules/": rules_of_the_ring,
    "key-ring/teams/": lambda *args: {"name": f"Team {fresh()}"},
    "key-ring/teams/<uuid:id>/": somebody,
    "key-ring/memberships/<uuid:id>/ending/": nothing,
    "key-ring/assignments/<uuid:id>/ending/": nothing,
    "key-ring/<uuid:id>/password/": key_that_is_right,
    "key-ring/<uuid:id>/asking/": lambda *args: {"permission": "view_claims", "why": fresh(), "hours": "2"},
    "key-ring/<uuid:id>/ending/": nothing,
    "key-ring/<uuid:id>/assignments/": somebody,
    "sign-out/": nothing,
    "leave/": nothing,
    "customers/<uuid:id>/entry/": key_that_is_right,
    "customers/<uuid:id>/favorite/": lambda *args: {"favorite": "on"},
    "console/listings/<uuid:id>/admin-site/": company_without_site,
    "console/listings/<uuid:id>/admin-site/ending/": company_with_site,
    "profile/password/": own_password,
    "profile/sessions/ending/": another_session,
    "settings/users/new/": new_user,
    "settings/users/<uuid:id>/": changed_user,
    "settings/users/<uuid:id>/inactivation/": user_with_a_session,
    "settings/users/<uuid:id>/reactivation/": inactive_user,
    "settings/users/<uuid:id>/password/": lambda *args: {"password": f"brass lamp {fresh()} window"},
    "settings/users/<uuid:id>/old-password/ending/": two_passwords,
    "settings/users/<uuid:id>/forced-password/": nothing,
    "settings/users/<uuid:id>/activation/": nothing,
    "settings/users/<uuid:id>/sessions/ending/": user_with_a_session,
    "settings/groups/new/": new_group,
    "settings/groups/<uuid:id>/": changed_group,
    "settings/groups/<uuid:id>/deletion/": nothing,
    "visits/<uuid:id>/ending/": nothing,
    "settings/third-party/requirement/": another_requirement,
    "settings/listing/": an_application,
    "settings/third-party/<uuid:id>/suspensions/": a_key_to_suspend,
    "settings/third-party/<uuid:id>/waiting-work/": something_kept_from_it,
    "settings/third-party/<uuid:id>/agreements/new/": a_new_agreement,
    "settings/third-party/<uuid:id>/winding-down/": two_days,
    "settings/third-party/<uuid:id>/winding-down/ending/": something_wound_down,
    "settings/third-party/<uuid:id>/certificates/new/": a_new_certificate,
    "suspensions/<uuid:id>/lifting/": lambda *args: {"reason": f"A reason {fresh()}"},
    "billing-users/<uuid:id>/end/": lambda *args: {
        "last_on": f"{timezone.localdate() + timedelta(days=40):%m/%d/%Y}", "reason": "A reason"
    },
    "billing-users/<uuid:id>/review/": lambda *args: {"outcome": "kept", "remark": f"Looked at {fresh()}"},
    "access-requests/<uuid:id>/": lambda *args: {"outcome": "refuse", "reason": f"A reason {fresh()}"},
    "access-requests/<uuid:id>/ending/": something_granted,
    "support-requests/<uuid:id>/": lambda *args: {"outcome": "refuse", "reason": f"A reason {fresh()}"},
    "support-requests/<uuid:id>/ending/": something_approved,
    "console/instances/<uuid:id>/access/": lambda *args: {
        "why": f"A reason {fresh()}", "minutes": "60", "permissions": ["view_clients"]
    },
    "console/access/<uuid:id>/entry/": access_approved,
    "agreements/<uuid:id>/ending/": lambda *args: {"reason": f"A reason {fresh()}"},
    "clients/new/": new_client,
    "clients/<uuid:id>/edit/": changed_client,
    "clients/<uuid:id>/consents/": new_consent,
    "clients/<uuid:id>/consents/revocation/": consent_in_force,
    "settings/access-tags/": lambda *args: {"name": f"Tag {fresh()}"},
    "settings/access-tags/<uuid:id>/": lambda *args: {"name": f"Tag {fresh()}"},
    "settings/access-tags/<uuid:id>/retirement/": nothing,
    "services/<uuid:id>/self-pay/": lambda *args: {"reason": f"Asked in writing {fresh()}"},
    "services/<uuid:id>/opening/": service_of_the_client,
    "services/<uuid:id>/opening/ending/": open_service,
    "clients/<uuid:id>/notes/new/": new_note,
    "notes/<uuid:id>/edit/": changed_note,
    "notes/<uuid:id>/signature/": note_of_whoever_signs,
    "record/readers/": lambda *args: {"email": f"{fresh()}@example.org"},
    "record/readers/<int:id>/ending/": nothing,
    "statements/<uuid:id>/<str:month>/reviews/": lambda *args: {"finding": "nothing", "text": f"Looked at {fresh()}"},
    "training/<uuid:id>/": lambda *args: {"edition": 1, "q1": 0},
    "settings/training/rules/": changed_training_rules,
    "settings/training/courses/new/": lambda *args: {**COURSE, "title": f"Course {fresh()}"},
    "settings/training/courses/<uuid:id>/": changed_course,
    "alerts/seen/": an_unseen_alert,
    "alerts/<uuid:id>/seen/": nothing,
    "settings/alerts/": changed_rules,
    "clients/<uuid:id>/disclosures/new/": lambda *args: DISCLOSED,
    "disclosures/<uuid:id>/correction/": lambda *args: {**DISCLOSED, "basis": f"Order {fresh()}", "reason": "A slip"},
    "clients/<uuid:id>/accountings/new/": lambda *args: {"asked_on": "03/02/2026", "asked_by": "the client"},
    "accountings/<uuid:id>/extension/": lambda *args: {"reason": "The files are in the archive"},
    "accountings/<uuid:id>/delivery/": lambda *args: {"given_on": "03/05/2026", "way": "by mail"},
    "console/instances/new/": new_instance,
    "console/instances/<uuid:id>/changes/": suspension,
    "console/instances/<uuid:id>/activations/": waiting_administrator,
    "console/listings/<uuid:id>/": suspended_listing,
    "console/price-plans/new/": lambda *args: {"name": f"Plan {fresh()}", "price": "39.00", "from_on": next_year()},
}
