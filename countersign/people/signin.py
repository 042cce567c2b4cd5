"""Signing in: one page, one answer to whatever is wrong, and stages that other rooms add (settings.SIGN_IN_STAGES)."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.audit import record
from countersign.audit.actors import Actor, unknown
from countersign.audit.models import Event
from countersign.instances import hosts
from countersign.instances.prepared import Prepared
from countersign.people import names, passwords, sessions
from countersign.people.models import User

WRONG = "The User ID or the password is not right."
WAIT = "Too many attempts. Wait 15 minutes, then try again."
UNKNOWN, INACTIVE = "unknown User ID", "inactive user"
WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS = 10, 60
REFUSALS = ("sign-in.refused", "sign-in.first-part.refused")

_by_user_id = Prepared(lambda user_id: User.objects.filter(user_id=user_id), "?")


class SignInForm(forms.Form):
    user_id = forms.CharField(
        label="User ID", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password", max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def check(request, form):
    """The user whose User ID and password these are, or None with the reason on the form and in the record.

    Unknown user, wrong password and inactive user get one message and cost the same.
    """
    typed = names.fold(form.cleaned_data["user_id"])
    if too_many(typed, address=request.address):
        record.write(_whoever(request, typed), "sign-in.throttled", result=record.REFUSED)
        form.add_error(None, WAIT)
        return None
    user = _by_user_id.first(typed)
    why = why_not(user, form.cleaned_data["password"])
    if not why:
        return user
    action = "sign-in.first-part.refused" if user and user.is_billing else "sign-in.refused"
    record.write(_whoever(request, typed), action, object=typed, result=record.REFUSED, reason=why)
    form.add_error(None, WRONG)
    return None


def why_not(user, password):
    """Why this password opens nothing, for the record, or "". Costs the same for a user that is None.

    Of a user, notes which password was `given`: a Billing user may have two for a while (rotation.py).
    """
    found = passwords.matching(password, user.passwords if user else [])
    if not found:
        return UNKNOWN if user is None else "wrong password"
    user.given = found
    return "" if user.is_active else INACTIVE


def named_by(user_id):
    """The user of this User ID, as it was typed, or None."""
    return _by_user_id.first(names.fold(user_id))


def go_on(request, user, *, destination="/"):
    """The password was right: let the stages answer, else open a session and go to the destination."""
    for path in settings.SIGN_IN_STAGES:
        response = import_string(path)(request, user)
        if response is not None:
            return response
    response = HttpResponseRedirect(destination)
    complete(request, response, user)
    return response


def complete(request, response, user, *, individual=None, factors="pwd"):
    """Open the session and give the browser its cookie."""
    sessions.set_cookie(response, open_session(request, user, individual=individual, factors=factors))


def open_session(request, user, *, individual=None, factors="pwd"):
    """Open a session in place of the one the browser had, and write it down; returns the token for the cookie.

    From here on the request acts as this person."""
    with transaction.atomic():
        old = sessions.find(request)
        session, token = sessions.start(request, user, individual=individual, factors=factors)
        request.session, request.user = session, user
        request.actor = sessions.actor(request, session)
        rotate_token(request)
        if old is not None:
            sessions.replaced(request, old)
        sessions.expire_overdue()
        if individual is None:
            record.write(request.actor, "sign-in.accepted")
    return token


def safe_destination(text):
    """A path of a page of this instance, else "/". Nothing that a browser could read as another host passes."""
    if not text or not text.startswith("/") or not text.isascii() or not text.isprintable():
        return "/"
    if text.startswith("//") or "\\" in text or "@" in text:
        return "/"
    try:
        resolve(text.partition("?")[0])
    except Resolver404:
        return "/"
    return text


def too_many(typed, **whose):
    """Whether whoever this is has been refused too often in 15 minutes. whose: {column of the record: value}."""
    refused = Event.objects.filter(action__in=REFUSALS, at__gte=timezone.now() - WINDOW, **whose)
    tried = list(refused.values_list("object", flat=True)[:TRIES_PER_ADDRESS])
    return len(tried) == TRIES_PER_ADDRESS or tried.count(typed) >= TRIES_PER_ACCOUNT


def _whoever(request, typed):
    return unknown(address=request.address, browser=sessions.browser(request), user_id=typed)


def named(request, user):
    """The actor for somebody whose password was right but who has no session yet."""
    return Actor(
        person=user.name, iss=hosts.root(request.instance), sub=str(user.id), user_id=user.user_id,
        address=request.address, browser=sessions.browser(request),
    )
