"""The listing of a billing company, as the company itself sees it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from countersign.console import applying, catalogue
from countersign.console.forms_applying import ApplicationForm
from countersign.console.views import TONES
from countersign.people.gate import allows
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_ACCOUNT, reads="listing.opened")
@require_http_methods(["GET", "POST"])
def listing(request):
    """Whether practices can choose this company, since when and why; and the application."""
    form = ApplicationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            applying.apply(by=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "The application is on its way to Support.")
            return redirect(request.path)
    found = catalogue.listing_of(request.instance)
    context = {
        "form": form, "listing": found, "tone": found and TONES[found.state],
        "changes": found.changes.all() if found else [], "on_its_way": applying.is_on_its_way(),
        "may_apply": applying.may_apply(request.instance),
    }
    return render(request, "console/application.html", context, status=422 if form.errors else 200)
