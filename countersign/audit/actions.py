"""What can happen, in the past tense: action → the sentence that a person reads.

`{object}` and `{client}` are filled from the event. Every action that is written must stand here; nothing else may.
"""

from countersign.audit.actors import SUPPORT, THIRD_PARTY, UNKNOWN

ACTIONS = {
    # Signing in and out
    "sign-in.first-part.accepted": "gave the first part of the sign-in for {object}",
    "sign-in.first-part.refused": "was refused at the first part of the sign-in",
    "sign-in.first-part.checked": "checked the key {object}",
    "sign-in.first-part.brought": "came in with the first part of the sign-in for {object}",
    "sign-in.second-part.refused": "was refused at the second part of the sign-in",
    "sign-in.accepted": "signed in",
    "sign-in.refused": "was refused at the sign-in",
    "sign-in.throttled": "was asked to wait after too many attempts",
    "signed-out": "signed out",
    "signed-out.everywhere": "signed out everywhere",
    "session.expired": "was signed out after the time limit",
    "session.foreign": "came with a session cookie that is not of this instance",
    "password.changed": "changed their own password",
    "activation.sent": "sent an activation to {object}",
    "activation.used": "activated their account",
    "activation.refused": "was refused at an activation",
    "password.reset.asked": "asked for a new password",
    "password.reset.refused": "was not sent a new password",
    # Reading
    "page.opened": "opened {object}",
    "home.opened": "came to the first page",
    "page.sent": "sent a form that changed nothing: {object}",
    "page.refused": "was refused {object}",
    "page.missing": "asked for something that is not there: {object}",
    "page.invalid": "sent a form that could not be accepted: {object}",
    "page.failed": "met an error at {object}",
    "clients.listed": "listed the clients",
    "clients.searched": "searched the clients",
    "client.opened": "opened client {client}",
    "ledger.opened": "opened the ledger of client {client}",
    "payers.opened": "opened the payers of client {client}",
    "notes.listed": "listed the notes of client {client}",
    "note.opened": "opened a note of client {client}",
    "psychotherapy-notes.listed": "listed the psychotherapy notes of client {client}",
    "psychotherapy-note.opened": "opened a psychotherapy note of client {client}",
    "users.listed": "listed the users",
    "user.opened": "opened the user {object}",
    "groups.listed": "listed the permission groups",
    "group.opened": "opened the permission group {object}",
    "visits.listed": "listed the visits",
    "visit.opened": "opened the visit of {object}",
    "profile.opened": "opened their own profile",
    "launch-pad.opened": "opened the launch pad",
    "own-activity.opened": "opened their own activity",
    "user-audit.opened": "opened the User Audit",
    "user-audit.exported": "exported the User Audit",
    "general-log.opened": "opened the General Log",
    "general-log.exported": "exported the General Log",
    "client-history.opened": "looked up who opened client {client}",
    "company-month.opened": "opened the month of {object}",
    "overview.opened": "opened accesses at a glance",
    "event.opened": "opened event {object} of the General Log",
    "clients.exported": "exported the clients",
    # Changing
    "user.created": "created the user {object}",
    "user.changed": "changed the user {object}",
    "user.inactivated": "inactivated the user {object}",
    "user.reactivated": "reactivated the user {object}",
    "user.signed-out": "signed {object} out everywhere",
    "user.password.ended": "ended the password of {object}",
    "user.password.set": "set a new password for {object}",
    "user.password.delivered": "delivered a new password of {object} to its billing company",
    "user.password.forced": "asked for a new password from {object}",
    "group.created": "created the permission group {object}",
    "group.changed": "changed the permission group {object}",
    "group.deleted": "deleted the permission group {object}",
    "client.added": "added client {client}",
    "client.changed": "changed client {client}",
    "clients.loaded": "loaded {object}",
    "note.written": "wrote a note of client {client}",
    "note.changed": "changed a draft note of client {client}",
    "note.signed": "signed a note of client {client}",
    # Which clients a Billing user sees
    "tags.listed": "listed the access tags",
    "tag.opened": "opened the access tag {object}",
    "tag.added": "added the access tag {object}",
    "tag.renamed": "renamed the access tag {object}",
    "tag.retired": "retired the access tag {object}",
    "consents.opened": "opened the consents of client {client}",
    "consent.recorded": "recorded the {object} of client {client} under 42 CFR Part 2",
    "consent.revoked": "revoked the {object} of client {client} under 42 CFR Part 2",
    "self-pay.opened": "opened who may see the service {object} of client {client}",
    "self-pay.marked": "marked the service {object} of client {client} as paid in full by the client",
    "self-pay.shown": "opened the service {object} of client {client} to third parties",
    "self-pay.hidden": "closed the service {object} of client {client} to third parties again",
    # Third-party access
    "visit.began": "signed in through {object}",
    "visit.ended": "ended the visit of {object}",
    "visit.left": "left the practice",
    "identity.confirmed": "signed in for {object}",
    "identity.refused": "was refused a sign-in for {object}",
    "identity.entered": "entered {object}",
    "identity.code.replayed": "presented a code a second time for {object}",
    "identity.party.registered": "let {object} ask for sign-ins",
    "identity.party.ended": "stopped {object} from asking for sign-ins",
    "identity.party.resumed": "let {object} ask for sign-ins again",
    "key-ring.opened": "opened the key ring",
    "key-ring.changed": "changed the rules of the key ring",
    "key-ring.resealed": "sealed the key ring under a new master key",
    "key.opened": "opened the key {object}",
    "key.added": "put the key {object} into the key ring",
    "key.replaced": "replaced the password of the key {object}",
    "key.ended": "ended the key {object}",
    "key.more.answered": "answered what was asked for the key {object}",
    "key.more.asked": "asked for more than the key {object} may do",
    "key.told": "told of the key {object}",
    "delivery.came": "delivered the key {object}",
    "delivery.accepted": "took the delivered key {object} into the key ring",
    "key.used": "entered with the key {object}",
    "key.assigned": "assigned the key {object}",
    "assignment.ended": "took back the key {object}",
    "assignments.opened": "opened who may use which key",
    "teams.listed": "listed the teams",
    "team.opened": "opened the team {object}",
    "team.made": "made the team {object}",
    "team.joined": "put somebody into the team {object}",
    "team.left": "ended a membership: {object}",
    "key.refused": "tried the key {object} in vain",
    "entry.refused": "was kept by their own company from entering with {object}",
    "person.left": "said that {object} left the company",
    "person.returned": "said that {object} is with the company again",
    "departure.opened": "looked up where {object} was ended",
    "entry.shut": "was put out of {object}",
    "third-party.listed": "listed third-party access",
    "third-party.opened": "opened third-party access of {object}",
    "access.suspended": "suspended {object}",
    "access.resumed": "lifted the suspension of {object}",
    "access.end.set": "set until when {object} may come in",
    "access.ends-soon": "noticed that {object}",
    "access.review.opened": "opened the review of {object}",
    "access.review.overdue": "noticed that {object}",
    "access.reviewed": "reviewed and signed off {object}",
    "access.asked": "asked for {object}",
    "access.request.opened": "opened what was asked for: {object}",
    "access.granted": "granted {object}",
    "access.denied": "refused what was asked for: {object}",
    "access.grant.ended": "took back {object}",
    "access.winding-down.set": "set how access of {object} is wound down",
    "access.winding-down.ended": "took back the winding down of {object}",
    "certificate.recorded": "recorded a certificate of {object}",
    "certificate.downloaded": "downloaded the certificate of {object}",
    "agreement.recorded": "recorded an agreement with {object}",
    "agreement.opened": "opened the agreement with {object}",
    "agreement.downloaded": "downloaded the agreement with {object}",
    "agreement.ended": "ended the agreement with {object}",
    "agreement.requirement.changed": "changed whether a Billing user needs an agreement in force",
    "dispatch.refused": "sent something that is not taken here: {object}",
    "clock.differs": "found that the clock of {object} differs by more than a minute, or its message was held back",
    "identity.keys.rotated": "rotated the signing keys",
    "alert.raised": "raised an alert: {object}",
    "alerts.listed": "opened the alerts",
    "alert.seen": "marked an alert as seen: {object}",
    "alerts.seen": "marked {object} as seen",
    "alert-rules.opened": "opened the alert rules",
    "alert-rules.changed": "changed the alert rules",
    # The record itself
    "record.restarted": "restarted the record at {object}",
    "record.contradicted": "found that the record does not continue {object}",
    "record.checked": "checked the record against every checkpoint held of it",
    "record.opened": "opened the proof of the record",
    "record.exported": "exported the record with its proof, {object}",
    "feed.began": "turned on the live feed of the record of {object}",
    "feed.ended": "turned off the live feed of the record of {object}",
    "record.archived": "archived {object}",
    "receipt.given": "downloaded the proof of event {object}",
    "verifier.downloaded": "downloaded the verifier",
    "checkpoint.downloaded": "downloaded a checkpoint of {object}",
    "checkpoint.mailed": "sent the day's checkpoint to {object}",
    "checkpoint.mail.changed": "changed who is sent the day's checkpoint",
    "witness.contradicted": "found that the record of {object} does not continue what is held of it",
    "witness.key.changed": "found that {object} signs its record with another key",
    # Disclosures
    "disclosures.listed": "listed the disclosures of client {client}",
    "disclosure.opened": "opened the {object} of client {client}",
    "disclosure.recorded": "recorded a {object} of client {client}",
    "disclosure.corrected": "corrected the {object} of client {client}",
    "accounting.asked": "recorded an {object} by client {client}",
    "accounting.opened": "opened the {object} by client {client}",
    "accounting.downloaded": "downloaded the {object} by client {client}",
    "accounting.exported": "exported the {object} by client {client}",
    "accounting.extended": "took 30 days more for the {object} by client {client}",
    "accounting.given": "gave the {object} by client {client}",
    # Access statements
    "statements.listed": "listed the access statements",
    "statement.opened": "opened the access statement of {object}",
    "statement.downloaded": "downloaded the access statement of {object}",
    "statement.made": "made the access statement of {object}",
    "statement.reviewed": "reviewed and signed off the access statement of {object}",
    "statement.remarked": "added a remark to the access statement of {object}",
    # Charges
    "account-charges.opened": "opened the account charges",
    "charges.opened": "opened the statement of charges of {object}",
    "charges.downloaded": "downloaded the statement of charges of {object}",
    "charges.exported": "exported the statement of charges of {object}",
    "charges.frozen": "made and froze the statement of charges of {object}",
    "charges.listed": "listed the charges of all months",
    "price-plans.listed": "listed the price plans",
    "price-plan.set": "set the price plan {object}",
    # Support
    "instance.created": "created the instance {object}",
    "instance.suspended": "suspended the instance {object}",
    "instance.resumed": "reopened the instance {object}",
    "instance.archived": "archived the instance {object}",
    "instance.backup.made": "began a backup of {object}",
    "instance.restored": "restored {object} from a backup",
    "instances.listed": "listed the instances",
    "instance.opened": "opened the instance {object} in the console",
    "listing.changed": "changed the listing of {object}",
    "listings.listed": "listed the billing companies",
}


def sentence(event):
    """What happened, for a person to read: "opened client Rivera, Dana (1042)"."""
    # What a later version of the catalogue no longer holds is still on the record, under its own name.
    words = ACTIONS.get(event.action)
    return words.format(object=event.object, client=event.client) if words else event.action


def whole_sentence(event, *, rule=str):
    """One line for one event: "Jane Doe of ACME Billing, through acme-billing, opened the ledger of client …".

    Of a refusal also why: "… was refused /clients/: view_clients". rule: puts the event's rule into words.
    """
    words = sentence(event)
    if event.result == "refused" and "refused" not in words:
        words = f"was refused: {words}"
    why = "; ".join(filter(None, [rule(event.rule) if event.rule else "", event.reason]))
    return f"{_who(event)} {words}: {why}" if why else f"{_who(event)} {words}"


def _who(event):
    if event.source == THIRD_PARTY:
        through = f", through {event.billing_user}," if event.billing_user else ""
        return f"{event.person} of {event.company}{through}"
    if event.source == SUPPORT:
        return f"{event.person} of Support"
    if event.source == UNKNOWN:
        return f"Somebody unknown, as “{event.user_id}”," if event.user_id else "Somebody unknown"
    return event.person
