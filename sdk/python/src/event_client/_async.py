"""The client for asyncio."""
from __future__ import annotations

import asyncio
import datetime
import time
from types import TracebackType
from typing import (
    Any, AsyncIterator, BinaryIO, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Type, Union)

from . import _api
from ._aio import Pool, Stream, run
from ._api import Event, Page
from ._batches import Gathering, send_all
from ._buffer import Buffer
from ._calls import Call
from ._core import Core, event_fields
from ._errors import EventNotFoundError, EventSDKError, EventUnavailableError
from ._events import Item
from ._http import DamagedAnswer
from ._machine import Policy, perform
from ._observe import Observe
from ._sync import describe

Moment = Union[datetime.datetime, str]


class AsyncEventClient(Core):
    """The client for asyncio: the calls, arguments and errors of `EventClient`, to be awaited.

    It may be used from one event loop after another, each with connections of its own. A cancelled call leaves nothing
    behind but, maybe, its event: a create that was cancelled may be sent again with the same id. The buffer's thread
    is that of `EventClient`, so that what waits there is sent when the process ends, whatever became of the loop;
    `on_failure` is called from that thread. Close it with `await client.close()`, or use it with `async with`.
    """

    def _begin(self) -> None:
        self._pool = Pool(self._settings)

    async def _call(self, call: Call[Any], policy: Optional[Policy] = None) -> Any:
        return await run(perform(call, policy or self._policy), self._pool)

    # Writing

    async def track_event(
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
            await self._put(self._buffer, item)
            return item.id
        result: str = await self._call(_api.create(self._requests, item))
        return result

    async def track_events(self, events: Iterable[Mapping[str, Any]]) -> List[str]:
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
            return await self._put_all(self._buffer, events)
        return await run(send_all(self._requests, self._settings, self._policy, events), self._pool)

    async def _put_all(self, buffer: Buffer, events: Iterable[Mapping[str, Any]]) -> List[str]:
        gathering = Gathering(self._encode)
        for index, item in gathering.items(events):
            outcome: Optional[EventSDKError] = None
            try:
                await self._put(buffer, item)
            except EventSDKError as error:
                outcome = error
            gathering.settle(index, item, outcome)
        return gathering.finish()

    async def update_event(self, id: str, **fields: Any) -> str:
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
        await self._send_first(id)
        result: str = await self._call(call)
        return result

    async def delete_event(self, id: str) -> str:
        """Delete an event, for good: its id cannot be used again. An id that no event has is accepted.

        Returns:
            The id. Kafka has the deletion then.

        Raises:
            EventUnavailableError: The API did not take it. It may be sent again.
        """
        call = _api.delete(self._requests, id)
        await self._send_first(id)
        result: str = await self._call(call)
        return result

    async def _send_first(self, identity: Any) -> None:
        """What changes an event is not to arrive before the event."""
        if self._buffer is None:
            return
        number = self._buffer.number(str(identity).lower())
        if number and not await self._settled(self._buffer, number, self._settings.deadline):
            raise EventUnavailableError("the event itself still waits in the buffer: the API does not take it")

    # Reading

    async def get_event(self, id: str) -> Optional[Event]:
        """The event, None where there is none. A new one can be read a moment after it was accepted."""
        result: Optional[Event] = await self._call(_api.get(self._requests, id))
        return result

    async def wait_for_event(self, id: str, timeout: float = 10.0) -> Event:
        """The event, as soon as it can be read.

        Raises:
            EventNotFoundError: It cannot be read in time.
        """
        until = time.monotonic() + timeout
        while True:
            event = await self.get_event(id)
            if event is not None:
                return event
            if time.monotonic() >= until:
                raise EventNotFoundError(f"there is no event {id}, after {timeout} s")
            await asyncio.sleep(0.05)

    async def get_events_by_conversation(self, conversation_id: str) -> List[Event]:
        """All events of a conversation, oldest first."""
        result: List[Event] = await self._call(_api.conversation(self._requests, conversation_id))
        return result

    def iter_events_by_conversation(self, conversation_id: str, *, page_size: int = 1000) -> AsyncIterator[Event]:
        """The events of a conversation, oldest first, read in pages as they are asked for."""
        return self._pages(lambda cursor: _api.conversation_page(
            self._requests, conversation_id, page_size, cursor))

    def iter_events(
            self, *, conversation_id: Optional[str] = None, event_name: Union[str, Sequence[str], None] = None,
            error: Optional[bool] = None, latency_min: Optional[float] = None, latency_max: Optional[float] = None,
            from_: Optional[Moment] = None, to: Optional[Moment] = None, q: Optional[str] = None,
            metadata: Optional[Mapping[str, Any]] = None, page_size: int = 100) -> AsyncIterator[Event]:
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
            metadata: Optional[Mapping[str, Any]] = None, page_size: int = 100) -> AsyncIterator[Dict[str, Any]]:
        """Conversations with an event that all filters hold for, by their last event, newest first.

        Each has `conversation_id`, `first_event_at`, `last_event_at`, `event_count`, `error_count`, `total_latency`
        and `metadata`. The filters are those of `iter_events`; the figures count all events of the conversation.
        """
        filters = _api.filters(
            conversation_id=conversation_id, event_name=event_name, error=error, latency_min=latency_min,
            latency_max=latency_max, from_=from_, to=to, q=q, metadata=metadata)
        return self._pages(lambda cursor: _api.list_page(
            self._requests, "iter_conversations", "/conversations", filters, page_size, cursor))

    def _pages(self, call: Callable[[Optional[str]], Call[Page]]) -> AsyncIterator[Dict[str, Any]]:
        # The first request is made here, so that what is wrong with it is said where it is asked for.
        first = call(None)

        async def rows() -> AsyncIterator[Dict[str, Any]]:
            page: Page = await self._call(first)
            for row in page.data:
                yield row
            while page.next_cursor is not None:
                page = await self._call(call(page.next_cursor))
                for row in page.data:
                    yield row
        return rows()

    def export_events(
            self, *, conversation_id: Optional[str] = None, event_name: Union[str, Sequence[str], None] = None,
            error: Optional[bool] = None, latency_min: Optional[float] = None, latency_max: Optional[float] = None,
            from_: Optional[Moment] = None, to: Optional[Moment] = None, q: Optional[str] = None,
            metadata: Optional[Mapping[str, Any]] = None) -> AsyncIterator[Event]:
        """All events that the filters of `iter_events` pick, oldest first, as they come: in one request, without holding
        them.

        Raises:
            EventUnavailableError: While it is read: it was cut short. What came is right; the export begins anew.
        """
        filters = _api.filters(
            conversation_id=conversation_id, event_name=event_name, error=error, latency_min=latency_min,
            latency_max=latency_max, from_=from_, to=to, q=q, metadata=metadata)
        call = _api.export(self._requests, filters, "ndjson")

        async def events() -> AsyncIterator[Event]:
            lines = _api.Lines()
            async for piece in self._stream(call):
                for event in lines.feed(piece):
                    yield event
            lines.end()
        return events()

    async def export(
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
        async for piece in self._stream(_api.export(self._requests, filters, format)):
            file.write(piece)
            written += len(piece)
        return written

    async def _stream(self, call: Call[Any]) -> AsyncIterator[bytes]:
        stream: Stream = await self._call(call)
        pieces = stream.__aiter__()
        try:
            while True:
                # Errors of whoever reads are not this stream's.
                try:
                    piece = await pieces.__anext__()
                except StopAsyncIteration:
                    return
                except (OSError, DamagedAnswer) as error:
                    raise _api.cut_short(describe(error)) from None
                yield piece
        finally:
            stream.close()

    async def get_event_names(self) -> List[Dict[str, Any]]:
        """The names that events have: `event_name` and `count`, by count, highest first."""
        result: List[Dict[str, Any]] = await self._call(_api.event_names(self._requests))
        return result

    # Analytics

    async def get_error_counts(self, event_name: str, days: int = 7) -> List[Dict[str, Any]]:
        """Errors of a name a UTC day: `date`, `event_name`, `error_count`, `total_count`, for up to 3,650 days."""
        result: List[Dict[str, Any]] = await self._call(_api.error_counts(self._requests, event_name, days))
        return result

    async def get_latency_stats(self, limit: int = 100, days: Optional[int] = None) -> List[Dict[str, Any]]:
        """Conversations and names with the highest p95 latency: `conversation_id`, `event_name`, `p95_latency` in
        milliseconds, `event_count`; `limit` up to 10,000, of the last `days` or of all time."""
        result: List[Dict[str, Any]] = await self._call(
            _api.ranking(self._requests, "get_latency_stats", "/analytics/latency", limit, days))
        return result

    async def get_top_error_sessions(self, limit: int = 100, days: Optional[int] = None) -> List[Dict[str, Any]]:
        """Conversations with the highest share of errors: `conversation_id`, `total_events`, `error_events`,
        `error_rate` from 0 to 1; `limit` up to 10,000, of the last `days` or of all time."""
        result: List[Dict[str, Any]] = await self._call(
            _api.ranking(self._requests, "get_top_error_sessions", "/analytics/sessions/top-errors", limit, days))
        return result

    # Whether it is well

    async def health_check(self) -> bool:
        """Whether the API answers, now: one attempt, and no error where it does not."""
        return await self._probe("/health", self._settings.timeout) is None

    async def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Wait until the API, and Kafka and ClickHouse behind it, are ready.

        Raises:
            EventUnavailableError: They are not in time; the message says what is missing.
        """
        until = time.monotonic() + timeout
        while True:
            problem = await self._probe("/ready", max(0.05, min(self._settings.timeout, until - time.monotonic())))
            if problem is None:
                return
            if time.monotonic() >= until:
                raise EventUnavailableError(f"not ready after {timeout} s: {problem}")
            await asyncio.sleep(0.1)

    async def _probe(self, path: str, seconds: float) -> Optional[EventSDKError]:
        once = Policy(seconds, 0, 0.0, 0.0, seconds)
        try:
            await self._call(_api.status(self._requests, path), once)
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
        """A plain block or function is observed: without a buffer this client cannot record it."""
        if self._buffer is None:
            raise TypeError(
                "without buffered=True, AsyncEventClient observes coroutine functions, async generators and "
                "`async with` alone: it has to await")

    def _record(self, fields: Dict[str, Any]) -> None:
        assert self._buffer is not None
        try:
            item = self._encode(fields)
            if not self._buffer.offer(item):
                # Nothing is waited for in the event loop.
                self._buffer.refuse(item)
        except EventSDKError as error:
            self._hand_over(fields, error)

    async def _record_async(self, fields: Dict[str, Any]) -> None:
        try:
            await self.track_event(**fields)
        except EventSDKError as error:
            self._hand_over(fields, error)

    # Ending

    async def flush(self, timeout: Optional[float] = None) -> bool:
        """Wait until every event that was put into the buffer before is accepted, or was handed to `on_failure`.

        Returns:
            Whether that is so in time; what is not stays in the buffer.
        """
        return self._buffer is None or await self._settled(self._buffer, self._buffer.mark(), timeout)

    async def close(self, timeout: Optional[float] = None) -> bool:
        """Send what waits in the buffer, and end. What is not sent in time goes to `on_failure`.

        Args:
            timeout: The seconds for that; None for `close_timeout`.

        Returns:
            Whether every event was accepted, or handed to `on_failure`, in time.
        """
        in_time = True
        if self._buffer is not None:
            in_time = await asyncio.get_running_loop().run_in_executor(None, self._buffer.close, timeout)
        self._pool.close()
        # The loop closes what was aborted in its next turn.
        await asyncio.sleep(0)
        return in_time

    async def _settled(self, buffer: Buffer, number: int, seconds: Optional[float]) -> bool:
        """Whether all events up to this number are settled in time."""
        return await self._until(buffer, lambda: buffer.is_settled(number), seconds)

    async def _put(self, buffer: Buffer, item: Item) -> None:
        """Take an event as soon as there is room for it, or do what the policy says."""
        if not await self._until(buffer, lambda: buffer.offer(item), buffer.block_seconds if buffer.blocks else 0.0):
            buffer.refuse(item)

    async def _until(self, buffer: Buffer, condition: Callable[[], bool], seconds: Optional[float]) -> bool:
        """Whether the condition, which the buffer's progress may change, becomes true in time."""
        if condition():
            return True
        loop, progress = asyncio.get_running_loop(), asyncio.Event()
        until = None if seconds is None else time.monotonic() + seconds

        def changed() -> None:
            try:
                loop.call_soon_threadsafe(progress.set)
            except RuntimeError:
                pass  # The loop is closed: nobody waits here any more.

        buffer.listen(changed)
        try:
            while not condition():
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return False
                timer = None if left is None else loop.call_later(left, progress.set)
                try:
                    await progress.wait()
                finally:
                    if timer is not None:
                        timer.cancel()
                progress.clear()
            return True
        finally:
            buffer.forget(changed)

    async def __aenter__(self) -> "AsyncEventClient":
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self.close()
