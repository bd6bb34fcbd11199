"""What a connection may take of us before it has said anything: a moment, and one of so many places."""

import asyncio
import resource
from collections import Counter
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.web.limits import Held, TooMuchHeld
from shared.web.safe_headers import with_safe

MOST_CONNECTIONS = 4000
FILES_FOR_OURSELVES = 256
SLOWEST_HEAD, SLOWEST_READER = 10.0, 20.0
"""Seconds in which a request's head must have come, and in which whoever asked must have read on."""
MOST_UNPARSED = 32 * 2**20
"""Bytes that may wait unread in all connections together: one that brings more is cut."""
LINGER, MORE_LINGERING = 1.0, 100
"""Seconds for which a connection that was refused stays half open: closed at once, with bytes of it unread, it would be
reset, and the refusal lost. So many where all places are taken, and no more: each takes a file."""
_BUSY = [(b"retry-after", b"5"), (b"content-length", b"0"), (b"connection", b"close")]
BUSY = b"\r\n".join([b"HTTP/1.1 503 Service Unavailable", *(b": ".join(each) for each in with_safe(_BUSY)), b"", b""])


@cache
def most_connections() -> int:
    """How many may be open at once. Asks the system for as many files as it will give."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wished = MOST_CONNECTIONS + FILES_FOR_OURSELVES
    if soft < wished:
        soft = wished if hard == resource.RLIM_INFINITY else min(wished, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(MOST_CONNECTIONS, soft - FILES_FOR_OURSELVES), 1)


class Connection(H11Protocol):
    """A connection that is closed where nothing is asked on it, or nothing read.

    Uvicorn does so between two requests only.
    """

    _until: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _lingering: ClassVar[set["Connection"]] = set()
    most_of_an_address: ClassVar[int | None] = None
    by_address: ClassVar[Counter[str]]
    unparsed: ClassVar[Held]
    _address: str | None = None
    _kept = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request; where there are too many already, say so and end."""
        super().connection_made(transport)
        if len(self.connections) > most_connections() or self._is_one_too_many():
            self._refuse()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait on while a request's head is not whole."""
        if self in self._lingering:
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._wait_no_more()
        elif self._until is None and not self.transport.is_closing():
            self._wait()

    def handle_events(self) -> None:
        """Keep account of what has come and is not yet asked, such as requests behind one that is being answered."""
        super().handle_events()
        waiting = len(self.conn._receive_buffer)
        try:
            self.unparsed.take(waiting - self._kept)
        except TooMuchHeld:
            self.transport.abort()
        else:
            self._kept = waiting

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; Uvicorn's own answer is sent without the headers that each answer has."""
        text = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=with_safe(text), reason=b"Bad Request"),
            h11.Data(data=msg.encode("ascii")),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event))
        self.transport.close()

    def pause_writing(self) -> None:
        """Begin to wait for somebody who does not read what was asked for: it takes a place, and memory."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(SLOWEST_READER, self.transport.abort)

    def resume_writing(self) -> None:
        """Somebody reads on."""
        super().resume_writing()
        self._forget_reader()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clocks."""
        self._wait_no_more()
        self._forget_reader()
        self._lingering.discard(self)
        self._give_place()
        self.unparsed.give(self._kept)
        self._kept = 0
        super().connection_lost(exc)

    def _is_one_too_many(self) -> bool:
        """Whether its address has all its places; else it takes one."""
        if self.most_of_an_address is None or self.client is None:
            return False
        address = network_of(self.client[0])
        if self.by_address[address] >= self.most_of_an_address:
            return True
        self.by_address[address] += 1
        self._address = address
        return False

    def _give_place(self) -> None:
        if self._address is not None:
            self.by_address[self._address] -= 1
            if not self.by_address[self._address]:
                del self.by_address[self._address]
            self._address = None

    def _forget_reader(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse(self) -> None:
        self.transport.write(BUSY)
        if len(self.connections) > most_connections() + MORE_LINGERING or not self.transport.can_write_eof():
            self.transport.close()
            return
        self._lingering.add(self)
        self.transport.write_eof()
        self._until = self.loop.call_later(LINGER, self.transport.close)

    def _wait(self) -> None:
        self._until = self.loop.call_later(SLOWEST_HEAD, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None


def connections_of(most_of_an_address: int | None) -> type[Connection]:
    """Connections of one server, so many of each address."""
    own: dict[str, Any] = {
        "most_of_an_address": most_of_an_address,
        "by_address": Counter(),
        "unparsed": Held(MOST_UNPARSED),
    }
    return type("Connection", (Connection,), own)


def network_of(address: str) -> str:
    """Whose connections are counted as one's: of IPv6 a /64, which one subscriber has whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(ip_network(f"{parsed}/64", strict=False)) if parsed.scope_id is None else address
    return address
