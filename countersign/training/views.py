"""*Training*: what a person has passed and must pass, and a course with its check. It belongs to everybody."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from countersign.audit.record import Named
from countersign.people.gate import signed_in
from countersign.training import actions, courses, records
from countersign.training.forms import CheckForm
from countersign.training.models import Attempt, Rule

MEANWHILE = "This course was changed meanwhile. Read it as it is now, then answer again."


@signed_in(reads="training.opened")
@require_safe
def own_training(request):
    rule = Rule.current()
    standings = sorted(records.of([request.user], rule)[request.user.id], key=lambda one: one.state)
    context = {
        "standings": standings, "rule": rule, "lacking": any(one.lacking for one in standings),
        "attempts": Attempt.objects.filter(user=request.user)[:50],
    }
    return render(request, "training/own.html", context)


@signed_in(reads="course.opened")
@require_http_methods(["GET", "POST"])
def course(request, id):
    """Read, then answer. Every answer that is complete is kept, right or wrong."""
    rule = Rule.current()
    found = courses.find(id, rule)
    if found is None:
        raise Http404
    request.reads.update(object=Named(found.id, found.title))
    if request.method == "GET":
        return _page(request, found, CheckForm(course=found), rule)
    form = CheckForm(request.POST, course=found)
    if request.POST.get("edition") != str(found.edition):
        form.add_error(None, MEANWHILE)
        return _page(request, found, form, rule)
    if not form.is_valid():
        return _page(request, found, form, rule)
    attempt = actions.take(request.user, found, chosen=form.chosen, by=request.actor)
    if not attempt.passed:
        return _page(request, found, form, rule, again=form.correct())
    messages.success(request, f"You passed “{found}”.")
    return redirect("/training/")


def _page(request, found, form, rule, *, again=()):
    (standing,) = [one for one in records.of([request.user], rule)[request.user.id] if one.course.id == found.id]
    places = found.places
    context = {
        "course": found, "form": form, "standing": standing,
        "again": [(words, places[words]) for words in again if words in places],
    }
    return render(request, "training/course.html", context, status=422 if form.errors else 200)
