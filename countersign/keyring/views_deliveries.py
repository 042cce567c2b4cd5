"""Deliveries that wait: taken into the ring by whoever manages it, once."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from countersign.audit import record
from countersign.keyring import deliveries, vault
from countersign.keyring.models import Delivery
from countersign.people.gate import allows
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_KEY_RING)
@require_POST
def acceptance(request, id):
    found = get_object_or_404(Delivery, id=id)
    try:
        key = deliveries.accept(found, by=request.actor)
    except ValidationError as error:
        messages.info(request, " ".join(error.messages))
        record.write(request.actor, "delivery.accepted", object=found, result=record.REFUSED, reason=deliveries.TAKEN)
    except vault.WrongMaster as wrong:
        messages.error(request, f"This delivery could not be taken. {wrong}")
        record.write(request.actor, "delivery.accepted", object=found, result=record.FAILED, reason=str(wrong))
    else:
        messages.success(request, f"{key} is in the key ring.")
        return redirect(f"/key-ring/{key.id}/")
    return redirect("/key-ring/")
