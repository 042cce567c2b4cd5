"""*Deliver to ACME Billing*, on the page of a Billing user."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from countersign.access import deliveries
from countersign.instances.models import Instance
from countersign.people.forms_password import OverlapForm
from countersign.people.gate import allows
from countersign.people.models import User
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_USERS, reads="user.opened", calls=True)
@require_http_methods(["GET", "POST"])
def delivery(request, id):
    """After a look at what it does."""
    found, trouble = get_object_or_404(User.objects.kept(), id=id), None
    request.reads.update(object=found)
    form = OverlapForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            company = deliveries.deliver(
                found, by=request.actor, grantable=request.permissions, overlap=form.overlap
            )
        except ValidationError as error:
            trouble = error.messages
        else:
            messages.success(request, f"A new password of {found} is on its way into the key ring of {company}.")
            return redirect(f"/settings/users/{found.id}/")
    company = Instance.objects.filter(id=found.billing_company).first()
    context = {"account": found, "company": company, "trouble": trouble, "form": form}
    status = 422 if trouble or form.errors else 200
    return render(request, "access/delivery.html", context, status=status)
