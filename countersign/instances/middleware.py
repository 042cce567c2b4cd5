"""The first steps of every request: headers for all, then host name → instance → bind → unbind."""

import ipaddress
import zoneinfo

from django.conf import settings
from django.db import DatabaseError
from django.shortcuts import render
from django.utils import timezone

from countersign.instances import binding, hosts, schema
from countersign.instances.models import InstanceKind, InstanceState
from countersign.instances.rewound import Rewound
from countersign.instances.undecided import Undecided

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action {form_action}"
)


def security_headers(get_response):
    """What every answer carries, static files and refusals included."""
    # A sign-in crosses from host to host by redirected forms, which Chromium checks against form-action too.
    siblings = f"'self' {settings.SCHEME}://*.{settings.BASE_HOST}"
    fixed = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY.format(form_action=siblings),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.TLS:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    def middleware(request):
        response = get_response(request)
        for header, value in fixed.items():
            response.headers.setdefault(header, value)
        # Whatever an instance shows is for one person: no cache keeps it, and Back after leaving shows nothing.
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def bind_host(get_response):
    def middleware(request):
        if settings.TLS:
            # The proxy ends TLS and speaks plain HTTP to us; what the browser says of its origin begins with https.
            request.META["wsgi.url_scheme"] = "https"
        request.address = client_address(request)
        try:
            slug = hosts.split(request.get_host())  # raises DisallowedHost (400) for any name not of ours
            request.instance, request.site = _found(request.get_host()) if slug else (None, None)
        except DatabaseError as error:
            return unavailable(request, error)
        if slug == "":
            request.urlconf = settings.BARE_URLCONF
            return get_response(request)
        if request.instance is None:
            return _error(request, 404, "There is nothing here", "Check the address you were given.")
        return _inside(request, get_response)

    return middleware


def _found(host):
    """(instance, admin site) that a host name belongs to. Only where no instance has it are the sites asked for it."""
    instance = hosts.find(host)
    site = None if instance else hosts.find_site(host)
    return (site.instance, site) if site else (instance, None)


def _inside(request, get_response):
    instance = request.instance
    if instance.state != InstanceState.ACTIVE:
        return _error(request, 503, "This system is closed at the moment", "Ask Support when it opens again.")
    if instance.schema != schema.fingerprint():
        return _error(request, 503, "This system is being upgraded", "Try again in a few minutes.")
    if instance.kind == InstanceKind.SUPPORT:
        request.urlconf = settings.CONSOLE_URLCONF
    if request.site:
        request.urlconf = settings.CUSTOMERS_URLCONF
    try:
        with binding.bind(instance), timezone.override(zoneinfo.ZoneInfo(instance.time_zone)):
            return get_response(request)
    except Rewound:
        return _error(
            request, 503, "This system was restored from an older copy", "Support must restart its record first."
        )
    except DatabaseError as error:
        return unavailable(request, error)


def client_address(request):
    """The client's IP address. X-Forwarded-For counts only from a trusted proxy, and only its last untrusted entry."""
    address = request.META.get("REMOTE_ADDR", "")
    if not _trusted(address):
        return address
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if hop.strip() and not _trusted(hop.strip()):
            return hop.strip()[:45]
    return address


def _trusted(address):
    try:
        return any(ipaddress.ip_address(address) in network for network in settings.TRUSTED_PROXIES)
    except ValueError:
        return False


def unavailable(request, error):
    """Fail closed: what cannot be recorded does not happen. What may have happened is said to be unknown, and nobody is
    told when to send it again."""
    take_back(request)
    if isinstance(error, Undecided):
        return _error(
            request, 503, "Nobody can say whether this was done",
            "The database was lost at the moment of saving. It was saved as a whole or not at all: look before you "
            "send it again.",
        )
    response = _error(
        request, 503, "This cannot be done right now", "Nothing was changed. Wait a moment and try again."
    )
    response["Retry-After"] = "5"
    return response


def take_back(request):
    """Forget what a view that failed had prepared for the browser: "was saved" would be shown with the next page, and
    a new token would make a strange one of the form that is to be sent again."""
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)
    if hasattr(request, "_messages"):
        del request._messages


def _error(request, status, title, message):
    return render(None, "ui/error.html", {"status": status, "title": title, "message": message}, status=status)


