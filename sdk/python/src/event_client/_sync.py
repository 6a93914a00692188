"""Requests over sockets for threads: kept connections, and a deadline for everything."""
from __future__ import annotations

import os
import select
import socket
import ssl
import threading
import time
import weakref
from typing import Iterator, List, Optional, Set, TypeVar, Union

from ._calls import Answer, Failure, Request
from ._http import AnswerReader, BodyDecoder, DamagedAnswer
from ._machine import Machine, Send, closed
from ._settings import Settings

T = TypeVar("T")
_PIECE = 65_536


def remaining(until: float) -> float:
    """The seconds until then.

    Raises:
        TimeoutError: There are none left.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


def _connected(host: str, port: int, until: float) -> socket.socket:
    """A connection to the first of the host's addresses that takes one; each has its share of the time."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("the host has no address")
    for place, (family, kind, protocol, _, address) in enumerate(found):
        attempt = socket.socket(family, kind, protocol)
        try:
            attempt.settimeout(remaining(until) / (len(found) - place))
            attempt.connect(address)
            return attempt
        except OSError as error:
            attempt.close()
            failure = error
        except BaseException:
            attempt.close()
            raise
    raise failure


class Connection:
    """One connection, used by one call at a time."""

    def __init__(self, settings: Settings, until: float) -> None:
        address = settings.address
        self.used = False
        plain = _connected(address.host, address.port, until)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if settings.tls is not None:
                plain.settimeout(remaining(until))
                plain = settings.tls.wrap_socket(plain, server_hostname=address.host)
        except BaseException:
            plain.close()
            raise
        self._socket = plain

    def quiet(self) -> bool:
        """Whether the server has neither closed it nor sent what nobody asked for."""
        try:
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return not poll.poll(0)
        except (OSError, ValueError):
            return False

    def send(self, data: bytes, until: float) -> None:
        left = memoryview(data)
        while left:
            self._socket.settimeout(remaining(until))
            left = left[self._socket.send(left[:1 << 20]):]

    def receive(self, until: float) -> bytes:
        self._socket.settimeout(remaining(until))
        return self._socket.recv(_PIECE)

    def cut(self) -> None:
        """End it under whoever uses it: what that thread waits for ends at once."""
        try:
            # Not TLS' own, which takes the socket apart under the thread that reads.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self) -> None:
        self._socket.close()


class Stream:
    """A body as it comes. To be closed; read to its end, its connection is used again."""

    def __init__(self, pool: "Pool", connection: Connection, reader: AnswerReader, decoder: BodyDecoder,
                 timeout: float) -> None:
        self._pool, self._connection, self._reader, self._decoder = pool, connection, reader, decoder
        self._timeout = timeout
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        """The pieces.

        Raises:
            DamagedAnswer: The body ends too early, or is no gzip.
            OSError: The connection failed, or nothing came in time.
        """
        while True:
            piece = self._decoder.feed(self._reader.take())
            if piece:
                yield piece
            if self._reader.done:
                self._decoder.end()
                self.close()
                return
            self._reader.feed(self._connection.receive(time.monotonic() + self._timeout))

    def close(self) -> None:
        if self._open:
            self._open = False
            self._pool.give_back(self._connection, self._reader.done and self._reader.reusable)


class Pool:
    """The connections of a client. Safe to use from any thread, and on both sides of a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(self._settings.pool_size)
        self._idle: List[Connection] = []
        self._busy: Set[Connection] = set()
        self._closed = False

    def restart(self) -> None:
        """In the child of a fork: the connections are the parent's, which uses them still."""
        inherited, was_closed = [*self._idle, *self._busy], self._closed
        self._begin()
        self._closed = was_closed
        for connection in inherited:
            # Closes the child's descriptor alone: nothing is sent, and the parent's stays open.
            connection.close()

    def exchange(self, send: Send) -> Union[Answer, Failure]:
        """One attempt."""
        if not self._slots.acquire(timeout=max(0.0, send.deadline - time.monotonic())):
            return Failure("no connection became free in time: raise pool_size, or make fewer calls at once")
        slots = self._slots
        kept: Optional[Stream] = None
        try:
            outcome = self._attempt(send)
            if isinstance(outcome, Answer):
                kept = outcome.stream
            return outcome
        finally:
            # A stream has its place until it is closed.
            if kept is None:
                slots.release()

    def _connect(self, send: Send, until: float) -> Connection:
        while True:
            with self._lock:
                if self._closed:
                    raise closed()
                connection = None if send.fresh or not self._idle else self._idle.pop()
                if connection is not None:
                    self._busy.add(connection)
            if connection is None:
                break
            if connection.quiet():
                connection.used = True
                return connection
            self._drop(connection)
        connection = Connection(self._settings, until)
        with self._lock:
            self._busy.add(connection)
        return connection

    def _attempt(self, send: Send) -> Union[Answer, Failure]:
        until = min(send.deadline, time.monotonic() + send.timeout)
        try:
            connection = self._connect(send, until)
        except (OSError, ValueError) as error:
            # ValueError is how names that cannot be looked up, and some of TLS, fail.
            return Failure(f"cannot connect to the API: {describe(error)}")
        reader, reuse, sent, kept = AnswerReader(send.request.method), False, False, False
        try:
            try:
                connection.send(send.request.data, until)
                sent = True
            except (socket.timeout, ssl.SSLError):
                raise
            except OSError:
                # A server may answer early, and close: its answer tells more than the error does.
                reader.feed(connection.receive(until))
            while not reader.has_head:
                reader.feed(connection.receive(until))
            streamed = send.request.streamed and reader.status == 200
            decoder = BodyDecoder(reader.headers.get("content-encoding"),
                                  None if streamed else self._settings.max_answer_bytes)
            answer = Answer(reader.status, reader.headers)
            if streamed:
                answer.stream = Stream(self, connection, reader, decoder, send.timeout)
                kept = True
                return answer
            parts = [decoder.feed(reader.take())]
            while not reader.done:
                reader.feed(connection.receive(until))
                parts.append(decoder.feed(reader.take()))
            decoder.end()
            answer.body = b"".join(parts)
            reuse = sent and reader.reusable
            return answer
        except (OSError, DamagedAnswer) as error:
            stale = connection.used and not reader.begun and not isinstance(error, socket.timeout)
            return Failure(f"the API did not answer: {describe(error)}", sent, isinstance(error, socket.timeout), stale)
        finally:
            if not kept:
                self._settle(connection, reuse)

    def _settle(self, connection: Connection, reuse: bool) -> None:
        with self._lock:
            self._busy.discard(connection)
            if reuse and not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _drop(self, connection: Connection) -> None:
        self._settle(connection, False)

    def give_back(self, connection: Connection, reuse: bool) -> None:
        """A stream is over."""
        with self._lock:
            known = connection in self._busy
        # In the child of a fork it is the parent's.
        if known:
            self._settle(connection, reuse)
            self._slots.release()

    def close(self, *, cut: bool = False) -> None:
        """Make no more connections. Calls that are under way end as they would, or at once where they are cut."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for connection in idle:
            connection.close()
        if cut:
            for connection in busy:
                connection.cut()


def describe(error: BaseException) -> str:
    """An error for people: timeouts have no text of their own."""
    if isinstance(error, socket.timeout):
        return "it took too long"
    return str(error) or type(error).__name__


def run(machine: Machine[T], pool: Pool, sleep: threading.Event) -> T:
    """Carry a machine's actions out, and give what it comes to. The event, once set, ends its waits."""
    try:
        action = next(machine)
        while True:
            if isinstance(action, Send):
                action = machine.send(pool.exchange(action))
            else:
                sleep.wait(action.seconds)
                action = machine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result


_pools: "weakref.WeakSet[Pool]" = weakref.WeakSet()


def _after_fork() -> None:
    for pool in list(_pools):
        pool.restart()


os.register_at_fork(after_in_child=_after_fork)
