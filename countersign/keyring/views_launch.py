"""Each person's launch pad: what they may enter now, in one click."""

from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from countersign.instances import hosts, listings, sites
from countersign.keyring import asking, entering, lists
from countersign.keyring.models import Key
from countersign.people.gate import signed_in


@signed_in(reads="launch-pad.opened")
@require_safe
def launch_pad(request):
    return _page(request)


@signed_in(calls=True)
@require_POST
def entry(request, id):
    """*Enter*: on to the practice with a ticket, or back here with why not."""
    key = get_object_or_404(Key, id=id)
    try:
        return HttpResponseRedirect(entering.begin(request, key))
    except asking.Refused as refusal:
        return _page(request, refused=key, because=" ".join(refusal.messages))


def _page(request, *, refused=None, because=""):
    keys, entered = lists.launch_pad(request.user)
    site = sites.of(request.instance) if listings.is_listed(request.instance.id) else None
    context = {
        "keys": keys, "entries": entered, "refused": refused, "because": because,
        "site_root": site and hosts.site_root(site),
    }
    return render(request, "keyring/launch_pad.html", context, status=422 if refused else 200)
