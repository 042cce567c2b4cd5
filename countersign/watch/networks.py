"""The network that an address belongs to, as coarse as a household or an office keeps it."""

import ipaddress

PREFIX = {4: 24, 6: 48}  # what a provider hands to one customer at most; no table of countries is asked


def block(address):
    """"203.0.113.7" → "203.0.113.0/24", "2001:db8:1:2::3" → "2001:db8:1::/48"; "" for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((int(found), PREFIX[found.version]), strict=False))
