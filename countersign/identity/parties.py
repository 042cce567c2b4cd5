"""Who may ask this instance for sign-ins: the practices hosted beside it, until it stops one."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.audit import record
from countersign.audit.actors import system
from countersign.identity import entries, tokens
from countersign.identity.federation import FederationError
from countersign.identity.models import RelyingParty, UsedAssertion
from countersign.instances import binding, hosts, revocations
from countersign.instances.models import InstanceKind, InstanceState, RevocationKind
from countersign.instances.prepared import Prepared
from countersign.instances.secrets import digest

_by_client_id = Prepared(lambda client_id: RelyingParty.objects.filter(client_id=client_id), "?")


class NotServed(FederationError):
    """Whoever asks is no party of this home, or not any more; anything else may only be out of order for a while."""


def find(client_id):
    """The party with this client_id, or None when there is none or it was stopped.

    A practice of this installation is known from the catalogue; its row is written when it is first answered.
    """
    if not client_id.isprintable():  # NUL and lone surrogates are texts that no database takes, not even to compare
        return None
    row = _by_client_id.first(client_id)
    practice = hosts.hosted(client_id)
    if row is not None and row.ended_at is not None:
        return None
    if practice is not None and practice.state != InstanceState.ACTIVE:
        return None
    if row is not None:
        return row
    if practice is None or practice.kind == InstanceKind.SUPPORT or practice.id == binding.bound().id:
        return None
    return RelyingParty(client_id=client_id, name=practice.name, registered_by="Countersign")


def keep(party):
    """The party's row, written now if there was none."""
    if party._state.adding:
        with transaction.atomic():
            party, created = RelyingParty.objects.get_or_create(
                client_id=party.client_id, defaults={"name": party.name, "registered_by": party.registered_by}
            )
            if created:
                record.write(system(), "identity.party.registered", object=party)
    return party


def stop(party, *, by):
    """No more sign-ins for this practice; who is there is out."""
    party = keep(party)
    with transaction.atomic():
        RelyingParty.objects.filter(id=party.id).update(ended_at=timezone.now(), ended_by=by.person)
        record.write(by, "identity.party.ended", object=party)
        entries.end(party.entry_set.filter(ended_at=None), because="the company stopped serving this practice")
        revocations.note(RevocationKind.PARTY, party.client_id, by=by.person)


def resume(party, *, by):
    with transaction.atomic():
        RelyingParty.objects.filter(id=party.id).update(ended_at=None, ended_by="")
        record.write(by, "identity.party.resumed", object=party)
        revocations.take_back(RevocationKind.PARTY, party.client_id)


def authenticated(form):
    """The party whose client assertion this form carries (RFC 7523), used once. Raises NotServed, FederationError."""
    assertion = _assertion(form)
    party = find(tokens.claimed_issuer(assertion))
    if party is None:
        raise NotServed("an unknown client")
    _prove(assertion, issuer=party.client_id)
    return party


def proved(form):
    """The active instance of this installation whose client assertion this form carries, used once.

    Any kind of instance, whether it is served here or not. Raises NotServed, FederationError.
    """
    assertion = _assertion(form)
    issuer = tokens.claimed_issuer(assertion)
    sender = hosts.hosted(issuer)
    if sender is None or sender.state != InstanceState.ACTIVE or sender.id == binding.bound().id:
        raise NotServed("an unknown instance")
    _prove(assertion, issuer=issuer)
    return sender


def _assertion(form):
    assertion = form.get("client_assertion", "")
    if form.get("client_assertion_type") != tokens.ASSERTION_TYPE or len(assertion) > 4000:
        raise FederationError("no client assertion")
    return assertion


def _prove(assertion, *, issuer):
    claims = tokens.verified(assertion, issuer=issuer)
    tokens.meant_for_us(claims, issuer=issuer)
    tokens.timely(claims, oldest=settings.CODE_SECONDS)
    if claims.get("sub") != issuer:
        raise FederationError("issuer and subject differ")
    if not isinstance(claims.get("jti"), str) or not claims["jti"] or not claims["jti"].isprintable():
        raise FederationError("jti is missing")
    _use_up(claims)


def _use_up(claims):
    now = timezone.now()
    try:
        with transaction.atomic():
            UsedAssertion.objects.filter(expires_at__lt=now).delete()
            UsedAssertion.objects.create(
                jti=digest("jti", f"{claims['sub']} {claims['jti']}"), expires_at=now + timedelta(minutes=5)
            )
    except IntegrityError:
        raise FederationError("the assertion was used before") from None
