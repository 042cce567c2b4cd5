"""What everybody sees of themselves: profile, password, open sessions and what they did."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.audit.actions import sentence
from countersign.audit.models import Event
from countersign.instances import hosts
from countersign.people import accounts
from countersign.people.forms_password import OwnPasswordForm
from countersign.people.gate import signed_in

PAGE = 20


@signed_in(reads="profile.opened")
@require_safe
def profile(request):
    found = request.user.sessions.open().order_by("-seen_at")
    return render(request, "people/profile.html", {"open_sessions": found})


@signed_in(while_forced=True)
@require_http_methods(["GET", "POST"])
def own_password(request):
    """Ends the other sessions and keeps this one. Whoever was asked for a new password gets no further before it."""
    form = OwnPasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["password"] == form.cleaned_data["current"]:
                raise ValidationError({"password": "This is the password you have. Choose another."})
            accounts.set_password(
                request.user, password=form.cleaned_data["password"], by=request.actor, action="password.changed",
                keep=request.session,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "Your password was changed. You were signed out everywhere else.")
            return redirect("/profile/")
    return render(request, "people/own_password.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_POST
def own_sessions_ending(request):
    count = accounts.sign_out_everywhere(request.user, by=request.actor, keep=request.session)
    messages.success(request, f"Signed out elsewhere: {count} {'session' if count == 1 else 'sessions'} ended.")
    return redirect("/profile/")


@signed_in(reads="own-activity.opened")
@require_safe
def my_activity(request):
    """The person's own events in this instance, newest first."""
    after = request.GET.get("after", "")
    found = Event.objects.filter(iss=hosts.root(request.instance), sub=str(request.user.id)).order_by("-seq")
    if after.isascii() and after.isdigit() and len(after) < 19:
        found = found.filter(seq__lt=int(after))
    rows = list(found[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    page = {
        "size": PAGE,
        "next_url": f"?after={rows[-1].seq}" if more else "",
        "first_url": request.path if after else "",
    }
    context = {"rows": [(event, sentence(event)) for event in rows], "page": page}
    return render(request, "people/my_activity.html", context)
