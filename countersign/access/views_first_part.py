"""Where a company's key ring gives the first part of a sign-in, and where the person's browser brings the ticket."""

from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from countersign.access import first_parts, stages, support_entry
from countersign.audit import record
from countersign.identity import parties
from countersign.identity.federation import FederationError
from countersign.instances.models import Instance, InstanceKind
from countersign.people.gate import public

PURPOSES = ("check", "enter")
SUPPORT = "support"  # no key of a ring, but what the instance approved


@csrf_exempt
@public
@require_http_methods(["GET", "POST"])
def first_part(request):
    """POST: a company proves who it is and that the key is right. GET: the browser of the person it named."""
    return _asked(request) if request.method == "POST" else _brought(request)


def _asked(request):
    if request.POST.get("purpose") == SUPPORT:
        return _of_support(request)
    try:
        company = parties.proved(request.POST)
        asked = first_parts.read(company, request.POST, address=request.address)
    except FederationError:
        return JsonResponse({"error": "invalid_client"}, status=401)
    purpose = request.POST.get("purpose")
    if purpose not in PURPOSES:
        return JsonResponse({"error": "invalid_request"}, status=400)
    if not first_parts.is_listed(company):
        record.write(
            asked.actor, "sign-in.first-part.refused", object=asked.user_id, result=record.REFUSED,
            reason=f"{company} is not a listed billing company",
        )
        return JsonResponse({"error": "not listed"}, status=403)
    try:
        if purpose == "check":
            first_parts.checked(asked)
            return JsonResponse({})
        return JsonResponse({"ticket": first_parts.give(asked), "expires_in": settings.TICKET_SECONDS})
    except first_parts.Refused as refusal:
        return JsonResponse({"error": str(refusal), "because": refusal.because}, status=422)


def _of_support(request):
    """Support proves who it is, and that exactly this was approved for this person."""
    try:
        sender = parties.proved(request.POST)
        mark, actor = support_entry.read(sender, request.POST, address=request.address)
    except FederationError:
        return JsonResponse({"error": "invalid_client"}, status=401)
    try:
        return JsonResponse({"ticket": support_entry.give(sender, mark, actor)})
    except support_entry.Refused as refusal:
        # Whoever is not Support learns nothing of what was asked here.
        because = str(refusal) if sender.kind == InstanceKind.SUPPORT else ""
        return JsonResponse({"error": "refused", "because": because}, status=422)


def _brought(request):
    """Whatever is wrong with the ticket, the person reads one sentence."""
    ticket = first_parts.find(request.GET.get("ticket", ""))
    if ticket is None:
        return stages.refused(request, "there is no such ticket")
    try:
        return first_parts.bring(request, ticket)
    except stages.Refused as refusal:
        company = Instance.objects.filter(id=ticket.company_id).first()
        return stages.refused(request, str(refusal), key=ticket.key, company=company)
