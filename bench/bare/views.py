"""The client list as a Django programmer would write it on the first day, with the same template and the same rows."""

from types import SimpleNamespace

from django.contrib.auth.decorators import login_required
from django.db.models import FilteredRelation, Q
from django.shortcuts import render

from bench.bare.models import Client

LINKS = [
    ("Clients", "/clients/", "users"), ("Visits", "/visits/", "door-enter"),
    ("User Audit", "/reports/user-audit/", "list-search"), ("General Log", "/reports/general-log/", "file-text"),
]
MENU = [("Users", "/settings/users/", "users"), ("Permission groups", "/settings/groups/", "key"),
        ("Your profile", "/profile/", "user")]


def shell(request):
    def links(entries):
        return [
            {"label": label, "url": url, "icon": icon, "current": request.path.startswith(url)}
            for label, url, icon in entries
        ]

    return {
        "instance": SimpleNamespace(name="Practice 0"),
        "user": SimpleNamespace(name=request.user.get_username()),  # reads session and user, as any page would
        "nav": [{"heading": None, "links": links(LINKS[:1])}, {"heading": "Practice", "links": links(LINKS[1:])}],
        "settings_menu": links(MENU),
        "visit": None,
    }


@login_required
def clients(request):
    first = FilteredRelation("coverages", condition=Q(coverages__rank=1, coverages__ends_on__isnull=True))
    found = Client.objects.filter(status="active")
    rows = list(
        found.alias(first=first).order_by("filed_as", "id").values_list(
            "id", "last_name", "first_name", "number", "born_on", "first__payer__name", "clinician__last_name", "status"
        )[:21]
    )
    shown = [
        (id, f"{last}, {given}", number, f"{born:%m/%d/%Y}", payer or "", clinician or "", status == "active")
        for id, last, given, number, born, payer, clinician, status in rows[:20]
    ]
    return render(request, "clients/clients.html", {
        "rows": shown, "total": found.count(), "asked": SimpleNamespace(q="", everyone=False),
        "page": {"next_url": f"/clients/?after={rows[19][0]}", "first_url": None},
        "may_add": True, "may_export": True,
    })
