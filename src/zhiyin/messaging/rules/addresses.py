"""Which network addresses a message may go to: the public ones, unless the operator named the host."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import inet_aton

_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether this IP address is out in the world, looking through the ways to write one address inside another."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in _unwrapped(ip))


def is_inside(host: str) -> bool:
    """Whether a host, as it is written, can only be inside: a private address in any spelling, or this machine.

    What another name leads to shows only when it is looked up, and is checked then.
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _literal(name)
    return address is not None and not is_public(str(address))


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(inet_aton(host))  # 127.1, 0x7f000001, 2130706433: as a resolver reads them
    except (OSError, ValueError):
        return None


def _unwrapped(ip: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(ip, IPv4Address):
        return [ip]
    if ip.ipv4_mapped:
        return [ip.ipv4_mapped]
    inner: list[IPv4Address | IPv6Address] = [ip] if ip not in _NAT64 else [IPv4Address(int(ip) & 0xFFFFFFFF)]
    if ip.sixtofour:
        inner.append(ip.sixtofour)
    if ip.teredo:
        inner.extend(ip.teredo)
    return inner
