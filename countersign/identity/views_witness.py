"""Other instances bring their checkpoints here, get ours, and ask what is held of them. Each proves who it is first."""

from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from countersign.audit import witness
from countersign.identity import parties, witnesses
from countersign.identity.federation import FederationError
from countersign.people.gate import public


def _authenticated(view):
    """The view with the party that the request proves to be from (RFC 7523); refused otherwise."""
    def authenticated(request):
        try:
            party = parties.authenticated(request.POST)
        except parties.NotServed:
            return JsonResponse({"error": "unauthorized_client"}, status=403)
        except FederationError:
            return JsonResponse({"error": "invalid_client"}, status=401)
        return view(request, party)

    return authenticated


@csrf_exempt
@public
@require_POST
@_authenticated
def exchange(request, party):
    """Hold the party's checkpoint and give it ours: 409 says with which size its proof must begin, 422 that its record
    does not continue what is held here."""
    old, held = _number(request.POST.get("old")), _number(request.POST.get("held"))
    if old is None or held is None:
        return JsonResponse({"error": "invalid_request"}, status=400)
    try:
        line, key = witnesses.keep(request.POST, party=party.client_id, name=party.name, old=old)
    except witness.Behind as behind:
        return JsonResponse({"error": "another_size", "size": behind.size}, status=409)
    except witness.Contradicts:
        return JsonResponse({"error": "contradiction", **witnesses.ours(held=held)}, status=422)
    except FederationError as error:
        return JsonResponse({"error": "invalid_request", "error_description": str(error)}, status=400)
    return JsonResponse({"line": line, "line_key": key, **witnesses.ours(held=held)})


@csrf_exempt
@public
@require_POST
@_authenticated
def held(request, party):
    """What is held here of the party's own record, newest first."""
    before = request.POST.get("before")
    number = _number(before) if before else None
    if before and number is None:
        return JsonResponse({"error": "invalid_request"}, status=400)
    return JsonResponse(witnesses.held_of(party.client_id, before=number))


def _number(text):
    """A whole number that a database can hold, or None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None
