"""Whose data a Billing user sees: the set behind every door, in rows and in words."""

from countersign.clients.models import Client

# 42 CFR 2.32 in our own words; it goes with every screen and every file that shows such a client to a third party.
NOTICE = (
    "Federal rules (42 CFR Part 2) protect records shown here. Without the client's written consent or a court order "
    "under Part 2, nobody may use or disclose them, or testify about them, in civil, criminal, administrative or "
    "legislative proceedings against the client. Pass them on only as the consent or Part 2 permits; whoever received "
    "them for treatment, payment or health care operations may do so as HIPAA permits, but never for such proceedings."
)


def of_visible(rows, user):
    """Rows with a `client` (a queryset): those of clients that the user may see."""
    return rows.filter(client__in=Client.objects.visible_to(user)) if user.is_billing else rows


def noted(request, *, part_2):
    """Say that the answer shows a client under 42 CFR Part 2: a visit's page then carries the notice (ui/app.html)."""
    if part_2 and request.user.is_billing:
        request.redisclosure = NOTICE


def in_words(user):
    """"Clients without tags, and those tagged Adults; not 42 CFR Part 2". For a Billing user."""
    held = sorted(tag.name for tag in user.tags.all())
    words = "Clients without tags"
    if len(held) == 1:
        words += f", and those tagged {held[0]}"
    elif held:
        words += f", and those with no other tags than {', '.join(held[:-1])} and {held[-1]}"
    return f"{words}; 42 CFR Part 2 with consent" if user.sees_part_2 else f"{words}; not 42 CFR Part 2"
