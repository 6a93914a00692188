"""The background buffer: events wait here, and a thread sends them in batches. Bounded, and it loses nothing silently."""
from __future__ import annotations

import atexit
import collections
import logging
import os
import sys
import threading
import time
import weakref
from dataclasses import dataclass
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

from ._batches import Outcomes
from ._errors import EventBufferFullError, EventClosedError, EventSDKError
from ._events import Item
from ._machine import closed

logger = logging.getLogger("event_client")

#: About what an event costs beside its bytes.
_OVERHEAD = 300

OnFailure = Callable[[Dict[str, Any], EventSDKError], None]
#: Sends items within so many seconds; raises nothing.
Sender = Callable[[List[Item], float], Outcomes]


@dataclass(frozen=True)
class BufferSettings:
    """How much may wait, and for how long. `EventClient` says what each means."""

    batch_size: int
    batch_bytes: int
    flush_interval: float
    max_events: int
    max_bytes: int
    when_full: str
    block_seconds: float
    send_seconds: float
    close_seconds: float

    def __post_init__(self) -> None:
        if self.when_full not in ("block", "raise", "drop"):
            raise ValueError(f"when_full must be 'block', 'raise' or 'drop', not {self.when_full!r}")
        for name in ("flush_interval", "max_events", "max_bytes", "send_seconds"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0")


class Buffer:
    """Events on their way.

    Every event that is put gets a number; they are sent in order, and settled in order: accepted, or handed to
    `on_failure`. So "all up to this number are settled" is all that a flush has to wait for.
    """

    def __init__(self, settings: BufferSettings, send: Sender, cut: Callable[[], None],
                 on_failure: Optional[OnFailure]) -> None:
        self._settings = settings
        self._send, self._cut, self._on_failure = send, cut, on_failure
        #: Set once nobody waits for events that are being sent: ends waits between attempts.
        self.given_up = threading.Event()
        self._closed = False
        self._begin()
        _buffers.add(self)
        atexit.register(self._at_exit)

    def _begin(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._queue: Deque[Tuple[Item, float]] = collections.deque()
        self._queued_bytes = 0
        # What is being sent counts until it is settled: it is still held.
        self._held_events = self._held_bytes = 0
        self._put = self._settled = self._wanted = 0
        self._numbers: Dict[str, int] = {}
        self._worker: Optional[threading.Thread] = None
        # Who drains: the worker, or whoever flushes where no thread can be started.
        self._draining = threading.Lock()
        self._finishing = False
        self._listeners: List[Callable[[], None]] = []

    def restart(self) -> None:
        """In the child of a fork: what waits is the parent's, which sends it."""
        self.given_up = threading.Event()
        self._begin()

    # Putting

    def put(self, item: Item) -> None:
        """Take an event, as soon as there is room for it.

        Raises:
            EventBufferFullError: There was none; by the policy `drop`, `on_failure` gets the event instead.
            EventClosedError: The buffer is closed.
        """
        until = time.monotonic() + (self._settings.block_seconds if self._may_wait() else 0.0)
        while not self.offer(item):
            with self._changed:
                left = until - time.monotonic()
                if left > 0:
                    if not self._has_room(item):
                        self._changed.wait(left)
                    continue
            self.refuse(item)
            return

    def refuse(self, item: Item) -> None:
        """There is no room for the event: what happens to it is the policy's.

        Raises:
            EventBufferFullError: By all policies but `drop`.
        """
        error = EventBufferFullError(
            f"the buffer is full: {self._held_events} events, {self._held_bytes} bytes wait for the API")
        if self._settings.when_full != "drop":
            raise error
        self._fail(item, error)

    def _may_wait(self) -> bool:
        # The worker calls `on_failure`, and would wait for itself.
        return self._settings.when_full == "block" and threading.current_thread() is not self._worker

    @property
    def blocks(self) -> bool:
        """Whether who puts an event waits for room."""
        return self._settings.when_full == "block"

    @property
    def block_seconds(self) -> float:
        """How long one waits."""
        return self._settings.block_seconds

    def _has_room(self, item: Item) -> bool:
        # One event alone is taken whatever its size: otherwise it would never be.
        return self._closed or self._held_events == 0 or (
            self._held_events < self._settings.max_events
            and self._held_bytes + len(item.line) + _OVERHEAD <= self._settings.max_bytes)

    def offer(self, item: Item) -> bool:
        """Take an event if there is room for it now.

        Raises:
            EventClosedError: The buffer is closed.
        """
        with self._changed:
            if self._closed:
                raise closed()
            if not self._has_room(item):
                return False
            size = len(item.line) + _OVERHEAD
            self._queue.append((item, time.monotonic()))
            self._queued_bytes += size
            self._held_events += 1
            self._held_bytes += size
            self._put += 1
            self._numbers[item.id] = self._put
            if self._worker is None:
                self._start()
            # The worker sleeps until the oldest is due: it is to know of the first, and of a full batch.
            if len(self._queue) == 1 or self._is_full():
                self._changed.notify_all()
        return True

    def _is_full(self) -> bool:
        return len(self._queue) >= self._settings.batch_size or self._queued_bytes >= self._settings.batch_bytes

    # Waiting

    @property
    def waiting(self) -> int:
        """How many events are neither accepted nor handed to `on_failure` yet."""
        with self._changed:
            return self._held_events

    def mark(self) -> int:
        """The number of the newest event; whatever waits up to it is sent at once."""
        with self._changed:
            self._wanted = self._put
            self._changed.notify_all()
            return self._put

    def number(self, identity: str) -> int:
        """The number of an event that is not settled yet, 0 where it is; it is sent at once."""
        with self._changed:
            number = self._numbers.get(identity, 0)
            if number:
                self._wanted = max(self._wanted, number)
                self._changed.notify_all()
            return number

    def is_settled(self, number: int) -> bool:
        """Whether all events up to this number are."""
        return self._settled >= number

    def wait(self, number: int, seconds: Optional[float]) -> bool:
        """Whether all events up to this number are settled in time.

        Raises:
            RuntimeError: `on_failure` asks, for which the buffer itself waits.
        """
        if threading.current_thread() is self._worker:
            raise RuntimeError("on_failure cannot wait for the buffer, which waits for it")
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            with self._changed:
                if self._settled >= number:
                    return True
                alive = self._worker is not None and self._worker.is_alive()
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return False
                if alive:
                    self._changed.wait(left)
                    continue
            # No thread can be started while the interpreter ends: whoever waits does the work.
            if not self._send_one(self._settings.send_seconds if left is None else left):
                time.sleep(0.01)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this, from any thread, whenever events were settled, until it is told to stop."""
        with self._changed:
            self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Call this no more."""
        with self._changed:
            if listener in self._listeners:
                self._listeners.remove(listener)

    # Closing

    def close(self, seconds: Optional[float] = None) -> bool:
        """Take no more, send what waits, and end. What is not sent in time goes to `on_failure`.

        Returns:
            Whether all of it was settled in time.
        """
        seconds = self._settings.close_seconds if seconds is None else seconds
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        atexit.unregister(self._at_exit)
        in_time = self.wait(self.mark(), seconds)
        if not in_time:
            self.given_up.set()
            self._cut()
            self._give_up()
        with self._changed:
            self._finishing = True
            worker = self._worker
            self._changed.notify_all()
        if worker is not None and worker is not threading.current_thread():
            # It holds at most one batch, whose connection is cut: it ends at once, or on_failure takes its time.
            worker.join(5)
        return in_time

    def _give_up(self) -> None:
        """Hand over all that still waits."""
        error = EventClosedError("closed before it was sent")
        while True:
            with self._changed:
                taken = [item for item, _ in self._queue]
                self._queue.clear()
                self._queued_bytes = 0
            if not taken:
                return
            # The worker may settle its batch at the same time: both count, and the order matters to nobody now.
            self._settle(taken, [error] * len(taken))

    def finish(self) -> None:
        """Nobody uses it any more: the thread sends what waits, and ends."""
        with self._changed:
            self._finishing = True
            self._wanted = self._put
            if self._worker is None and not self._queue:
                atexit.unregister(self._at_exit)
            self._changed.notify_all()

    def _at_exit(self) -> None:
        if not self.close():
            logger.warning("the process ended before all buffered events were sent")

    # Working

    def _start(self) -> None:
        worker = threading.Thread(target=self._work, name="event_client buffer", daemon=True)
        try:
            worker.start()
        except RuntimeError:
            # The interpreter ends: flush and close do the work then.
            return
        self._worker = worker
        # A child that multiprocessing forked ends without atexit, but not without this.
        processes, finalizers = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
        if processes is not None and finalizers is not None and processes.parent_process() is not None:
            finalizers.Finalize(self, _finalize, args=(weakref.ref(self), os.getpid()), exitpriority=10)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._is_due():
                    if self._finishing and not self._queue:
                        atexit.unregister(self._at_exit)
                        return
                    self._changed.wait(self._until_due())
            self._send_one(self._settings.send_seconds)

    def _is_due(self) -> bool:
        if not self._queue:
            return False
        return (self._is_full() or self._closed or self._finishing or self._wanted > self._settled
                or self._queue[0][1] + self._settings.flush_interval <= time.monotonic())

    def _until_due(self) -> Optional[float]:
        if not self._queue:
            return None
        return max(0.0, self._queue[0][1] + self._settings.flush_interval - time.monotonic())

    def _send_one(self, seconds: float) -> bool:
        """Send a batch; whether there was one."""
        with self._draining:
            items: List[Item] = []
            with self._changed:
                size = 0
                while self._queue and len(items) < self._settings.batch_size:
                    item = self._queue[0][0]
                    if items and size + len(item.line) >= self._settings.batch_bytes:
                        break
                    size += len(item.line) + 1
                    items.append(item)
                    self._queue.popleft()
                    self._queued_bytes -= len(item.line) + _OVERHEAD
            if not items:
                return False
            try:
                outcomes = self._send(items, seconds)
            except Exception as error:
                # Nothing of the kind is known; were it to happen, the events are not to be lost with it.
                logger.exception("sending buffered events failed in a way that is not foreseen")
                outcomes = [EventSDKError(f"could not be sent: {error!r}")] * len(items)
            self._settle(items, outcomes)
            return True

    def _settle(self, items: List[Item], outcomes: Outcomes) -> None:
        # Handed over first: once a flush returns, its events are accepted or handed over.
        for item, outcome in zip(items, outcomes):
            if outcome is not None:
                self._fail(item, outcome)
        with self._changed:
            for item in items:
                self._held_bytes -= len(item.line) + _OVERHEAD
                number = self._numbers.get(item.id)
                if number is not None and number <= self._settled + len(items):
                    del self._numbers[item.id]
            self._held_events -= len(items)
            self._settled += len(items)
            self._changed.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def _fail(self, item: Item, error: EventSDKError) -> None:
        if self._on_failure is None:
            logger.error("event %s could not be sent, and there is no on_failure to take it: %s", item.id, error)
            return
        try:
            self._on_failure(item.event, error)
        except Exception:
            logger.exception("on_failure failed for event %s, which could not be sent: %s", item.id, error)


def _finalize(reference: "weakref.ref[Buffer]", process: int) -> None:
    buffer = reference()
    if buffer is not None and process == os.getpid():
        buffer._at_exit()


_buffers: "weakref.WeakSet[Buffer]" = weakref.WeakSet()


def _after_fork() -> None:
    for buffer in list(_buffers):
        buffer.restart()


os.register_at_fork(after_in_child=_after_fork)
