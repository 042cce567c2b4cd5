"""Support switches a company's admin site on and off. It sees that there is one, and nothing of what is in it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from countersign.audit import record
from countersign.console import actions, forms
from countersign.console.views import listing_page, put
from countersign.instances.models import Instance
from countersign.people.gate import allows
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_LISTINGS)
@require_POST
def site(request, id):
    one = get_object_or_404(Instance, id=id)
    form = forms.SiteForm(request.POST)
    if form.is_valid():
        try:
            begun = actions.begin_site(one, label=form.cleaned_data["label"], by=request.actor)
        except ValidationError as error:
            put(error, form)
        else:
            messages.success(request, f"The admin site of {one} is on, at {begun.label}.")
            return redirect("console-listing", id=one.id)
    return listing_page(request, one, site_form=form)


@allows(Permission.MANAGE_LISTINGS)
@require_POST
def site_ending(request, id):
    one = get_object_or_404(Instance, id=id)
    if actions.end_site(one, by=request.actor):
        messages.success(request, f"The admin site of {one} is off.")
    else:
        messages.info(request, f"The admin site of {one} was off already.")
        record.write(request.actor, "admin-site.ended", object=one, result=record.REFUSED, reason="it was off already")
    return redirect("console-listing", id=one.id)
