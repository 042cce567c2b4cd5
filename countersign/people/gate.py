"""One gate, default shut: views declare who may come in, this middleware enforces it and keeps the record.

A view that declares nothing is refused. Every request of a signed-in person leaves at least one event: what a view
reads is written here, what it changes is written by the action, in one transaction with the change.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.utils import DatabaseError
from django.http import Http404
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.audit import actors, record
from countersign.people import refusals, sessions
from countersign.people.permissions import BILLING_CEILING, Permission, offered

SAFE = ("GET", "HEAD", "OPTIONS")
# 409 is none: two sides, or two tabs, that find out how far the other one is.
REFUSALS = (400, 401, 403, 404, 405, 422)
LOOK_ONLY = "look only"


@dataclass(frozen=True)
class Rule:
    """Who may come in. reads: the action written for a safe request. visitors: whether a visit may come in too.

    other: a second permission that is as good as the first. silent: nothing is written, whoever asks.
    calls: the view speaks with another instance, and must not hold this one's database meanwhile: it opens a
    transaction of its own around what it changes."""

    public: bool = False
    permission: Permission | None = None
    other: Permission | None = None
    reads: str = "page.opened"
    visitors: bool = False
    while_forced: bool = False
    silent: bool = False
    calls: bool = False


def _declare(view, rule):
    view.rule = rule
    return view


def public(view=None, *, silent=False):
    """Anybody may come in; what somebody signed in reads here, or anybody sends in vain, is written by the gate.

    silent: asked by machines, and the answer is the same for all. Nothing of it is on the record."""
    rule = Rule(public=True, silent=silent)
    return _declare(view, rule) if view else lambda view: _declare(view, rule)


def signed_in(view=None, *, reads="page.opened", visitors=False, while_forced=False, calls=False):
    """Any signed-in person of this instance; with `visitors`, a visit as well.

    while_forced: also somebody who must choose a new password first."""
    rule = Rule(reads=reads, visitors=visitors, while_forced=while_forced, calls=calls)
    return _declare(view, rule) if view else lambda view: _declare(view, rule)


def allows(permission, *, other=None, reads="page.opened", visitors=True, calls=False):
    """Whoever holds the permission, or the other one, at the moment of the request, visits included unless said."""
    rule = Rule(
        permission=Permission(permission), other=other and Permission(other), reads=reads, visitors=visitors,
        calls=calls,
    )
    return lambda view: _declare(view, rule)


def of_visit(visit, held, *, kind):
    """What a visit may do, of what its Billing user holds: the rooms above change it, always under the ceiling."""
    for path in settings.VISIT_RIGHTS:
        held = import_string(path)(visit, held) & BILLING_CEILING & offered(kind)
    return held


def takes_more_than_a_look(request, rule):
    """Whether it changes something or hands out a file: a visit of Support does neither, whatever was approved."""
    return bool(rule.permission and request.method not in SAFE) or rule.reads.endswith((".exported", ".downloaded"))


class Gate:
    def __init__(self, get_response):
        self.get_response = get_response
        self.checks = [import_string(path) for path in settings.SESSION_CHECKS]

    def __call__(self, request):
        request.user = request.session = request.visit = None
        request.permissions = frozenset()
        request.reads, request.rule = {}, None
        if request.instance is None:
            return self.get_response(request)
        request.actor = actors.unknown(address=request.address, browser=sessions.browser(request))
        try:
            request.closed_because = self.identify(request)
        except sessions.NotNow as reason:
            return self.not_now(request, str(reason))
        before = record.written()
        response = self.get_response(request)
        if record.written() == before:
            self.round_off(request, response)
        return response

    def round_off(self, request, response):
        """What nobody has written yet: an address without a view, a public page taken by somebody who is signed in,
        and what somebody unknown sent in vain. An empty form that nobody in particular looks at is nothing."""
        rule, status = request.rule, response.status_code
        if status >= 500 or (rule and rule.silent):
            return
        if request.session:
            self.note_answer(request, status)
        elif rule and rule.public and request.method not in SAFE and status in REFUSALS:
            self.note_answer(request, status)

    def identify(self, request):
        """Fill in who is there. Returns why a session that was found cannot be used, or ""."""
        session = sessions.find(request)
        if session is None:
            return ""
        now = timezone.now()
        request.session, request.user = session, session.user
        request.actor = sessions.actor(request, session)
        before = record.written()
        because = self.closed(request, session, now)
        if because:
            if record.written() == before:
                self.note(request, "page.refused", result=record.REFUSED, rule=because)
            request.user = request.session = request.visit = None
            return because
        request.permissions = self.rights(request, session)
        return ""

    def rights(self, request, session):
        """What whoever is there may do at this moment."""
        kind = request.instance.kind
        held = sessions.permissions(session, kind=kind)
        return held if request.visit is None else of_visit(request.visit, held, kind=kind)

    def closed(self, request, session, now):
        because = sessions.overdue(session, now)
        if because:
            sessions.expire(session, actor=request.actor)
        elif not session.user.is_active:
            because = "the user is inactive"
        elif session.user.is_billing and not session.individual:
            because = "a key alone is nothing"
        for check in self.checks:
            because = because or check(request, session)
        return because

    def process_view(self, request, view, args, kwargs):
        rule = request.rule = getattr(view, "rule", None)
        if request.instance is None:
            return None if rule and rule.public else refusals.page(request, rule="undeclared")
        if rule is None:
            return self.refuse(request, rule="undeclared")
        if rule.public:
            return None
        if request.session is None:
            return self.turn_away(request)
        if request.session.individual and not rule.visitors:
            return self.refuse(request, rule="own people only")
        if rule.permission and not request.permissions & {rule.permission, rule.other}:
            return self.refuse(request, rule=rule.permission)
        if request.user.is_for_support and takes_more_than_a_look(request, rule):
            return self.refuse(request, rule=LOOK_ONLY)
        if request.user.password_forced_at and not rule.while_forced and not request.session.individual:
            self.note(request, "page.refused", result=record.REFUSED, rule="new password first")
            return refusals.new_password_first(request)
        return self.enter(request, rule, view, args, kwargs)

    def enter(self, request, rule, view, args, kwargs):
        """Run the view and write what it did, in one transaction when it may change something."""
        before = record.written()
        try:
            if request.method in SAFE or rule.calls:
                response = view(request, *args, **kwargs)
                self.keep(request, rule, response, before)
            else:
                with transaction.atomic():
                    response = view(request, *args, **kwargs)
                    self.keep(request, rule, response, before)
            return response
        except PermissionDenied as denial:
            return self.refuse(request, rule=str(denial) or "not yours")
        except Http404:
            self.note(request, "page.missing", result=record.REFUSED)
            return refusals.page(request, rule="", status=404)
        except DatabaseError:
            raise
        except Exception:
            self.note(request, "page.failed", result=record.FAILED)
            raise

    def keep(self, request, rule, response, before):
        now = timezone.now()
        if sessions.touch_is_due(request.session, now):
            with transaction.atomic():
                sessions.touch(request.session, now)
                self.write(request, rule, response, before)
        else:
            self.write(request, rule, response, before)

    def write(self, request, rule, response, before):
        if record.written() != before:
            return
        if response.status_code < 400 and request.method in SAFE:
            reads = dict(request.reads)
            action = reads.pop("action", rule.reads)
            reads.setdefault("object", request.path)
            record.write(request.actor, action, **reads)
        else:
            self.note_answer(request, response.status_code)

    def note_answer(self, request, status):
        if status >= 400:
            self.note(request, "page.missing" if status == 404 else "page.invalid", result=record.REFUSED)
        else:
            self.note(request, "page.opened" if request.method in SAFE else "page.sent")

    def note(self, request, action, *, result=record.OK, rule=""):
        with transaction.atomic():
            record.write(request.actor, action, object=request.path, result=result, rule=rule)

    def refuse(self, request, *, rule):
        if request.session:
            self.note(request, "page.refused", result=record.REFUSED, rule=rule)
        return refusals.page(request, rule=rule)

    def not_now(self, request, reason):
        self.note(request, "page.refused", result=record.REFUSED, rule=reason)
        request.user = request.session = request.visit = None
        return refusals.page(request, rule=reason, status=503)

    def turn_away(self, request):
        """Nobody is signed in. Whoever was is told so, and whose visit it was also why; a cookie that names no session
        of this instance is worth a line. Either cookie is taken away."""
        because, why = request.closed_because, ""
        if sessions.cookie_name() in request.COOKIES:
            ended = sessions.was_ours(request)
            if ended:
                because = because or "the session has ended"
                why = ended.ended_because if ended.individual else ""
            elif not because:
                self.note(request, "session.foreign", result=record.REFUSED)
        return refusals.sign_in_first(request, because=because, visit_ended=why)
