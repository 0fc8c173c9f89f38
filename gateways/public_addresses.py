"""Which network addresses lie outside: what a notice's target must be.

A name that somebody typed may stand for this machine, the hospital's own network or a cloud's
metadata service. Only an address that the whole internet routes is called.
"""

import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What Python's tables, which differ by release, may call global: a cloud's own host, protocol
# assignments, local NAT64, IPv4-compatible and not yet assigned addresses.
_NOT_OUTSIDE = tuple(
    map(
        ipaddress.ip_network,
        ("168.63.129.16/32", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24",
         "::/96", "64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16"),
    )
)  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """False for anything private, local, shared, reserved, or that wraps such an address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:  # a scoped address such as fe80::1%eth0, or no address at all
        return False
    return all(_routed(one) for one in _wrapped(address))


def _routed(address: Address) -> bool:
    local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    special = address.is_multicast or local or any(address in net for net in _NOT_OUTSIDE)
    return address.is_global and not special


def _wrapped(address: Address) -> Iterator[Address]:
    """The address, or those IPv4 ones that a network on the way makes of it."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped is not None:  # ::ffff:10.0.0.1 reaches 10.0.0.1
        yield address.ipv4_mapped
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
