"""Settings > Training: who is trained, the company's own courses and its rules."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from countersign.audit.record import Named
from countersign.people.choices import version
from countersign.people.gate import allows
from countersign.people.models import User
from countersign.people.permissions import Permission
from countersign.training import actions, courses, records
from countersign.training.forms import EXAMPLE, CourseForm, RuleForm
from countersign.training.models import Attempt, Course, Edition, Rule

MEANWHILE = "Somebody changed this meanwhile. What you typed is still here: see what is stored now, then save."


@allows(Permission.MANAGE_TRAINING, reads="training.listed")
@require_safe
def people(request):
    """Everybody active × every course in use: overdue and due first."""
    rule = Rule.current()
    own = courses.own()
    context = {
        "rule": rule, "rows": records.table(rule), "courses": courses.in_use(rule), "own": own,
        "built_in": courses.built_in(rule), "rules": actions.rules_described(rule).items(),
    }
    return render(request, "training/people.html", context)


@allows(Permission.MANAGE_TRAINING, reads="training.opened")
@require_safe
def person(request, id):
    """What one person answered, all of it, also when they have left."""
    found = get_object_or_404(User.objects.persons(), id=id)
    request.reads.update(object=found)
    attempts = Attempt.objects.filter(user=found)[:200]
    context = {"found": found, "standings": records.of([found])[found.id], "attempts": attempts}
    return render(request, "training/person.html", context)


@allows(Permission.MANAGE_TRAINING, reads="training-rules.opened")
@require_http_methods(["GET", "POST"])
def rules(request):
    rows = Rule.objects.select_for_update() if request.method == "POST" else Rule.objects
    stored = rows.first() or Rule()
    described = actions.rules_described(stored)
    fields = ("required", "months", "built_in_at_once")
    form = RuleForm(_sent(request), initial={name: getattr(stored, name) for name in fields})
    meanwhile = request.method == "POST" and request.POST.get("version") != version(described)
    if meanwhile:
        form.add_error(None, MEANWHILE)
    elif request.method == "POST" and form.is_valid():
        actions.set_rules(stored, by=request.actor, **form.cleaned_data)
        messages.success(request, "The rules of training were saved. They count from now on.")
        return redirect("/settings/training/")
    lacking = [user for user, standings in records.table(stored) if any(one.lacking for one in standings)]
    context = {
        "form": form, "version": version(described), "stored": described.items() if meanwhile else None,
        "lacking": lacking, "set": stored,
    }
    return render(request, "training/rules.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_TRAINING)
@require_http_methods(["GET", "POST"])
def new_course(request):
    form = CourseForm(_sent(request), taken=_titles())
    if request.method == "POST" and form.is_valid():
        edition = actions.write(by=request.actor, **form.cleaned_data)
        messages.success(request, f"The course “{edition}” was written.")
        return redirect("/settings/training/")
    return render(request, "training/write.html", {"form": form, "example": EXAMPLE}, status=_status(form))


@allows(Permission.MANAGE_TRAINING, reads="course.opened")
@require_http_methods(["GET", "POST"])
def own_course(request, id):
    """Change a course of the company's own: the next edition of it. The built-in ones cannot be changed."""
    rows = Course.objects.select_for_update() if request.method == "POST" else Course.objects
    newest = get_object_or_404(rows, id=id).editions.order_by("-number").first()
    if newest is None:
        raise Http404
    request.reads.update(object=Named(id, newest.title))
    initial = {name: getattr(newest, name) for name in actions.OF_AN_EDITION} | {"at_once": False}
    form = CourseForm(_sent(request), initial=initial, taken=_titles(without=id))
    stored = None
    if request.method == "POST" and request.POST.get("edition") != str(newest.number):
        form.add_error(None, MEANWHILE)
        stored = newest
    elif request.method == "POST" and form.is_valid():
        actions.change(newest, by=request.actor, **form.cleaned_data)
        messages.success(request, f"The course “{form.cleaned_data['title']}” was saved.")
        return redirect("/settings/training/")
    context = {
        "form": form, "edition": newest, "stored": stored, "example": EXAMPLE,
        "earlier": Edition.objects.filter(course_id=id).order_by("-number").defer("text", "questions"),
    }
    return render(request, "training/write.html", context, status=_status(form))


def _sent(request):
    """What was sent, even when it is nothing at all."""
    return request.POST if request.method == "POST" else None


def _status(form):
    return 422 if form.errors else 200


def _titles(*, without=None):
    rule = Rule.current()
    return [text.title for text in (*courses.built_in(rule), *courses.own()) if text.id != without]
