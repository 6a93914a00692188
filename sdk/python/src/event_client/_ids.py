"""Ids of events: UUIDs of version 7, in the order in which they were made."""
from __future__ import annotations

import os
import re
import threading
import time
import uuid
from typing import Any

from ._errors import EventValidationError

_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE | re.ASCII)
_RANDOM_BITS = 74


class IDGenerator:
    """Makes ids. Safe to use from any thread, and on both sides of a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._random = 0

    def next(self) -> str:
        """A new id, greater as text than every one before it in this process."""
        now = time.time_ns() // 1_000_000
        fresh = int.from_bytes(os.urandom(10), "big")
        with self._lock:
            if now > self._milliseconds:
                # The uppermost bit is left free, so that the ids of one millisecond have room to grow.
                self._milliseconds, self._random = now, fresh >> 7
            else:
                self._random += 1 + (fresh >> 48)
                if self._random >> _RANDOM_BITS:
                    self._milliseconds, self._random = self._milliseconds + 1, fresh >> 7
            milliseconds, random = self._milliseconds, self._random
        high = milliseconds << 16 | 0x7000 | random >> 62
        low = 0b10 << 62 | random & (1 << 62) - 1
        text = f"{high:016x}{low:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def restart(self) -> None:
        """Begin anew: in the child of a fork, where another thread may have held the lock."""
        self.__init__()  # type: ignore[misc]


_generator = IDGenerator()
os.register_at_fork(after_in_child=_generator.restart)


def new_id() -> str:
    """A new id for an event, to give to `track_event(id=...)` where the caller wants to know it beforehand."""
    return _generator.next()


def check_id(field: str, value: Any) -> str:
    """The id in the form in which the API shows it.

    Raises:
        EventValidationError: It is no UUID.
    """
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, str) and _FORM.match(value):
        return value.lower()
    raise EventValidationError(
        f"{field}: must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057", field=field)
