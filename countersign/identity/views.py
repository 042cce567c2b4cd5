"""The issuer's pages and endpoints. Who may ask is decided by Authlib and `issuer.py`; a person decides by a click."""

import json
import time

from authlib.oauth2.rfc6749 import OAuth2Error
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.audit import record
from countersign.identity import clicks, dispatches, entries, keys, parties, sealing
from countersign.identity.federation import FederationError
from countersign.identity.issuer import server, with_issuer
from countersign.instances import hosts
from countersign.people import sessions, signin
from countersign.people.gate import public


@public(silent=True)
@require_safe
def configuration(request):
    """OpenID Connect Discovery 1.0."""
    root = hosts.root(request.instance)
    return JsonResponse({
        "issuer": root,
        "authorization_endpoint": f"{root}/authorize/",
        "token_endpoint": f"{root}/token/",
        "jwks_uri": f"{root}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [keys.ALGORITHM],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [keys.ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "scopes_supported": ["openid"],
    })


@public(silent=True)
@require_safe
def jwks(request):
    return JsonResponse({"keys": [*keys.published()["keys"], sealing.published()]})


@public
@require_http_methods(["GET", "POST"])
def authorize(request):
    """A practice asks who somebody is. They sign in here, or confirm with one click where a session is open."""
    person = _usable(request)
    try:
        grant = server.get_consent_grant(request, end_user=person)
    except OAuth2Error as error:
        return _refused(request, error)
    if request.GET.get("prompt") == "none":
        # No silent sign-in: a practice is never entered without a click (ASVS 7.6.2).
        return _refused(request, OAuth2Error(
            error="interaction_required", redirect_uri=grant.redirect_uri, state=grant.request.payload.state,
        ))
    party, form = grant.client, signin.SignInForm()
    if request.method == "GET" and person is not None and _has_clicked(request, party):
        return _answer_if_allowed(request, grant, person, clicked=True)
    if request.method == "POST" and "user_id" in request.POST:
        form = signin.SignInForm(request.POST)
        found = signin.check(request, form) if form.is_valid() else None
        if found is not None and _may_answer(request, found, form, party):
            return _answer_if_allowed(request, grant, found)
    elif request.method == "POST" and person is not None:
        return _answer_if_allowed(request, grant, person)
    context = {"form": form, "party": party, "person": None if form.errors else person}
    return render(request, "identity/authorize.html", context, status=422 if form.errors else 200)


def _usable(request):
    """Whoever is signed in here and may answer for themselves without giving the password again, or None."""
    session = request.session
    if session is None or session.user.is_billing or session.user.password_forced_at:
        return None
    try:
        oldest = int(request.GET.get("max_age", ""))
    except ValueError:
        return None
    if request.GET.get("prompt") == "login" or time.time() - session.signed_in_at.timestamp() > oldest:
        return None
    return session.user


def _has_clicked(request, party):
    """Whether this very person pressed *Enter* for this practice and key a moment ago, in this session."""
    billing_user = entries.key_named(request.GET)
    return bool(billing_user) and clicks.use_up(
        request.session, client_id=party.client_id, billing_user=billing_user
    )


def _may_answer(request, user, form, party):
    """Billing users are keys, not people; and a password that must be changed is changed first, at home."""
    if user.is_billing:
        reason = "a Billing user cannot sign in for anybody"
        form.add_error(None, signin.WRONG)
    elif user.password_forced_at:
        reason = "a new password must be chosen first"
        form.add_error(None, f"You must choose a new password first. Sign in to {request.instance.name} itself.")
    else:
        return True
    record.write(
        signin.named(request, user), "identity.refused", object=str(party), result=record.REFUSED, reason=reason
    )
    return False


def _answer_if_allowed(request, grant, user, *, clicked=False):
    """Whoever may not enter is told why, by their own company, and both records say so."""
    billing_user = entries.key_named(request.GET)
    because = entries.why_not(user, grant.client, billing_user)
    if not because and not clicked:
        because = entries.why_not_typed(user, grant.client, billing_user)
    if not because:
        return _answer(request, grant, user)
    actor = request.actor if request.user == user else signin.named(request, user)
    entries.refused(actor, user=user, party=grant.client, billing_user=billing_user, because=because)
    context = {"status": 403, "title": f"You cannot enter {grant.client.name}", "message": f"{because}.", "rule": ""}
    return render(request, "ui/error.html", context, status=403)


def _answer(request, grant, user):
    with transaction.atomic():
        if request.session is None or request.session.user != user or "user_id" in request.POST:
            token = signin.open_session(request, user)
        else:
            token = None
        response = server.create_authorization_response(request, grant_user=user, grant=grant)
    if token:
        sessions.set_cookie(response, token)
    return with_issuer(response)


def _refused(request, error):
    """Back to the practice where its address is proved to be its own, else a page here. Recorded in both cases."""
    reason = f"{error.error}: {error.description}" if error.description else str(error.error)
    record.write(
        request.actor, "identity.refused", object=request.GET.get("client_id", "")[:200] or "nobody",
        result=record.REFUSED, reason=reason,
    )
    if error.redirect_uri:
        return with_issuer(server.handle_error_response(request, error))
    message = "The practice that sent you here asked in a way that is not accepted. Go back and sign in there again."
    context = {"status": 400, "title": "This sign-in cannot go on", "message": message, "rule": error.error}
    return render(request, "ui/error.html", context, status=400)


@csrf_exempt
@public
@require_POST
def token(request):
    """A practice redeems its code. A refusal is on the record here too: a stolen code may come from anywhere."""
    response = server.create_token_response(request)
    if response.status_code >= 400:
        reason = json.loads(response.content)
        record.write(
            request.actor, "identity.refused", object="a code", result=record.REFUSED,
            reason=f"{reason['error']}: {reason.get('error_description', '')}",
        )
    return response


@csrf_exempt
@public
@require_POST
def standing(request):
    """A practice asks whether a sign-in still stands; only the one it was given to is told."""
    try:
        party = parties.authenticated(request.POST)
        stands, because = entries.standing(party, request.POST.get("sid", ""))
    except parties.NotServed:
        return JsonResponse({"error": "unauthorized_client"}, status=403)
    except FederationError:
        return JsonResponse({"error": "invalid_client"}, status=401)
    return JsonResponse({"active": stands, "because": because})


@csrf_exempt
@public
@require_POST
def refusals(request):
    """A practice reports that it refused somebody whom this home had sent, or was about to ask for."""
    try:
        party = parties.authenticated(request.POST)
    except FederationError:
        return JsonResponse({"error": "invalid_client"}, status=401)
    record.write(
        request.actor, "identity.refused", object=party, result=record.REFUSED, rule="refused by the practice",
        reason=request.POST.get("reason", "")[:300],
    )
    return JsonResponse({})


@csrf_exempt
@public
@require_POST
def take_dispatch(request):
    """Another instance tells this one something; what happened of it, its taker writes down."""
    try:
        dispatches.take(parties.proved(request.POST), request.POST)
    except dispatches.Refused as refusal:
        record.write(
            request.actor, "dispatch.refused", object=request.POST.get("kind", "")[:60], result=record.REFUSED,
            reason=str(refusal),
        )
        return JsonResponse({"error": "refused", "because": str(refusal)}, status=422)
    except FederationError:
        return JsonResponse({"error": "invalid_client"}, status=401)
    return JsonResponse({})
