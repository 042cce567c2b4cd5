"""The instance's signing keys: one that signs, older ones that are still published until what they signed is over."""

import json
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from joserfc.jwk import ECKey

from countersign.audit import record
from countersign.audit.actors import system
from countersign.identity.models import SigningKey
from countersign.instances import binding, revocations
from countersign.instances.models import RevocationKind
from countersign.instances.prepared import Prepared
from countersign.instances.secrets import seal, unseal

ALGORITHM = "ES256"
_current = Prepared(lambda: SigningKey.objects.filter(retired_at=None))


def rotate(*, by):
    """Make a new signing key and retire the old ones; they stay published while tokens they signed can be valid."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    now = timezone.now()
    with transaction.atomic():
        current = SigningKey.objects.filter(retired_at=None)
        retired = list(current.values_list("kid", flat=True))
        current.update(retired_at=now, retired_by=by.person)
        row = SigningKey.objects.create(
            kid=key.kid, public=key.as_dict(private=False), created_by=by.person,
            sealed=seal("signing-key", json.dumps(key.as_dict(private=True)).encode()),
        )
        record.write(by, "identity.keys.rotated", object=row.kid)
        for kid in retired:
            revocations.note(RevocationKind.KEY, kid, by=by.person)
    return row


def signing():
    """The key that signs now. Made on first use where provisioning did not."""
    row = _current.first() or rotate(by=system())
    return _parsed(binding.bound().id, row.kid, bytes(row.sealed))


@lru_cache(maxsize=2048)
def _parsed(instance_id, kid, sealed):
    # Parsing costs a hundred signatures: once a process and key. The instance is part of the cache's key.
    return ECKey.import_key(json.loads(unseal("signing-key", sealed)))


def published():
    """The JSON Web Key Set of this issuer (RFC 7517)."""
    over = timezone.now() - timedelta(seconds=settings.ID_TOKEN_SECONDS + 2 * settings.CLOCK_SKEW_SECONDS)
    rows = SigningKey.objects.exclude(retired_at__lt=over)
    return {"keys": [{**row.public, "use": "sig", "alg": ALGORITHM} for row in rows]}
