"""Network addresses as evidence keeps them: enough to see that two differ, not who it was."""

import ipaddress


def masked(address: str) -> str:
    """IPv4 without its last byte, IPv6 without its last 80 bits; empty when it is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False).network_address)
