"""For people who are not signed in yet: activate an account, or ask for a new password."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from countersign.audit import record
from countersign.audit.actors import unknown
from countersign.people import activations, sessions, signin
from countersign.people.forms_password import ActivationForm, ForgottenPasswordForm
from countersign.people.gate import public

REFUSED = "This did not work: the code is not right, or it has ended or was used. Check the mail, or ask for a new one."
ON_ITS_WAY = "If there is an active account with this User ID and an e-mail address, a mail is on its way to it."


@public
@require_http_methods(["GET", "POST"])
def activation(request, id):
    """One page and one answer, whether the link names an activation or not."""
    form = ActivationForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _activate(request, id, form):
        messages.success(request, "Your password is set. Sign in with it.")
        return redirect("/sign-in/")
    return render(request, "people/activation.html", {"form": form}, status=422 if form.errors else 200)


def _activate(request, id, form):
    with transaction.atomic():
        found, why = activations.check(id, code=form.cleaned_data["code"])
        if found is None:
            form.add_error(None, REFUSED)
            record.write(_somebody(request), "activation.refused", object=str(id), result=record.REFUSED, reason=why)
            return False
        try:
            activations.use(
                found, password=form.cleaned_data["password"], by=signin.named(request, found.user)
            )
        except ValidationError as error:
            form.add_error(None, error)
            record.write(
                signin.named(request, found.user), "activation.refused", object=found.user, result=record.REFUSED,
                reason="the password breaks a rule",
            )
            return False
    return True


@public
@require_http_methods(["GET", "POST"])
def forgotten_password(request):
    """The same answer whoever asks about whomever; the mail leaves after it."""
    form = ForgottenPasswordForm(request.POST or None)
    asked = request.method == "POST" and form.is_valid()
    if asked:
        activations.ask(form.cleaned_data["user_id"], by=_somebody(request))
    context = {"form": form, "said": ON_ITS_WAY if asked else ""}
    return render(request, "people/forgotten_password.html", context, status=422 if form.errors else 200)


def _somebody(request):
    return unknown(address=request.address, browser=sessions.browser(request))
