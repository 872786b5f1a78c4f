"""HTTP to an address that was looked at: resolved once, checked, and connected to as resolved (RELIABILITY R31).

A name that resolves to any address inside the own network is refused unless the operator allowed the host. The socket
goes to the checked address while ``Host`` and the TLS handshake keep the name, so that a name that answers differently
the second time gains nothing. Redirects are not followed, proxies from the environment not used, and a whole exchange
has one deadline: a gateway that drips its answer byte by byte holds nobody up.

Built on httpcore, the engine inside httpx, because the place where a name becomes a socket is open only there.
"""

import socket
import ssl
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpcore

from zhiyin.messaging.rules.addresses import is_public
from zhiyin.messaging.rules.answers import Broken

ANSWER_LENGTH = 64 * 1024  # bytes; a gateway's answer is a line of JSON
KEPT_OPEN = timedelta(seconds=2)  # a connection idle for longer may be closed by the other side just as we write


class ConnectionBroke(Exception):
    """The connection broke; ``how`` says whether bytes can have left."""

    def __init__(self, how: Broken, detail: str = "") -> None:
        super().__init__(f"{how}: {detail}")
        self.how, self.detail = how, detail


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class PinnedClient:
    """One gateway's client, with its connection kept open from one request to the next. One thread at a time."""

    def __init__(self, *, timeout: timedelta, private_hosts: Collection[str] = ()) -> None:
        self._sockets = _CheckedSockets(timeout, frozenset(private_hosts))
        self._pool = httpcore.ConnectionPool(
            # The machine's own store of authorities, as for mail: a company's gateway may have a company's certificate.
            ssl_context=ssl.create_default_context(),
            max_connections=1,
            keepalive_expiry=KEPT_OPEN.total_seconds(),
            network_backend=self._sockets,
        )

    def request(self, method: str, url: str, *, headers: Mapping[str, str], content: bytes) -> Answer:
        """Send one request. Raises ConnectionBroke for whatever is not a complete answer."""
        self._sockets.start_the_clock()
        try:
            with self._pool.stream(method, url, headers=list(headers.items()), content=content) as response:
                fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Answer(response.status, fields, _body(response.iter_stream()))
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.UnsupportedProtocol) as fault:
            raise ConnectionBroke(Broken.NOT_CONNECTED, type(fault).__name__) from fault
        except (httpcore.ReadTimeout, httpcore.WriteTimeout) as fault:
            raise ConnectionBroke(Broken.WAITING, type(fault).__name__) from fault
        except (httpcore.NetworkError, httpcore.ProtocolError) as fault:
            raise ConnectionBroke(Broken.READING, type(fault).__name__) from fault

    def close(self) -> None:
        self._pool.close()


def checked_address(host: str, port: int, *, private_hosts: Collection[str] = ()) -> str:
    """The IP address to connect to. Raises ConnectionBroke when the name has none, or one that is not allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as fault:
        raise ConnectionBroke(Broken.NO_SUCH_HOST, type(fault).__name__) from fault
    addresses = [str(entry[4][0]) for entry in found]
    if host.lower() not in private_hosts and not all(is_public(address) for address in addresses):
        raise ConnectionBroke(Broken.ADDRESS_NOT_ALLOWED, host)
    return addresses[0]


def _body(chunks: Iterable[bytes]) -> bytes:
    """The body as it came over the wire, undecoded: a small answer must not unfold into a large one."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > ANSWER_LENGTH:
            raise ConnectionBroke(Broken.TOO_LONG)
    return bytes(body)


class _CheckedSockets(httpcore.NetworkBackend):
    """Where names become sockets: looked up, checked, pinned, and all of it before the deadline."""

    def __init__(self, timeout: timedelta, private_hosts: frozenset[str]) -> None:
        self._timeout, self._private_hosts = timeout.total_seconds(), private_hosts
        self._plain = httpcore.SyncBackend()
        self._ends = 0.0

    def start_the_clock(self) -> None:
        self._ends = time.monotonic() + self._timeout

    def left(self, late: type[httpcore.TimeoutException]) -> float:
        """Seconds until the deadline. Raises ``late`` when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise late
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = checked_address(host, port, private_hosts=self._private_hosts)
        left = self.left(httpcore.ConnectTimeout)
        return _Stream(self._plain.connect_tcp(address, port, left, local_address, socket_options), self)


class _Stream(httpcore.NetworkStream):
    """A socket whose every wait ends with the exchange's deadline."""

    def __init__(self, inner: httpcore.NetworkStream, sockets: _CheckedSockets) -> None:
        self._inner, self._sockets = inner, sockets

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._sockets.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._sockets.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._sockets.left(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._sockets)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
