"""One click is enough: whoever pressed *Enter* at home is not asked a second time whether they want to."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from countersign.identity.models import Click
from countersign.instances import clock


def remember(session, *, client_id, billing_user):
    """The person of this session has pressed *Enter* for this practice and key. Of older clicks none counts."""
    now = timezone.now()
    Click.objects.filter(session=session, used_at=None).update(used_at=now)
    Click.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
    Click.objects.create(
        session=session, client_id=client_id, billing_user=billing_user,
        expires_at=now + timedelta(seconds=settings.CLICK_SECONDS),
    )


def use_up(session, *, client_id, billing_user):
    """Whether there was such a click within the minute; it counts once, however many ask."""
    now = timezone.now()
    found = Click.objects.filter(
        session=session, client_id=client_id, billing_user=billing_user, used_at=None, expires_at__gt=now
    ).first()
    if found is None or clock.set_back(found.clicked_at, now):
        return False
    return bool(Click.objects.filter(id=found.id, used_at=None).update(used_at=now))
