"""Keeping the times in which users were active and of which type, in step with the users themselves."""

from django.utils import timezone

from countersign.people.models import ActiveTime, User


def keep(user, *, by):
    """Make the user's active times agree with what is stored of the user now, in the transaction that changed it.

    Nothing happens when neither the type nor being active is another than before. by: the name of the person.
    """
    # Read anew: the user in hand may have been read before somebody else changed the rest.
    type, inactivated_at = User.objects.select_for_update().values_list("type", "inactivated_at").get(id=user.id)
    wanted = None if inactivated_at else type
    lasting = ActiveTime.objects.filter(user_id=user.id, ended_at=None).first()
    if wanted == (lasting and lasting.type):
        return
    now = timezone.now()
    if lasting:
        now = max(now, lasting.began_at)  # the clock may have been set back
        lasting.ended_at, lasting.ended_by = now, by
        lasting.save(update_fields=["ended_at", "ended_by"])
    if wanted:
        ActiveTime.objects.create(user_id=user.id, type=wanted, began_at=now, began_by=by)
