"""The admin site: every customer that one may enter, in one list; and for managers who may enter which."""

from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from countersign.customers import actions, lists
from countersign.keyring import asking, entering
from countersign.keyring.models import Key
from countersign.people.gate import allows, signed_in
from countersign.people.permissions import Permission


@signed_in(reads="home.opened")
@require_safe
def home(request):
    return redirect("/customers/")


@signed_in
@require_safe
def customers(request):
    q = lists.words_of(request.GET.get("q", ""))
    request.reads.update(_read(q, "customers.listed", "customers.searched"))
    return _page(request, q)


@signed_in(calls=True)
@require_POST
def entry(request, id):
    """*Enter*: on to the practice with a ticket, or back here with why not."""
    key = get_object_or_404(Key.objects.defer("sealed"), id=id)
    try:
        return HttpResponseRedirect(entering.begin(request, key))
    except asking.Refused as refusal:
        return _page(request, _q(request), title=f"You could not enter {key.practice}",
                     because=" ".join(refusal.messages))


@signed_in
@require_POST
def favorite(request, id):
    """favorite: "on" or "off". It says nothing about who may enter."""
    key, wanted = get_object_or_404(Key.objects.live(), id=id), request.POST.get("favorite", "")
    if wanted not in ("on", "off"):
        return _page(request, _q(request), title="Nothing was changed", because="Mark a customer with its star.")
    (actions.mark if wanted == "on" else actions.unmark)(key, user=request.user, by=request.actor)
    q = _q(request)
    return HttpResponseRedirect("/customers/" + (f"?{urlencode({'q': q})}" if q else ""))


@allows(Permission.MANAGE_KEY_RING, reads="assignments.opened")
@require_safe
def people(request):
    q, by_customer = lists.words_of(request.GET.get("q", "")), request.GET.get("by") == "customer"
    request.reads.update(_read(q, "assignments.opened", "assignments.opened"))
    context = {"q": q, "by_customer": by_customer, "lines": lists.people(q=q, by_customer=by_customer)}
    return render(request, "customers/people.html", context)


def _q(request):
    """What was searched for on the page that the button stood on."""
    return lists.words_of(request.POST.get("q", ""))


def _read(q, listed, searched):
    return {"action": searched, "changes": {"searched for": q}} if q else {"action": listed}


def _page(request, q, *, title="", because=""):
    manages = Permission.MANAGE_KEY_RING in request.permissions
    rows, total = lists.customers(request.user, manages=manages, q=q)
    context = {"q": q, "rows": rows, "total": total, "manages": manages, "title": title, "because": because}
    return render(request, "customers/customers.html", context, status=422 if because else 200)
