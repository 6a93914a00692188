"""Many events in as few requests as it takes."""
from __future__ import annotations

import json
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from ._calls import Answer, Call, Requests, error_of, field_of
from ._errors import BatchResult, EventBatchError, EventSDKError, EventValidationError, Refusal
from ._events import Item, encode_event
from ._machine import Machine, Policy, perform
from ._settings import Settings

#: For each item None where the API has it, else why not.
Outcomes = List[Optional[EventSDKError]]


def batch_call(requests: Requests, items: Sequence[Item]) -> Call[Outcomes]:
    """The request that creates the items, a line each."""
    def read(answer: Answer) -> Outcomes:
        document = json.loads(answer.body)
        if answer.status == 400 and not (isinstance(document, dict) and isinstance(document.get("data"), dict)):
            # It is the whole body that is refused.
            raise error_of(answer)
        ids, errors = document["data"]["ids"], document["data"]["errors"]
        outcomes: Outcomes = [None] * len(items)
        for error in errors:
            # An index that is out of range, or no number, means that the answer belongs to other items.
            outcomes[error["index"]] = EventValidationError(
                error["error"], field=field_of(error["error"]), status=answer.status,
                request_id=answer.headers.get("x-request-id"))
        expected = [None if outcome else item.id for item, outcome in zip(items, outcomes)]
        if ids != expected:
            raise ValueError("the ids are not those that were sent")
        return outcomes

    body = b"\n".join([item.line for item in items])
    request = requests.make("track_events", "POST", "/events/batch", body, kind="application/x-ndjson")
    return Call(request, read, statuses=(202, 207, 400))


def send_items(requests: Requests, items: Sequence[Item], policy: Policy) -> Machine[Outcomes]:
    """Create the items with one request, or more where the API takes fewer at once. Raises nothing of an API's."""
    try:
        return (yield from perform(batch_call(requests, items), policy))
    except EventSDKError as error:
        if error.status != 413 or len(items) == 1:
            return [error] * len(items)
    # How many items and bytes a batch may have is the API's setting, and halves get there soon.
    middle = len(items) // 2
    first = yield from send_items(requests, items[:middle], policy)
    if stops(first[-1]):
        return first + [first[-1]] * (len(items) - middle)
    return first + (yield from send_items(requests, items[middle:], policy))


def stops(outcome: Optional[EventSDKError]) -> bool:
    """Whether what holds for this item holds for all behind it: the API is away, and not the item wrong."""
    return outcome is not None and not isinstance(outcome, EventValidationError)


class Gathering:
    """Goes through the events of one call, and keeps what becomes of each."""

    def __init__(self, encode: Callable[[Mapping[str, Any]], Item]) -> None:
        self._encode = encode
        self._ids: List[Optional[str]] = []
        self._refused: List[Refusal] = []
        self._unsent: List[Item] = []
        self._failure: Optional[EventSDKError] = None

    def items(self, events: Iterable[Mapping[str, Any]]) -> Iterator[Tuple[int, Item]]:
        """Those that are right, with their places; none behind an error that stops everything."""
        for index, fields in enumerate(events):
            self._ids.append(None)
            try:
                item = self._encode(fields)
            except EventValidationError as error:
                self._refused.append(Refusal(index, error))
                continue
            if self._failure is None:
                yield index, item
            else:
                self._unsent.append(item)

    def settle(self, index: int, item: Item, outcome: Optional[EventSDKError]) -> None:
        """What became of one: None where it is accepted."""
        if outcome is None:
            self._ids[index] = item.id
        elif stops(outcome):
            self._failure = self._failure or outcome
            self._unsent.append(item)
        else:
            self._refused.append(Refusal(index, outcome))

    @property
    def stopped(self) -> bool:
        """Whether an error stops everything."""
        return self._failure is not None

    def skip(self, item: Item) -> None:
        """One that is not even tried."""
        self._unsent.append(item)

    def finish(self) -> List[str]:
        """All ids.

        Raises:
            EventBatchError: Some were refused.
            EventSDKError: What stopped everything. What was accepted before stands in the error's `batch`.
        """
        refused = sorted(self._refused, key=lambda refusal: refusal.index)
        failure = self._failure
        if failure is None and refused:
            first = refused[0]
            failure = EventBatchError(
                f"{len(refused)} of {len(self._ids)} events are refused; the first, at index {first.index}: "
                f"{first.error}", field=first.field, status=first.error.status, request_id=first.error.request_id)
        if failure is not None:
            failure.batch = BatchResult(self._ids, refused, [item.event for item in self._unsent])
            raise failure
        return [identity for identity in self._ids if identity is not None]


def send_all(requests: Requests, settings: Settings, policy: Policy, events: Iterable[Mapping[str, Any]]
             ) -> Machine[List[str]]:
    """Create any number of events; gives their ids in order, or raises what `Gathering.finish` raises."""
    gathering = Gathering(encode_event)
    chunk: List[Tuple[int, Item]] = []
    size = 0

    def send() -> Machine[None]:
        outcomes = yield from send_items(requests, [item for _, item in chunk], policy)
        for (index, item), outcome in zip(chunk, outcomes):
            gathering.settle(index, item, outcome)
        chunk.clear()

    for index, item in gathering.items(events):
        if chunk and (len(chunk) >= settings.batch_size or size + len(item.line) >= settings.batch_bytes):
            yield from send()
            size = 0
        if gathering.stopped:
            gathering.skip(item)
            continue
        chunk.append((index, item))
        size += len(item.line) + 1
    if chunk:
        yield from send()
    return gathering.finish()
