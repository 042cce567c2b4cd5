"""The second part of the sign-in: from a Billing user's right password to a visit of a named individual."""

import json
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from countersign.access import standing, visits
from countersign.access.models import PreSession
from countersign.audit import record
from countersign.audit.actors import unknown
from countersign.identity import relying
from countersign.identity.federation import FederationError
from countersign.instances import clock, hosts, listings
from countersign.instances.models import Instance
from countersign.instances.prepared import Prepared
from countersign.instances.secrets import digest, seal, unseal
from countersign.people import passwords, rotation, sessions
from countersign.people.models import User

TOO_LATE = "the first part was more than 10 minutes ago, or the Billing user was changed since"

_by_digest = Prepared(lambda digest: PreSession.objects.select_related("key").filter(digest=digest), "?")


class Refused(Exception):
    """The sign-in cannot go on. The reason is for the record; the person reads one sentence."""

    is_told = False


class Shut(Refused):
    """The Billing user opens nothing at the moment. Whoever gave its password may know why."""

    is_told = True


def cookie_name():
    return f"{settings.COOKIE_PREFIX}second-part"


def second_part(request, user):
    """Stage of the sign-in (settings.SIGN_IN_STAGES): send whoever gave a Billing user's password to their own home."""
    if not user.is_billing:
        return None
    company = Instance.objects.filter(id=user.billing_company).first()
    if company is None or not listings.is_listed(company.id):
        reason = f"{company or 'the company'} is not a listed billing company"
        return refused(request, reason, key=user, company=company)
    because = standing.why_not(user)
    if because:
        return refused(request, because, key=user, company=company, is_told=True)
    return ask_home(request, user, company)


def ask_home(request, user, company):
    """Somebody typed the first part: remember it, and send the browser to the company's own sign-in."""
    with transaction.atomic():
        response = remember(request, user, company, password_id=passwords.id_of(user.given))
        record.write(
            unknown(address=request.address, browser=sessions.browser(request), user_id=user.user_id),
            "sign-in.first-part.accepted", object=f"{user.user_id} ({company.name})", reason=rotation.given(user),
        )
    return response


def remember(request, user, company, *, password_id, sub=""):
    """Remember the first part in this browser; returns the answer that sends it to the company's own sign-in.

    password_id: of the password that was given. sub: the only person of the company who may bring the second, "" for
    anybody.
    """
    issuer, question, token = hosts.root(company), relying.Question.new(), secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
        PreSession.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
        PreSession.objects.create(
            digest=digest("second-part", token), key=user, company_id=company.id, company=company.name, issuer=issuer,
            sealed=seal("second-part", json.dumps([question.state, question.nonce, question.verifier]).encode()),
            sub=sub, password_id=password_id, expires_at=now + timedelta(seconds=settings.PRE_SESSION_SECONDS),
        )
    response = HttpResponseRedirect(relying.question_url(issuer, question, billing_user=user.user_id))
    response.set_cookie(
        cookie_name(), token, max_age=settings.PRE_SESSION_SECONDS, path="/", secure=settings.TLS, httponly=True,
        samesite="Lax",
    )
    return response


def answered(request):
    """The home's answer has come: returns (pre-session, Individual). Raises Refused.

    The pre-session is used up before anything is sent anywhere, so that an answer counts once, whatever becomes of it.
    """
    pre = _pre_session(request)
    question = relying.Question(*json.loads(unseal("second-part", pre.sealed)))
    try:
        code = relying.check_answer(request.GET, issuer=pre.issuer, state=question.state)
        if not PreSession.objects.filter(digest=pre.digest, used_at=None).update(used_at=timezone.now()):
            raise Refused("the answer was used before")
        still_bound(pre.key, pre.company_id, password_id=pre.password_id)
        individual = relying.redeem(code, issuer=pre.issuer, question=question)
    except FederationError as error:
        raise Refused(str(error)) from error
    if individual.billing_user != pre.key.user_id:  # or a person could have been judged for another key
        raise Refused("the home answered for another Billing user")
    if pre.sub and individual.sub != pre.sub:
        who = "the practice approved" if pre.key.is_for_support else "the key ring gave the first part to"
        raise Refused(f"{who} another person")
    return pre, individual


def still_bound(key, company_id, *, password_id=""):
    """Raises Refused unless the key is an active Billing user of this company, which is listed; Shut unless its terms
    let it in (standing.py). password_id: of the password that was given, which must still count."""
    if key.is_for_support and standing.why_not(key):  # by its name, before it is found inactive
        raise Shut(standing.why_not(key))
    if not key.is_billing or not key.is_active:
        raise Refused("the Billing user is inactive")
    if not passwords.still_counts(key, password_id):
        raise Refused(TOO_LATE)
    if key.billing_company != company_id:
        raise Refused("the Billing user belongs to another company")
    if not key.is_for_support and not listings.is_listed(company_id):
        raise Refused("the company is not a listed billing company")
    because = standing.why_not(key)
    if because:
        raise Shut(because)


def enter(request, pre, individual):
    """Open the visit; returns the answer that carries its cookie. Raises Refused.

    What was true before the home was asked is asked again under a lock: the key may have been changed meanwhile.
    """
    with transaction.atomic():
        # The key first, then what hangs on it: in the order in which a change of the key takes them (no deadlock).
        pre.key = User.objects.select_for_update().get(id=pre.key_id)
        if _is_over(PreSession.objects.select_for_update().get(digest=pre.digest)):
            raise Refused(TOO_LATE)
        still_bound(pre.key, pre.company_id, password_id=pre.password_id)
        token = visits.begin(request, pre, individual)
    response = HttpResponseRedirect("/")
    sessions.set_cookie(response, token)
    forget(response)
    return response


def forget(response):
    response.delete_cookie(cookie_name(), path="/", samesite="Lax")


def _pre_session(request):
    pre = _found(request)
    if pre is None:
        raise Refused("there was no first part in this browser")
    if pre.used_at is not None:
        raise Refused("the answer was used before")
    if _is_over(pre):
        raise Refused(TOO_LATE)
    return pre


def _is_over(pre):
    now = timezone.now()
    return pre.expires_at <= now or clock.set_back(pre.began_at, now)


def _found(request):
    token = request.COOKIES.get(cookie_name(), "")
    return _by_digest.first(digest("second-part", token))


def answer_refused(request, refusal):
    """The home's answer does not count; whose first part it was, the browser's cookie says, if there is one."""
    pre = _found(request)
    if pre is None:
        return refused(request, str(refusal))
    company = Instance.objects.filter(id=pre.company_id).first()
    return refused(request, str(refusal), key=pre.key, company=company, is_told=refusal.is_told)


def refused(request, reason, *, key=None, company=None, is_told=False):
    """One sentence to the person; the reason goes into the record of both sides.

    is_told: whoever is there gave the Billing user's password, and the reason is about its terms: they read it too.
    """
    who = unknown(
        address=request.address, browser=sessions.browser(request), user_id=key.user_id if key else "",
    )
    record.write(
        who, "sign-in.second-part.refused", object=str(company or ""), result=record.REFUSED, reason=reason
    )
    if company is not None:
        relying.report_refusal(hosts.root(company), reason=reason)
    message = "You could not be signed in. Start again with the User ID and password that the practice gave you."
    if is_told:
        message = f"You could not be signed in: {reason}. Ask whoever runs {request.instance.name}."
    context = {"status": 403, "title": "The sign-in was refused", "message": message, "rule": ""}
    response = render(request, "ui/error.html", context, status=403)
    forget(response)
    return response
