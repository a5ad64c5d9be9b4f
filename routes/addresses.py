"""The client addresses by which requests without a session are limited."""

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection


def network(connection: HTTPConnection) -> str:
    """The client's address; behind a trusted proxy the one it forwards. Of an IPv6 address the /64,
    all of which one customer has; empty where it is not known."""
    return whole_network(connection.client.host) if connection.client else ""


def whole_network(host: str) -> str:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((int(address), 64), strict=False))
    return str(address)
