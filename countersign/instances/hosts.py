"""Host name → instance, and instance → the addresses it answers to."""

from django.conf import settings

from countersign.instances.models import AdminSite, Instance, ListingState
from countersign.instances.prepared import Prepared

_by_slug = Prepared(lambda slug: Instance.objects.using("control").filter(slug=slug), "?")
_site_by_label = Prepared(
    lambda label: AdminSite.objects.using("control").live().select_related("instance").filter(
        label=label, instance__listing__state=ListingState.LISTED
    ), "?",
)


def split(host):
    """The slug a host name asks for: "" for the bare domain, None when it is not under the base domain."""
    name = host.partition(":")[0].lower().rstrip(".")
    if name == settings.BASE_DOMAIN:
        return ""
    label, dot, rest = name.partition(".")
    return label if dot and rest == settings.BASE_DOMAIN else None


def find(host):
    """The instance that a host name belongs to, or None."""
    slug = split(host)
    return _by_slug.first(slug, using="control") if slug else None


def find_site(host):
    """The admin site (with its instance) that a host name belongs to, or None: also while its company is not listed."""
    label = split(host)
    return _site_by_label.first(label, using="control") if label else None


def of_slug(slug):
    """The instance of this slug, or None."""
    return _by_slug.first(slug, using="control")


def root(instance):
    """The instance's root address, which is also its issuer: "https://acme-billing.example.com" (no final slash)."""
    return f"{settings.SCHEME}://{instance.slug}.{settings.BASE_HOST}"


def site_root(site):
    """The root address of an admin site. It is no issuer: whoever is met there is of the company."""
    return f"{settings.SCHEME}://{site.label}.{settings.BASE_HOST}"


def hosted(issuer):
    """The instance whose root address is exactly this one, or None."""
    scheme, _, host = issuer.partition("://")
    if scheme != settings.SCHEME or not host.endswith(f".{settings.BASE_HOST}"):
        return None
    return _by_slug.first(host.removesuffix(f".{settings.BASE_HOST}"), using="control")


def origin(address):
    """Scheme, host and port of an address, as `root` writes them."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
