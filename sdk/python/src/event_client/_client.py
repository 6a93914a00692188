"""The client for threads."""
from __future__ import annotations

import asyncio
import datetime
import functools
import threading
import time
from types import TracebackType
from typing import Any, BinaryIO, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Type, Union

from . import _api
from ._api import Event, Page
from ._batches import Gathering, send_all
from ._buffer import Buffer
from ._calls import Call
from ._core import Core, event_fields
from ._errors import EventNotFoundError, EventSDKError, EventUnavailableError
from ._http import DamagedAnswer
from ._machine import Policy, perform
from ._observe import Observe
from ._sync import Pool, Stream, describe, run

Moment = Union[datetime.datetime, str]


class EventClient(Core):
    """A client of the event analytics API. One serves all threads of a process, and goes on in the child of a fork.

    Args:
        base_url: Where the API is: `http://` or `https://`, a host, and a path where it has one. Proxies that the
            environment names are not used, and redirects not followed.
        timeout: The seconds that one attempt may take.
        max_retries: How many attempts may follow the first one.
        retry_delay: The most seconds that the first wait between attempts may take. It doubles with each, up to
            `max_retry_delay`; how much of it is waited is random. What the API asks for by `Retry-After` comes on top.
        max_retry_delay: See `retry_delay`.
        deadline: The seconds that a call may take with all its attempts. `track_events` has them for each batch.
        api_key: Sent as `Authorization: Bearer`. Never logged.
        ssl_context: What checks the API's certificate; None takes the system's authorities.
        pool_size: How many connections there may be; further calls wait for one to become free.
        max_answer_bytes: The largest answer to read; exports have no bound, since they are not held.
        gzip_min_bytes: Bodies from this size on are sent in gzip, and answers may come so; None for never.
        batch_size: How many events `track_events` and the buffer send together.
        batch_bytes: How many bytes of events they send together.
        buffered: Whether `track_event` and `track_events` leave events to a thread that sends them in batches.
        flush_interval: The seconds that an event waits in the buffer for others.
        buffer_events: How many events the buffer holds.
        buffer_bytes: How many bytes the buffer holds, with what each event costs beside its own.
        when_full: What happens to an event for which the buffer has no room: `"block"` waits for it up to
            `block_timeout` seconds and raises `EventBufferFullError` then, `"raise"` raises at once, `"drop"` hands
            the event to `on_failure`.
        block_timeout: See `when_full`.
        buffer_deadline: The seconds for which the buffer tries to send a batch, however often that takes.
        close_timeout: The seconds that `close` and the end of the process have for what waits in the buffer.
        on_failure: Called as `on_failure(event, error)` with each event of the buffer that could not be sent, and with
            each observed one that could not be recorded, from whichever thread finds out. `track_event(**event)` sends
            it again, safely: it has its id. Without it, such events are logged as errors.

    Raises:
        ValueError: An argument makes no sense; the message names it.
    """

    def _begin(self) -> None:
        self._pool = Pool(self._settings)
        self._never = threading.Event()

    def _call(self, call: Call[Any], policy: Optional[Policy] = None) -> Any:
        return run(perform(call, policy or self._policy), self._pool, self._never)

    # Writing

    def track_event(
            self, conversation_id: str, event_name: str, input: Optional[str] = None, output: Optional[str] = None,
            latency: Optional[float] = None, error: Optional[str] = None, *,
            conversation_metadata: Union[str, Mapping[str, Any], None] = None,
            input_embeddings: Optional[Sequence[float]] = None, output_embeddings: Optional[Sequence[float]] = None,
            created_at: Optional[Moment] = None, id: Optional[str] = None) -> str:
        """Create an event.

        Args:
            conversation_id: What it belongs to, 1 to 2,048 bytes.
            event_name: What it is, one of the names that the API allows.
            input: What went in.
            output: What came out.
            latency: How long it took, in milliseconds.
            error: What went wrong; empty where nothing did.
            conversation_metadata: Text, or a dictionary that is written as JSON.
            input_embeddings: Numbers; the API keeps them as 32-bit floats.
            output_embeddings: Likewise.
            created_at: When it happened, from the year 2000 on; without it, when the API accepts it, or, buffered,
                this moment.
            id: A UUID; without it the client makes one. An event whose id is there already changes nothing.

        Returns:
            Its id. Kafka has the event then, or, buffered, the buffer.

        Raises:
            EventValidationError: A field is wrong. Nothing was sent, or the API refused it.
            EventUnavailableError: The API did not take it. It may be sent again with the same id.
            EventBufferFullError: The buffer has no room.
        """
        item = self._encode(event_fields(
            conversation_id, event_name, input, output, latency, error, conversation_metadata, input_embeddings,
            output_embeddings, created_at, id))
        if self._buffer is not None:
            self._buffer.put(item)
            return item.id
        result: str = self._call(_api.create(self._requests, item))
        return result

    def track_events(self, events: Iterable[Mapping[str, Any]]) -> List[str]:
        """Create any number of events, in as few requests as it takes.

        Args:
            events: Dictionaries of the names that `track_event` has.

        Returns:
            Their ids, in order. Kafka has the events then, or, buffered, the buffer.

        Raises:
            EventBatchError: Some are refused: `batch.refused` says which and why. All others are accepted.
            EventUnavailableError: The API stopped taking them: `batch.ids` says which it took, `batch.unsent` has the
                rest, which may be given to `track_events` again.
            EventBufferFullError: The buffer has no room for one, and takes none behind it: `batch` as above.
        """
        if self._buffer is not None:
            return self._put_all(self._buffer, events)
        return run(send_all(self._requests, self._settings, self._policy, events), self._pool, self._never)

    def _put_all(self, buffer: Buffer, events: Iterable[Mapping[str, Any]]) -> List[str]:
        gathering = Gathering(self._encode)
        for index, item in gathering.items(events):
            outcome: Optional[EventSDKError] = None
            try:
                buffer.put(item)
            except EventSDKError as error:
                outcome = error
            gathering.settle(index, item, outcome)
        return gathering.finish()

    def update_event(self, id: str, **fields: Any) -> str:
        """Change fields of an event; those that are not named stay as they are. An id that no event has is accepted.

        An attempt that failed is repeated only where it cannot come into effect any more, after a time-out it is not:
        it might overtake another update that follows this one. Buffered, an event that still waits is sent first.

        Args:
            id: The event's id.
            fields: New values by name: all that `track_event` has but the conversation's id, the event's, and the time.

        Returns:
            The id. Kafka has the change then.

        Raises:
            EventValidationError: A field is wrong or cannot be changed, or there is none.
            EventUnavailableError: The API did not take it, or nobody knows: `outcome_unknown`.
        """
        call = _api.update(self._requests, id, fields)
        self._send_first(id)
        result: str = self._call(call)
        return result

    def delete_event(self, id: str) -> str:
        """Delete an event, for good: its id cannot be used again. An id that no event has is accepted.

        Returns:
            The id. Kafka has the deletion then.

        Raises:
            EventUnavailableError: The API did not take it. It may be sent again.
        """
        call = _api.delete(self._requests, id)
        self._send_first(id)
        result: str = self._call(call)
        return result

    def _send_first(self, identity: Any) -> None:
        """What changes an event is not to arrive before the event."""
        if self._buffer is None:
            return
        number = self._buffer.number(str(identity).lower())
        if number and not self._buffer.wait(number, self._settings.deadline):
            raise EventUnavailableError("the event itself still waits in the buffer: the API does not take it")

    # Reading

    def get_event(self, id: str) -> Optional[Event]:
        """The event, None where there is none. A new one can be read a moment after it was accepted."""
        result: Optional[Event] = self._call(_api.get(self._requests, id))
        return result

    def wait_for_event(self, id: str, timeout: float = 10.0) -> Event:
        """The event, as soon as it can be read.

        Raises:
            EventNotFoundError: It cannot be read in time.
        """
        until = time.monotonic() + timeout
        while True:
            event = self.get_event(id)
            if event is not None:
                return event
            if time.monotonic() >= until:
                raise EventNotFoundError(f"there is no event {id}, after {timeout} s")
            time.sleep(0.05)

    def get_events_by_conversation(self, conversation_id: str) -> List[Event]:
        """All events of a conversation, oldest first."""
        result: List[Event] = self._call(_api.conversation(self._requests, conversation_id))
        return result

    def iter_events_by_conversation(self, conversation_id: str, *, page_size: int = 1000) -> Iterator[Event]:
        """The events of a conversation, oldest first, read in pages as they are asked for."""
        return self._pages(lambda cursor: _api.conversation_page(
            self._requests, conversation_id, page_size, cursor))

    def iter_events(
            self, *, conversation_id: Optional[str] = None, event_name: Union[str, Sequence[str], None] = None,
            error: Optional[bool] = None, latency_min: Optional[float] = None, latency_max: Optional[float] = None,
            from_: Optional[Moment] = None, to: Optional[Moment] = None, q: Optional[str] = None,
            metadata: Optional[Mapping[str, Any]] = None, page_size: int = 100) -> Iterator[Event]:
        """Events, newest first, read in pages as they are asked for. The filters are joined by and.

        Args:
            conversation_id: Those of one conversation.
            event_name: Those of one name, or of any of several.
            error: Those with an error, or those without.
            latency_min: Those that took at least so many milliseconds.
            latency_max: Those that took at most so many.
            from_: Those created then or later.
            to: Those created before then.
            q: Words that each stand somewhere in input, output or error, whatever the case.
            metadata: Values by their paths in `conversation_metadata`, as `{"user.id": 7}`.
            page_size: How many are read at once, 1 to 1,000.
        """
        filters = _api.filters(
            conversation_id=conversation_id, event_name=event_name, error=error, latency_min=latency_min,
            latency_max=latency_max, from_=from_, to=to, q=q, metadata=metadata)
        return self._pages(lambda cursor: _api.list_page(
            self._requests, "iter_events", "/events", filters, page_size, cursor))

    def iter_conversations(
            self, *, conversation_id: Optional[str] = None, event_name: Union[str, Sequence[str], None] = None,
            error: Optional[bool] = None, latency_min: Optional[float] = None, latency_max: Optional[float] = None,
            from_: Optional[Moment] = None, to: Optional[Moment] = None, q: Optional[str] = None,
            metadata: Optional[Mapping[str, Any]] = None, page_size: int = 100) -> Iterator[Dict[str, Any]]:
        """Conversations with an event that all filters hold for, by their last event, newest first.

        Each has `conversation_id`, `first_event_at`, `last_event_at`, `event_count`, `error_count`, `total_latency`
        and `metadata`. The filters are those of `iter_events`; the figures count all events of the conversation.
        """
        filters = _api.filters(
            conversation_id=conversation_id, event_name=event_name, error=error, latency_min=latency_min,
            latency_max=latency_max, from_=from_, to=to, q=q, metadata=metadata)
        return self._pages(lambda cursor: _api.list_page(
            self._requests, "iter_conversations", "/conversations", filters, page_size, cursor))

    def _pages(self, call: Callable[[Optional[str]], Call[Page]]) -> Iterator[Dict[str, Any]]:
        # The first request is made here, so that what is wrong with it is said where it is asked for.
        first = call(None)

        def rows() -> Iterator[Dict[str, Any]]:
            page: Page = self._call(first)
            yield from page.data
            while page.next_cursor is not None:
                page = self._call(call(page.next_cursor))
                yield from page.data
        return rows()

    def export_events(
            self, *, conversation_id: Optional[str] = None, event_name: Union[str, Sequence[str], None] = None,
            error: Optional[bool] = None, latency_min: Optional[float] = None, latency_max: Optional[float] = None,
            from_: Optional[Moment] = None, to: Optional[Moment] = None, q: Optional[str] = None,
            metadata: Optional[Mapping[str, Any]] = None) -> Iterator[Event]:
        """All events that the filters of `iter_events` pick, oldest first, as they come: in one request, without holding
        them.

        Raises:
            EventUnavailableError: While it is read: it was cut short. What came is right; the export begins anew.
        """
        filters = _api.filters(
            conversation_id=conversation_id, event_name=event_name, error=error, latency_min=latency_min,
            latency_max=latency_max, from_=from_, to=to, q=q, metadata=metadata)
        call = _api.export(self._requests, filters, "ndjson")

        def events() -> Iterator[Event]:
            lines = _api.Lines()
            for piece in self._stream(call):
                yield from lines.feed(piece)
            lines.end()
        return events()

    def export(
            self, file: BinaryIO, format: str = "csv", *, conversation_id: Optional[str] = None,
            event_name: Union[str, Sequence[str], None] = None, error: Optional[bool] = None,
            latency_min: Optional[float] = None, latency_max: Optional[float] = None, from_: Optional[Moment] = None,
            to: Optional[Moment] = None, q: Optional[str] = None,
            metadata: Optional[Mapping[str, Any]] = None) -> int:
        """Write all events that the filters of `iter_events` pick to a file that is open for bytes, oldest first.

        Args:
            file: Where they go.
            format: `"csv"` with a header line, or `"ndjson"`, a JSON object a line.

        Returns:
            How many bytes were written.

        Raises:
            EventUnavailableError: It was cut short; what is in the file is its beginning.
        """
        filters = _api.filters(
            conversation_id=conversation_id, event_name=event_name, error=error, latency_min=latency_min,
            latency_max=latency_max, from_=from_, to=to, q=q, metadata=metadata)
        written = 0
        for piece in self._stream(_api.export(self._requests, filters, format)):
            file.write(piece)
            written += len(piece)
        return written

    def _stream(self, call: Call[Any]) -> Iterator[bytes]:
        stream: Stream = self._call(call)
        pieces = iter(stream)
        try:
            while True:
                # Errors of whoever reads are not this stream's.
                try:
                    piece = next(pieces)
                except StopIteration:
                    return
                except (OSError, DamagedAnswer) as error:
                    raise _api.cut_short(describe(error)) from None
                yield piece
        finally:
            stream.close()

    def get_event_names(self) -> List[Dict[str, Any]]:
        """The names that events have: `event_name` and `count`, by count, highest first."""
        result: List[Dict[str, Any]] = self._call(_api.event_names(self._requests))
        return result

    # Analytics

    def get_error_counts(self, event_name: str, days: int = 7) -> List[Dict[str, Any]]:
        """Errors of a name a UTC day: `date`, `event_name`, `error_count`, `total_count`, for up to 3,650 days."""
        result: List[Dict[str, Any]] = self._call(_api.error_counts(self._requests, event_name, days))
        return result

    def get_latency_stats(self, limit: int = 100, days: Optional[int] = None) -> List[Dict[str, Any]]:
        """Conversations and names with the highest p95 latency: `conversation_id`, `event_name`, `p95_latency` in
        milliseconds, `event_count`; `limit` up to 10,000, of the last `days` or of all time."""
        result: List[Dict[str, Any]] = self._call(
            _api.ranking(self._requests, "get_latency_stats", "/analytics/latency", limit, days))
        return result

    def get_top_error_sessions(self, limit: int = 100, days: Optional[int] = None) -> List[Dict[str, Any]]:
        """Conversations with the highest share of errors: `conversation_id`, `total_events`, `error_events`,
        `error_rate` from 0 to 1; `limit` up to 10,000, of the last `days` or of all time."""
        result: List[Dict[str, Any]] = self._call(
            _api.ranking(self._requests, "get_top_error_sessions", "/analytics/sessions/top-errors", limit, days))
        return result

    # Whether it is well

    def health_check(self) -> bool:
        """Whether the API answers, now: one attempt, and no error where it does not."""
        return self._probe("/health", self._settings.timeout) is None

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Wait until the API, and Kafka and ClickHouse behind it, are ready.

        Raises:
            EventUnavailableError: They are not in time; the message says what is missing.
        """
        until = time.monotonic() + timeout
        while True:
            problem = self._probe("/ready", max(0.05, min(self._settings.timeout, until - time.monotonic())))
            if problem is None:
                return
            if time.monotonic() >= until:
                raise EventUnavailableError(f"not ready after {timeout} s: {problem}")
            time.sleep(0.1)

    def _probe(self, path: str, seconds: float) -> Optional[EventSDKError]:
        once = Policy(seconds, 0, 0.0, 0.0, seconds)
        try:
            self._call(_api.status(self._requests, path), once)
            return None
        except EventUnavailableError as error:
            return error

    # Observing

    def observe(self, conversation_id: Union[str, Callable[..., str]], event_name: str, *, input: Any = None,
                conversation_metadata: Union[str, Mapping[str, Any]] = "", record_input: bool = True,
                record_output: bool = True) -> Observe:
        """Record calls as events: a decorator for functions, coroutine functions and generator functions of both kinds,
        and a context manager, plain or `async`.

        Latency, input, output and error are recorded, and errors go on their way. Whoever is observed is not harmed:
        what cannot be recorded goes to `on_failure`. Without a buffer, recording takes a request's time.

        Args:
            conversation_id: The conversation, or, for a decorator, a function that makes it from the call's arguments.
            event_name: The event's name.
            input: What went in; without it, a decorator takes the arguments.
            conversation_metadata: As for `track_event`.
            record_input: Whether a decorator records the arguments.
            record_output: Whether a decorator records what is returned or yielded.
        """
        return Observe(self, conversation_id, event_name, input=input, conversation_metadata=conversation_metadata,
                       record_input=record_input, record_output=record_output)

    def _must_record_here(self) -> None:
        """A plain block or function is observed: this client can record it."""

    def _record(self, fields: Dict[str, Any]) -> None:
        try:
            self.track_event(**fields)
        except EventSDKError as error:
            self._hand_over(fields, error)

    async def _record_async(self, fields: Dict[str, Any]) -> None:
        if self._buffer is not None:
            try:
                if self._buffer.offer(self._encode(fields)):
                    return
            except EventSDKError as error:
                self._hand_over(fields, error)
                return
        # It may wait: not in the event loop.
        await asyncio.get_running_loop().run_in_executor(None, functools.partial(self._record, fields))

    # Ending

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Wait until every event that was put into the buffer before is accepted, or was handed to `on_failure`.

        Returns:
            Whether that is so in time; what is not stays in the buffer.
        """
        return self._buffer is None or self._buffer.wait(self._buffer.mark(), timeout)

    def close(self, timeout: Optional[float] = None) -> bool:
        """Send what waits in the buffer, and end. What is not sent in time goes to `on_failure`.

        Args:
            timeout: The seconds for that; None for `close_timeout`.

        Returns:
            Whether every event was accepted, or handed to `on_failure`, in time.
        """
        in_time = self._buffer is None or self._buffer.close(timeout)
        self._pool.close()
        return in_time

    def __enter__(self) -> "EventClient":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()
