"""Verbs on visits: begin, check at every request, end."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from countersign.access import standing
from countersign.access.models import Ending, PreSession, Ticket, Visit
from countersign.audit import record
from countersign.audit.actors import system
from countersign.identity import dispatches, relying, witnesses
from countersign.instances import listings
from countersign.instances.prepared import Prepared
from countersign.people import passwords, sessions, signin
from countersign.people.models import Session

REPLACED = "the password of the Billing user that it began with is over"
_of_session = Prepared(
    lambda session_id: Visit.objects.select_related("ending").filter(session_id=session_id), uuid.UUID(int=1)
)


def begin(request, pre, individual):
    """Open a session as the Billing user with the individual attached; returns the token for the cookie."""
    visit_id = uuid.uuid4()
    attached = {
        "person": individual.name, "iss": individual.iss, "sub": individual.sub, "email": individual.email,
        "user_id": individual.user_id, "factors": individual.factors, "company": pre.company, "visit": str(visit_id),
        **({"trained_on": individual.trained_on} if individual.trained_on else {}),
    }
    with transaction.atomic():
        _end_previous(request)
        token = signin.open_session(request, pre.key, individual=attached, factors=individual.factors)
        request.visit = Visit.objects.create(
            id=visit_id, session=request.session, key=pre.key, billing_user=pre.key.user_id,
            company_id=pre.company_id, company=pre.company, iss=individual.iss, sub=individual.sub,
            sid=individual.sid, person=individual.name, email=individual.email, factors=individual.factors,
            password_id=pre.password_id,
        )
        trained = {"Trained on": individual.trained_on} if individual.trained_on else {}
        record.write(request.actor, "visit.began", object=pre.key.user_id, changes=trained)
        witnesses.exchange_soon(individual.iss, name=pre.company, occasion="a visit began")
    return token


def _end_previous(request):
    """Somebody else may have been in with this browser; nothing of theirs goes on."""
    old = sessions.find(request)
    previous = Visit.objects.live().filter(session=old).first() if old else None
    if previous is not None:
        end(previous, by=sessions.actor(request, old), reason="replaced by a new sign-in")


def end(visit, *, by, reason, action="visit.ended"):
    """End a live visit: the session is over at its next request. Does nothing when it has ended already."""
    with transaction.atomic():
        _, created = Ending.objects.get_or_create(visit=visit, defaults={"by": by.person, "reason": reason})
        Session.objects.open().filter(id=visit.session_id).update(
            ended_at=timezone.now(), ended_by=by.person, ended_because=reason
        )
        if created:
            record.write(by, action, object=visit, reason=reason)
            witnesses.exchange_soon(visit.iss, name=visit.company, occasion="a visit ended")
    return created


def key_signed_out(user, *, because):
    """Called by `people` (settings.SIGN_OUT_NOTICES): all sessions of a Billing user ended, so all its visits did,
    and whoever gave the first part with it begins again. What ran out of time before keeps that as its end."""
    if user.is_billing:
        PreSession.objects.filter(key=user).update(expires_at=timezone.now())
        Ticket.objects.filter(key=user).update(expires_at=timezone.now())
        for visit in Visit.objects.in_time().filter(key=user):
            end(visit, by=system(), reason=because)


def shut_out(key, *, by, because):
    """Nobody goes on with this Billing user: its visits end, and first parts. Returns how many visits; homes are told.
    """
    PreSession.objects.filter(key=key).update(expires_at=timezone.now())
    ended = 0
    for visit in Visit.objects.in_time().filter(key=key):
        if end(visit, by=by, reason=because):
            _tell_home(visit, because)
            ended += 1
    return ended


def _tell_home(visit, because):
    """Let the company write down, too, why its person was put out."""
    body = {"sub": visit.sub, "billing_user": visit.billing_user, "because": because}
    dispatches.send(visit.iss, "visit.shut", body, name=visit.company)


def session_over(session, *, at, because):
    """Called by `people` (settings.SESSION_ENDINGS): the session ran out of time or was replaced, so its visit is over
    since then. The event is written already: it names the visit."""
    visit = Visit.objects.filter(session=session).first()
    if visit is None:
        return
    Ending.objects.get_or_create(visit=visit, defaults={"at": at, "by": system().person, "reason": because})
    witnesses.exchange_soon(visit.iss, name=visit.company, occasion="a visit ended")


def home_signed_out(*, iss, sub, sid, because):
    """The home says that this sign-in is over. Returns how many visits that ended."""
    ended = 0
    for visit in Visit.objects.live().filter(iss=iss, sub=sub, sid=sid):
        ended += end(visit, by=system(f"{visit.company} (home)"), reason=f"ended at home: {because}")
    return ended


def still_open(request, session):
    """Check of every request (settings.SESSION_CHECKS): "" while the visit may go on, else why it is over.

    Raises sessions.NotNow when the home has not answered for two minutes: refused, but not ended.
    """
    if session.individual is None:
        return ""
    visit = _of_session.first(session.id)
    if visit is None:
        return "there is no visit"
    visit.session, visit.key = session, session.user
    if hasattr(visit, "ending"):
        return visit.ending.reason
    reason = _over(visit)
    if reason:
        end(visit, by=system(), reason=reason)
        return reason
    visit.standing = standing.judge(visit.key)
    because = visit.standing.because
    if because:
        with transaction.atomic():
            end(visit, by=system(), reason=because)
            _tell_home(visit, because)
        return because
    request.visit = visit
    return ""


def _over(visit):
    if visit.key.billing_company != visit.company_id:
        return "the Billing user belongs to another company"
    if not passwords.still_counts(visit.key, visit.password_id):
        return REPLACED
    if visit.key.is_for_support:  # of no company; what is over by its own terms is told to Support below
        return "" if standing.why_not(visit.key) else _disowned(visit)
    since = listings.listed_since(visit.company_id)
    if since is None:
        return f"{visit.company} is not a listed billing company"
    if since > visit.began_at:  # listed again: that gives nothing back
        return f"{visit.company} was not a listed billing company for a while"
    return _disowned(visit)


def _disowned(visit):
    """Ask the home once a minute whether the sign-in stands: its own message may have been lost."""
    now = timezone.now()
    silent = now - visit.confirmed_at
    if timedelta(0) <= silent < timedelta(seconds=settings.STANDING_POLL_SECONDS):  # less: the clock was set back
        return ""
    stands, because = relying.standing(visit.iss, visit.sid)
    if stands:
        Visit.objects.filter(id=visit.id).update(confirmed_at=now)
    elif stands is False:
        return f"ended at home: {because}"
    elif silent >= timedelta(seconds=settings.STANDING_FAIL_SECONDS):
        raise sessions.NotNow(f"{visit.company} has not confirmed this sign-in for two minutes")
    return ""
