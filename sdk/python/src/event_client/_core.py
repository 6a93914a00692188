"""What both clients have in common: settings, requests, and the buffer."""
from __future__ import annotations

import dataclasses
import logging
import platform
import ssl
import weakref
from typing import Any, Dict, List, Mapping, Optional, Union

from ._batches import Outcomes, send_items
from ._buffer import Buffer, BufferSettings, OnFailure
from ._calls import Requests
from ._errors import EventSDKError
from ._events import Item, encode_event, now
from ._machine import Policy
from ._settings import Settings
from ._sync import Pool, run

logger = logging.getLogger("event_client")
VERSION = "1.0.0"


class Core:
    """The state of a client. `EventClient` says what each argument means."""

    def __init__(
            self, base_url: str = "http://127.0.0.1:8080", *, timeout: float = 30.0, max_retries: int = 5,
            retry_delay: float = 0.5, max_retry_delay: float = 10.0, deadline: float = 60.0,
            api_key: Optional[str] = None, ssl_context: Optional[ssl.SSLContext] = None, pool_size: int = 32,
            max_answer_bytes: int = 256 << 20, gzip_min_bytes: Optional[int] = 16_384, batch_size: int = 1000,
            batch_bytes: int = 4 << 20, buffered: bool = False, flush_interval: float = 1.0,
            buffer_events: int = 100_000, buffer_bytes: int = 64 << 20, when_full: str = "block",
            block_timeout: float = 60.0, buffer_deadline: float = 300.0, close_timeout: float = 30.0,
            on_failure: Optional[OnFailure] = None) -> None:
        self._settings = Settings.check(
            base_url, timeout=timeout, max_retries=max_retries, retry_delay=retry_delay,
            max_retry_delay=max_retry_delay, deadline=deadline, pool_size=pool_size, max_answer_bytes=max_answer_bytes,
            gzip_min_bytes=gzip_min_bytes, batch_size=batch_size, batch_bytes=batch_bytes, api_key=api_key,
            ssl_context=ssl_context)
        self._policy = Policy.of(self._settings)
        self._requests = Requests(self._settings, f"event-client/{VERSION} Python/{platform.python_version()}")
        self._on_failure = on_failure
        self._stamped = buffered
        self._buffer: Optional[Buffer] = None
        if buffered:
            self._buffer = _make_buffer(self._settings, self._requests, self._policy, BufferSettings(
                batch_size, batch_bytes, flush_interval, buffer_events, buffer_bytes, when_full, block_timeout,
                buffer_deadline, close_timeout), on_failure)
            # A client that nobody has any more still sends what it took.
            weakref.finalize(self, self._buffer.finish).atexit = False
        self._begin()

    def _begin(self) -> None:
        """What the kind of client needs beside."""
        raise NotImplementedError

    def __repr__(self) -> str:
        address = self._settings.address
        url = f"{'https' if address.secure else 'http'}://{address.authority}{address.base}"
        return f"{type(self).__name__}({url!r}{', buffered=True' if self._buffer else ''})"

    @property
    def buffered_events(self) -> int:
        """How many events wait in the buffer or are being sent."""
        return self._buffer.waiting if self._buffer else 0

    def _encode(self, fields: Mapping[str, Any]) -> Item:
        # Buffered, the API would take the time at which the batch arrives for the one at which it happened.
        return encode_event(fields, created_at=now() if self._stamped else None)

    def _hand_over(self, fields: Dict[str, Any], error: EventSDKError) -> None:
        """An observed event that could not be recorded: whoever is observed is not to be harmed by it."""
        if self._on_failure is None:
            logger.error("an observed event could not be recorded, and there is no on_failure to take it: %s", error)
            return
        try:
            self._on_failure(fields, error)
        except Exception:
            logger.exception("on_failure failed for an observed event that could not be recorded: %s", error)


def _make_buffer(settings: Settings, requests: Requests, policy: Policy, buffer_settings: BufferSettings,
                 on_failure: Optional[OnFailure]) -> Buffer:
    """A buffer that sends over a connection of its own, which can be cut without harm to other calls."""
    pool = Pool(dataclasses.replace(settings, pool_size=1))

    def send(items: List[Item], seconds: float) -> Outcomes:
        # As many attempts as the time allows: whoever put the events waits for none of them.
        patient = dataclasses.replace(policy, retries=None, seconds=seconds, given_up=buffer.given_up.is_set)
        return run(send_items(requests, items, patient), pool, buffer.given_up)

    buffer = Buffer(buffer_settings, send, lambda: pool.close(cut=True), on_failure)
    return buffer


def event_fields(conversation_id: str, event_name: str, input: str, output: str, latency: float, error: str,
                 conversation_metadata: Union[str, Mapping[str, Any]], input_embeddings: Any, output_embeddings: Any,
                 created_at: Any, id: Any) -> Dict[str, Any]:
    """The arguments of `track_event` as an event, without those that are the API's defaults."""
    fields = {"conversation_id": conversation_id, "event_name": event_name, "input": input, "output": output,
              "latency": latency, "error": error, "conversation_metadata": conversation_metadata,
              "input_embeddings": input_embeddings, "output_embeddings": output_embeddings, "created_at": created_at,
              "id": id}
    return {name: value for name, value in fields.items() if value is not None}
