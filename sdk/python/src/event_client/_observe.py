"""Observing calls: how long they take, what goes in, what comes out, and what goes wrong."""
from __future__ import annotations

import asyncio
import functools
import inspect
import json
import time
from types import TracebackType
from typing import Any, Callable, Dict, List, Mapping, Optional, Set, Type, TypeVar, Union

from ._events import now
from ._ids import new_id

F = TypeVar("F", bound=Callable[..., Any])
#: Longer texts are cut: an event has room for a mebibyte, and whoever observes wants to see it, not to lose it.
LONGEST_TEXT = 100_000


def as_text(value: Any) -> str:
    """A value as an event's text: texts as they are, None as nothing, all else as JSON or as Python shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=repr)
        except Exception:
            try:
                text = repr(value)
            except Exception as error:
                text = f"<{type(value).__name__}, whose repr fails: {type(error).__name__}>"
    if len(text) > LONGEST_TEXT:
        text = f"{text[:LONGEST_TEXT]}… ({len(text)} characters in all)"
    return text.encode("utf-8", "backslashreplace").decode()


def error_text(error: BaseException) -> str:
    """An error as an event's text."""
    try:
        detail = str(error)
    except Exception:
        detail = ""
    return as_text(f"{type(error).__name__}: {detail}" if detail else type(error).__name__)


class Observation:
    """One call that is observed. What is set in it is recorded.

    Attributes:
        id: The id that the event will have.
        input: What went in; any value, texts stand as they are.
        output: What came out, likewise.
        error: What went wrong; an exception that leaves the block is recorded here by itself.
        latency: The milliseconds that it took; None has them measured.
        conversation_metadata: Text, or a dictionary that is written as JSON.
    """

    def __init__(self, input: Any, conversation_metadata: Union[str, Mapping[str, Any]]) -> None:
        self.id = new_id()
        self.input = input
        self.output: Any = None
        self.error: Union[str, BaseException] = ""
        self.latency: Optional[float] = None
        self.conversation_metadata = conversation_metadata
        self._created_at = now()
        self._start = time.perf_counter()

    def end(self, error: Optional[BaseException] = None) -> None:
        """The call is over."""
        if self.latency is None:
            self.latency = (time.perf_counter() - self._start) * 1000
        if error is not None:
            self.error = error

    def fields(self, conversation_id: Any, event_name: str) -> Dict[str, Any]:
        """The event."""
        error = error_text(self.error) if isinstance(self.error, BaseException) else as_text(self.error)
        return {"id": self.id, "conversation_id": conversation_id, "event_name": event_name,
                "input": as_text(self.input), "output": as_text(self.output), "latency": self.latency, "error": error,
                "conversation_metadata": self.conversation_metadata, "created_at": self._created_at}


class _Collected:
    """What a generator gave: the text of texts, else a list. Bounded, since generators need not end."""

    def __init__(self) -> None:
        self._items: List[Any] = []
        self._size = 0

    def add(self, item: Any) -> None:
        if self._size < LONGEST_TEXT:
            if not isinstance(item, str):
                item = as_text(item) if isinstance(item, (bytes, bytearray)) else item
            self._items.append(item)
            self._size += len(item) if isinstance(item, str) else 100

    def output(self) -> Any:
        return "".join(self._items) if all(isinstance(item, str) for item in self._items) else self._items


class Observe:
    """What `client.observe(...)` gives: a decorator, and a context manager to be entered once."""

    def __init__(self, client: Any, conversation_id: Union[str, Callable[..., str]], event_name: str, *, input: Any,
                 conversation_metadata: Union[str, Mapping[str, Any]], record_input: bool, record_output: bool) -> None:
        self._client, self._conversation_id, self._event_name = client, conversation_id, event_name
        self._input, self._metadata = input, conversation_metadata
        self._record_input, self._record_output = record_input, record_output
        self._entered: Optional[Observation] = None

    # As a context manager

    def _enter(self) -> Observation:
        if self._entered is not None:
            raise RuntimeError("observe(...) is entered a second time: make one for each block")
        if callable(self._conversation_id):
            raise TypeError("conversation_id must be a string for a block: there are no arguments to make it from")
        self._entered = Observation(self._input, self._metadata)
        return self._entered

    def _leave(self, error: Optional[BaseException]) -> Dict[str, Any]:
        observation = self._entered
        assert observation is not None
        observation.end(error)
        return observation.fields(self._conversation_id, self._event_name)

    def __enter__(self) -> Observation:
        self._client._must_record_here()
        return self._enter()

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self._client._record(self._leave(error))

    async def __aenter__(self) -> Observation:
        return self._enter()

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self._record_later(self._leave(error))

    async def _record_later(self, fields: Dict[str, Any]) -> None:
        # Whoever is cancelled meanwhile goes, and the event is recorded all the same.
        task = asyncio.ensure_future(self._client._record_async(fields))
        _recording.add(task)
        task.add_done_callback(_recording.discard)
        await asyncio.shield(task)

    # As a decorator

    def __call__(self, function: F) -> F:
        """The function, observed: plain, a coroutine function, or a generator function of either kind."""
        if inspect.isasyncgenfunction(function):
            wrapper: Any = self._async_generator(function)
        elif inspect.iscoroutinefunction(function):
            wrapper = self._coroutine(function)
        else:
            self._client._must_record_here()
            wrapper = self._generator(function) if inspect.isgeneratorfunction(function) else self._plain(function)
        result: F = functools.wraps(function)(wrapper)
        return result

    def _begin(self, signature: Optional[inspect.Signature], args: Any, kwargs: Any) -> Observation:
        given: Any = self._input
        if given is None and self._record_input:
            given = _arguments(signature, args, kwargs)
            # Made text now: the function may change what it was given.
            given = as_text(given)
        return Observation(given, self._metadata)

    def _end(self, observation: Observation, args: Any, kwargs: Any, output: Any = None,
             error: Optional[BaseException] = None) -> Dict[str, Any]:
        observation.end(error)
        if self._record_output:
            observation.output = output
        conversation: Any = self._conversation_id
        if callable(conversation):
            try:
                conversation = conversation(*args, **kwargs)
            except Exception as reason:
                # It is observed that is not to be harmed: the event is refused, and handed over, with this reason.
                conversation = _Unknown(reason)
        return observation.fields(conversation, self._event_name)

    def _plain(self, function: Callable[..., Any]) -> Any:
        signature = _signature(function)

        def call(*args: Any, **kwargs: Any) -> Any:
            observation = self._begin(signature, args, kwargs)
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                self._client._record(self._end(observation, args, kwargs, error=error))
                raise
            self._client._record(self._end(observation, args, kwargs, result))
            return result
        return call

    def _coroutine(self, function: Callable[..., Any]) -> Any:
        signature = _signature(function)

        async def call(*args: Any, **kwargs: Any) -> Any:
            observation = self._begin(signature, args, kwargs)
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                await self._record_later(self._end(observation, args, kwargs, error=error))
                raise
            await self._record_later(self._end(observation, args, kwargs, result))
            return result
        return call

    def _generator(self, function: Callable[..., Any]) -> Any:
        signature = _signature(function)

        def call(*args: Any, **kwargs: Any) -> Any:
            observation, collected = self._begin(signature, args, kwargs), _Collected()
            failure: Optional[BaseException] = None
            generator = function(*args, **kwargs)
            step: Callable[[], Any] = functools.partial(next, generator)
            try:
                while True:
                    try:
                        item = step()
                    except StopIteration as stop:
                        return stop.value
                    collected.add(item)
                    try:
                        sent = yield item
                    except GeneratorExit:
                        # Whoever reads it has enough: no error, and what came so far is the output.
                        generator.close()
                        raise
                    except BaseException as error:
                        step = functools.partial(generator.throw, error)
                    else:
                        step = functools.partial(generator.send, sent)
            except GeneratorExit:
                raise
            except BaseException as error:
                failure = error
                raise
            finally:
                self._client._record(self._end(observation, args, kwargs, collected.output(), failure))
        return call

    def _async_generator(self, function: Callable[..., Any]) -> Any:
        signature = _signature(function)

        async def call(*args: Any, **kwargs: Any) -> Any:
            observation, collected = self._begin(signature, args, kwargs), _Collected()
            failure: Optional[BaseException] = None
            generator = function(*args, **kwargs)
            step: Callable[[], Any] = generator.__anext__
            try:
                while True:
                    try:
                        item = await step()
                    except StopAsyncIteration:
                        return
                    collected.add(item)
                    try:
                        sent = yield item
                    except GeneratorExit:
                        await generator.aclose()
                        raise
                    except BaseException as error:
                        step = functools.partial(generator.athrow, error)
                    else:
                        step = functools.partial(generator.asend, sent)
            except GeneratorExit:
                raise
            except BaseException as error:
                failure = error
                raise
            finally:
                await self._record_later(self._end(observation, args, kwargs, collected.output(), failure))
        return call


class _Unknown:
    """A conversation id that could not be made."""

    def __init__(self, reason: Exception) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"<unknown: {error_text(self.reason)}>"


def _signature(function: Callable[..., Any]) -> Optional[inspect.Signature]:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _arguments(signature: Optional[inspect.Signature], args: Any, kwargs: Any) -> Any:
    """What a function was given: one argument alone, else all of them by name."""
    try:
        named: Dict[str, Any] = dict(signature.bind(*args, **kwargs).arguments) if signature else {}
    except TypeError:
        named = {}
    if not named and (args or kwargs):
        named = {**{str(place): value for place, value in enumerate(args)}, **kwargs}
    first = next(iter(named), None)
    if first in ("self", "cls"):
        del named[first]
    return next(iter(named.values())) if len(named) == 1 else named or None


_recording: "Set[asyncio.Future[Any]]" = set()
