"""What every template may use: who is there, what they may do, and where they can go."""

from django.conf import settings
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.messages.storage.cookie import CookieStorage

from countersign.people.refusals import home_of


class Messages(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"

    def __init__(self, request, *args, **kwargs):
        if request.instance is None:  # the bare domain has nothing to say, and no secret to sign it with
            BaseStorage.__init__(self, request, *args, **kwargs)
            self._loaded_data = []
        else:
            super().__init__(request, *args, **kwargs)


def person(request):
    if getattr(request, "instance", None) is None:
        return {}
    return {
        "instance": request.instance,
        "user": request.user,
        "person": request.actor.person,
        "permissions": {str(permission) for permission in request.permissions},
        "visit": request.visit,
        "redisclosure": getattr(request, "redisclosure", ""),  # set by whoever shows such a client (clients/reach.py)
        "nav": navigation(request, settings.SITE_NAVIGATION if request.site else settings.NAVIGATION),
        "settings_menu": [] if request.site else links(request, settings.SETTINGS_MENU),
        "home": home_of(request),
    }


def navigation(request, sections):
    """[{heading, links}] with only what this person may open."""
    found = [{"heading": heading, "links": links(request, entries)} for heading, entries in sections]
    return [section for section in found if section["links"]]


def links(request, entries):
    """entries: (label, url, icon, needs, *kinds), as the settings describe them."""
    return [
        {"label": label, "url": url, "icon": icon, "current": request.path.startswith(url)}
        for label, url, icon, needs, *kinds in entries
        if (not kinds or request.instance.kind in kinds) and _may(request, needs)
    ]


def _may(request, needs):
    if request.session is None:
        return False
    if needs == "person":
        return request.session.individual is None
    if any(permission in request.permissions for permission in needs.split(" or ")):
        return True
    return needs == request.user.type and request.session.individual is None
