"""Where a callback may come from."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Whether the address lies in one of these networks. An address that is none lies nowhere."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in ip_network(each.strip()) for each in networks)
