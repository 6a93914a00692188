"""Requests over asyncio's streams: what `_sync` does for threads."""
from __future__ import annotations

import asyncio
import collections
import os
import time
import weakref
from typing import AsyncIterator, Awaitable, Deque, List, Optional, Set, Tuple, TypeVar, Union

from ._calls import Answer, Failure
from ._http import AnswerReader, BodyDecoder, DamagedAnswer
from ._machine import Machine, Send, closed
from ._settings import Settings
from ._sync import describe

T = TypeVar("T")
Streams = Tuple[asyncio.StreamReader, asyncio.StreamWriter]
_PIECE = 65_536


class TimedOut(OSError):
    """It took too long."""

    def __str__(self) -> str:
        return "it took too long"


async def within(until: float, opening: "Awaitable[Streams]") -> "Streams":
    """A connection, if it comes in time; it is given up where it does not, or where the caller is cancelled.

    `asyncio.wait_for` loses results or cancellations that come in the same moment, in versions before 3.12.

    Raises:
        TimedOut: It does not come.
    """
    task = asyncio.ensure_future(opening)
    try:
        done, _ = await asyncio.wait({task}, timeout=max(0.0, until - time.monotonic()))
    except asyncio.CancelledError:
        task.cancel()
        task.add_done_callback(_abandon)
        raise
    if not done:
        task.cancel()
        task.add_done_callback(_abandon)
        raise TimedOut
    return task.result()


def _abandon(task: "asyncio.Future[Streams]") -> None:
    """Close a connection that came in the last moment, and look at errors so that nobody warns of them."""
    if not task.cancelled() and task.exception() is None:
        task.result()[1].transport.abort()


class Slots:
    """How many calls may have a connection; others wait for their turn, first come, first served."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: Deque["asyncio.Future[None]"] = collections.deque()

    async def acquire(self, until: float) -> bool:
        """Whether a place became free in time."""
        if self._free:
            self._free -= 1
            return True
        turn: "asyncio.Future[None]" = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await asyncio.wait({turn}, timeout=max(0.0, until - time.monotonic()))
        except asyncio.CancelledError:
            self._leave(turn)
            raise
        if turn.done():
            return True
        self._leave(turn)
        return False

    def _leave(self, turn: "asyncio.Future[None]") -> None:
        if turn.done():
            self.release()
        else:
            turn.cancel()

    def release(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Connection:
    """One connection of one event loop, used by one call at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._timer: Optional[asyncio.TimerHandle] = None
        self.used = False
        self.expired = False

    @classmethod
    async def open(cls, settings: Settings, until: float) -> "Connection":
        address = settings.address
        reader, writer = await within(until, asyncio.open_connection(
            address.host, address.port, ssl=settings.tls, server_hostname=address.host if settings.tls else None))
        return cls(reader, writer)

    def quiet(self) -> bool:
        """Whether the server has neither closed it nor sent what nobody asked for."""
        # asyncio says so nowhere else; without it, what came is noticed as a damaged answer.
        return not (self._reader.at_eof() or self._writer.transport.is_closing() or getattr(self._reader, "_buffer", b""))

    def expire(self, until: Optional[float]) -> None:
        """Abort it at that moment, which ends every wait for it: a timer costs less than a task for each wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if until is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, until - time.monotonic()), self._abort)

    def _abort(self) -> None:
        self.expired = True
        self._writer.transport.abort()

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        try:
            await self._writer.drain()
        except OSError:
            if self.expired:
                raise TimedOut from None
            raise

    async def receive(self) -> bytes:
        try:
            data = await self._reader.read(_PIECE)
        except OSError:
            if self.expired:
                raise TimedOut from None
            raise
        if not data and self.expired:
            raise TimedOut
        return data

    def close(self) -> None:
        try:
            self.expire(None)
            # Aborted: nothing is left to be said, and the loop may end before a farewell is.
            self._writer.transport.abort()
        except RuntimeError:
            pass  # Its loop is closed, and its descriptor with it.


class Stream:
    """A body as it comes. To be closed; read to its end, its connection is used again."""

    def __init__(self, pool: "_LoopPool", connection: Connection, reader: AnswerReader, decoder: BodyDecoder,
                 timeout: float) -> None:
        self._pool, self._connection, self._reader, self._decoder = pool, connection, reader, decoder
        self._timeout = timeout
        self._open = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            piece = self._decoder.feed(self._reader.take())
            if piece:
                yield piece
            if self._reader.done:
                self._decoder.end()
                self.close()
                return
            self._connection.expire(time.monotonic() + self._timeout)
            self._reader.feed(await self._connection.receive())
            # While the reader of this body is at work, no time runs.
            self._connection.expire(None)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._pool.settle(self._connection, self._reader.done and self._reader.reusable)
            self._pool.slots.release()


class _LoopPool:
    """The connections of one event loop."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.slots = Slots(settings.pool_size)
        self.idle: List[Connection] = []
        self.busy: Set[Connection] = set()
        self.closed = False

    def settle(self, connection: Connection, reuse: bool) -> None:
        self.busy.discard(connection)
        if reuse and not self.closed:
            self.idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        self.closed = True
        for connection in self.idle:
            connection.close()
        self.idle.clear()


class Pool:
    """The connections of a client, for the event loop that runs: another loop gets others."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._current: Optional[_LoopPool] = None
        self._closed = False
        _pools.add(self)

    def forget(self) -> None:
        """In the child of a fork: connections and loop are the parent's."""
        self._current = None

    def _here(self) -> _LoopPool:
        if self._closed:
            raise closed()
        loop = asyncio.get_running_loop()
        if self._current is None or self._current.loop is not loop:
            if self._current is not None and not self._current.loop.is_running():
                self._current.close()
            self._current = _LoopPool(self._settings, loop)
        return self._current

    async def exchange(self, send: Send) -> Union[Answer, Failure]:
        """One attempt."""
        pool = self._here()
        if not await pool.slots.acquire(send.deadline):
            return Failure("no connection became free in time: raise pool_size, or make fewer calls at once")
        kept: Optional[Stream] = None
        try:
            outcome = await self._attempt(pool, send)
            if isinstance(outcome, Answer):
                kept = outcome.stream
            return outcome
        finally:
            if kept is None:
                pool.slots.release()

    async def _connect(self, pool: _LoopPool, send: Send, until: float) -> Connection:
        while pool.idle and not send.fresh:
            connection = pool.idle.pop()
            if connection.quiet():
                connection.used = True
                pool.busy.add(connection)
                return connection
            connection.close()
        connection = await Connection.open(self._settings, until)
        pool.busy.add(connection)
        return connection

    async def _attempt(self, pool: _LoopPool, send: Send) -> Union[Answer, Failure]:
        until = min(send.deadline, time.monotonic() + send.timeout)
        try:
            connection = await self._connect(pool, send, until)
        except (OSError, ValueError) as error:
            return Failure(f"cannot connect to the API: {describe(error)}")
        reader, reuse, sent, kept = AnswerReader(send.request.method), False, False, False
        connection.expire(until)
        try:
            try:
                await connection.send(send.request.data)
                sent = True
            except TimedOut:
                raise
            except OSError:
                # A server may answer early, and close: its answer tells more than the error does.
                reader.feed(await connection.receive())
            while not reader.has_head:
                reader.feed(await connection.receive())
            streamed = send.request.streamed and reader.status == 200
            decoder = BodyDecoder(reader.headers.get("content-encoding"),
                                  None if streamed else self._settings.max_answer_bytes)
            answer = Answer(reader.status, reader.headers)
            if streamed:
                connection.expire(None)
                answer.stream = Stream(pool, connection, reader, decoder, send.timeout)
                kept = True
                return answer
            parts = [decoder.feed(reader.take())]
            while not reader.done:
                reader.feed(await connection.receive())
                parts.append(decoder.feed(reader.take()))
            decoder.end()
            answer.body = b"".join(parts)
            reuse = sent and reader.reusable
            return answer
        except (OSError, DamagedAnswer) as error:
            timed_out = isinstance(error, TimedOut)
            stale = connection.used and not reader.begun and not timed_out
            # What was written may lie in a buffer, or be with the API: nobody can tell.
            return Failure(f"the API did not answer: {describe(error)}", True, timed_out, stale)
        finally:
            # Cancelled in between, the answer would come to whoever is next: the connection is closed.
            if not kept:
                connection.expire(None)
                pool.settle(connection, reuse)

    def close(self) -> None:
        """Make no more connections; calls that are under way end as they would."""
        self._closed = True
        if self._current is not None:
            self._current.close()


async def run(machine: Machine[T], pool: Pool) -> T:
    """Carry a machine's actions out, and give what it comes to."""
    try:
        action = next(machine)
        while True:
            if isinstance(action, Send):
                action = machine.send(await pool.exchange(action))
            else:
                await asyncio.sleep(action.seconds)
                action = machine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        machine.close()


_pools: "weakref.WeakSet[Pool]" = weakref.WeakSet()


def _after_fork() -> None:
    for pool in list(_pools):
        pool.forget()


os.register_at_fork(after_in_child=_after_fork)
