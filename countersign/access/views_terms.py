"""Settings > Third-party access: each company at a glance, what is agreed with it, and the one button that shuts it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.access import asking, cards, evidence, history, reviews, standing, support, terms, waiting
from countersign.access.forms import EndForm, RequirementForm, ReviewForm
from countersign.access.models import AccessReview, Suspension
from countersign.access.models_winding import Certificate, WindingDown
from countersign.audit import record
from countersign.people.gate import allows
from countersign.people.models import User, UserType
from countersign.people.permissions import Permission

HOME = "/settings/third-party/"
LONGEST_REASON = 150
NO_REASON = "no reason was given"


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="third-party.listed")
@require_safe
def third_party(request):
    found = cards.cards()
    context = {
        "cards": [card for card in found if not card.is_over], "over": [card for card in found if card.is_over],
        "needs_agreement": standing.needs_agreement(), "longest": LONGEST_REASON, "asked": asking.waiting(),
        "waiting": support.waiting(), "live": support.live().select_related("request"),
        "may_require": Permission.MANAGE_ACCOUNT in request.permissions,
    }
    return render(request, "access/third_party.html", context)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="third-party.opened")
@require_safe
def company(request, id):
    """All that is, and was, between the practice and one company."""
    found = company_or_404(id)
    request.reads.update(object=record.Named(found.id, found.name))
    return company_page(request, found)


def company_page(request, found, *, trouble=None):
    (card,) = [card for card in cards.cards(found.id) if card.id == found.id]
    keys = list(history.keys(found.id))
    context = {
        "card": card, "agreements": history.agreements(found.id), "people": history.people(found.id),
        "changes": history.permissions_over_time(keys), "decisions": history.decisions(found.id, keys),
        "today": timezone.localdate(), "trouble": trouble, "longest": LONGEST_REASON,
        "grants": asking.live_grants(found.id), "requests": asking.of_company(found.id),
        "winding": WindingDown.objects.filter(company_id=found.id, ending=None).first(),
        "is_told": waiting.is_told(found.id), "certificates": Certificate.objects.filter(company_id=found.id),
        "sees_log": Permission.VIEW_GENERAL_LOG in request.permissions, "needs_agreement": standing.needs_agreement(),
    }
    return render(request, "access/company.html", context, status=422 if trouble else 200)


def company_or_404(id):
    found = cards.company(id)
    if found is None:
        raise Http404
    return found


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def suspensions(request, id):
    """*Suspend now*. It may be urgent, so no reason, however it was typed or left out, ever stands in its way."""
    found = company_or_404(id)
    key = None
    if request.POST.get("key"):
        key = _keys(found).filter(user_id=one_line(request.POST["key"])[:64]).first()
        if key is None:
            raise Http404
    reason = one_line(request.POST.get("reason", ""))[:LONGEST_REASON] or NO_REASON
    try:
        made = terms.suspend(found, key=key, by=request.actor, reason=reason)
    except ValidationError as error:
        return company_page(request, found, trouble=error.messages)
    messages.success(request, f"{made} is suspended. Whoever was in is out, and the company is told.")
    return redirect(f"{HOME}{found.id}/")


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def lifting(request, id):
    """*Lift the suspension*."""
    one = get_object_or_404(Suspension, id=id)
    reason = one_line(request.POST.get("reason", ""))[:LONGEST_REASON] or NO_REASON
    try:
        terms.lift(one, by=request.actor, reason=reason, grantable=request.permissions)
    except ValidationError as error:
        return company_page(request, company_or_404(one.company_id), trouble=error.messages)
    messages.success(request, f"The suspension of {one} was lifted, and the company is told.")
    return redirect(f"{HOME}{one.company_id}/")


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def waiting_work(request, id):
    """Whether the company is told how many services wait for it."""
    found = company_or_404(id)
    told = request.POST.get("told") == "yes"
    try:
        terms.tell_of_work(found, told, by=request.actor)
    except ValidationError as error:
        return company_page(request, found, trouble=error.messages)
    messages.success(request, f"{found.name} is {'told' if told else 'not told any more'} how many services wait.")
    return redirect(f"{HOME}{found.id}/")


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_http_methods(["GET", "POST"])
def key_end(request, id):
    """Until when a Billing user opens anything."""
    key = get_object_or_404(User.objects.kept(), id=id, type=UserType.BILLING)
    request.reads.update(object=key, action="user.opened")
    form = EndForm(request.POST or None, key=key)
    if request.method == "POST" and form.is_valid():
        try:
            terms.set_end(key, by=request.actor, grantable=request.permissions, **form.cleaned_data)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"{key.user_id} ends on {form.cleaned_data['last_on']:%m/%d/%Y}.")
            return redirect(f"{HOME}{key.billing_company}/")
    context = {"key": key, "form": form, "last_on": standing.last_on(key), "back": f"{HOME}{key.billing_company}/"}
    return render(request, "access/key_end.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_http_methods(["GET", "POST"])
def review(request, id):
    """Who used a Billing user and which permissions nobody needed; then keep it, take something away, or end it."""
    key = get_object_or_404(User.objects.kept(), id=id, type=UserType.BILLING)
    request.reads.update(object=key, action="access.review.opened")
    seen = evidence.of(key)
    form = ReviewForm(request.POST or None, seen=seen)
    if request.method == "POST" and form.is_valid():
        try:
            reviews.sign_off(key, by=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"The review of {key.user_id} is signed off.")
            return redirect(f"{HOME}{key.billing_company}/")
    context = {
        "key": key, "form": form, "seen": seen, "due_on": evidence.due_on(key), "today": timezone.localdate(),
        "back": f"{HOME}{key.billing_company}/", "earlier": AccessReview.objects.filter(key=key),
        "company": cards.company(key.billing_company) or "Company",
    }
    return render(request, "access/review.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_ACCOUNT)
@require_http_methods(["GET", "POST"])
def requirement(request):
    """Whether a Billing user needs an agreement in force."""
    needed = standing.needs_agreement()
    form = RequirementForm(request.POST or None, initial={"agreement": "yes" if needed else "no"})
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["agreement"] == "yes"
        try:
            terms.require_agreement(wanted, by=request.actor, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error("agreement", error)
        else:
            messages.success(request, "It counts from the next request.")
            return redirect(HOME if Permission.MANAGE_THIRD_PARTY_ACCESS in request.permissions else "/")
    without = [card for card in cards.cards() if not card.is_over and card.agreement is None]
    context = {"form": form, "without": without}
    return render(request, "access/requirement.html", context, status=422 if form.errors else 200)


def one_line(text):
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _keys(found):
    return User.objects.filter(type=UserType.BILLING, billing_company=found.id)
