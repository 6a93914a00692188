"""The API's calls, one function each: what they send, what they check before, and what their answers mean."""
from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union
from urllib.parse import quote, urlencode

from ._calls import Answer, Call, Requests, envelope, error_of
from ._errors import EventUnavailableError
from ._events import CONVERSATION_ID_BYTES, EVENT_NAME_BYTES, Item, encode_update, moment, number, wrong
from ._ids import check_id

Event = Dict[str, Any]
Parameters = List[Tuple[str, str]]


class Page(NamedTuple):
    """A page of a list, and where the next one begins; None on the last."""

    data: List[Dict[str, Any]]
    next_cursor: Optional[str]


def create(requests: Requests, item: Item) -> Call[str]:
    """Creates an event; gives its id."""
    return Call(requests.make("track_event", "POST", "/event", item.line), _queued(item.id), statuses=(202,))


def update(requests: Requests, event_id: Any, fields: Mapping[str, Any]) -> Call[str]:
    """Changes fields of an event; gives its id."""
    identity = check_id("id", event_id)
    request = requests.make("update_event", "PUT", f"/event/{identity}", encode_update(fields))
    return Call(request, _queued(identity), statuses=(202,), overtakes=True)


def delete(requests: Requests, event_id: Any) -> Call[str]:
    """Deletes an event for good; gives its id."""
    identity = check_id("id", event_id)
    return Call(requests.make("delete_event", "DELETE", f"/event/{identity}"), _queued(identity), statuses=(202,))


def _queued(identity: str) -> Any:
    def read(answer: Answer) -> str:
        if envelope(answer)["data"]["id"] != identity:
            raise ValueError("the answer is about another event")
        return identity
    return read


def get(requests: Requests, event_id: Any) -> Call[Optional[Event]]:
    """One event, None where there is none."""
    identity = check_id("id", event_id)

    def read(answer: Answer) -> Optional[Event]:
        if answer.status == 404:
            # Something else that answers 404 is not to pass for "there is no such event".
            if json.loads(answer.body)["error"] != "event not found":
                raise error_of(answer)
            return None
        event = envelope(answer)["data"]
        if event["id"] != identity:
            raise ValueError("the answer is about another event")
        return dict(event)
    return Call(requests.make("get_event", "GET", f"/event/{identity}"), read, statuses=(200, 404))


def _rows(answer: Answer) -> List[Dict[str, Any]]:
    data = envelope(answer)["data"]
    if not isinstance(data, list):
        raise ValueError("the answer has no list")
    return data


def _page(answer: Answer) -> Page:
    document = envelope(answer)
    data, cursor = document["data"], document["next_cursor"]
    if not isinstance(data, list) or not isinstance(cursor, (str, type(None))):
        raise ValueError("the answer is no page")
    return Page(data, cursor)


def _query(path: str, parameters: Parameters) -> str:
    try:
        return f"{path}?{urlencode(parameters, quote_via=quote)}" if parameters else path
    except UnicodeEncodeError:
        names = [name for name, value in parameters if not _is_text(name + value)]
        raise wrong(names[0], "must be Unicode text, without lone surrogates") from None


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _whole(name: str, value: Any, most: int) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise wrong(name, f"must be a whole number from 1 to {most:,}")
    return str(value)


def _conversation_path(conversation_id: Any) -> str:
    if not isinstance(conversation_id, str):
        raise wrong("conversation_id", f"must be a string, not {type(conversation_id).__name__}")
    if not _is_text(conversation_id):
        raise wrong("conversation_id", "must be Unicode text, without lone surrogates")
    if not 1 <= len(conversation_id.encode()) <= CONVERSATION_ID_BYTES:
        raise wrong("conversation_id", f"must have 1 to {CONVERSATION_ID_BYTES:,} bytes")
    # Proxies take dots that stand alone for a way up.
    path = quote(conversation_id, safe="")
    return "/events/conversation/" + (path.replace(".", "%2E") if path in (".", "..") else path)


def conversation(requests: Requests, conversation_id: Any) -> Call[List[Event]]:
    """All events of a conversation, oldest first."""
    path = _conversation_path(conversation_id)
    return Call(requests.make("get_events_by_conversation", "GET", path), _rows)


def conversation_page(requests: Requests, conversation_id: Any, limit: int, cursor: Optional[str]) -> Call[Page]:
    """Some events of a conversation, oldest first."""
    parameters = [("limit", _whole("page_size", limit, 10_000))] + _cursor(cursor)
    target = _query(_conversation_path(conversation_id), parameters)
    return Call(requests.make("iter_events_by_conversation", "GET", target), _page)


def _cursor(cursor: Optional[str]) -> Parameters:
    return [] if cursor is None else [("cursor", cursor)]


def list_page(requests: Requests, name: str, path: str, filters: Parameters, limit: int, cursor: Optional[str]
              ) -> Call[Page]:
    """A page of `/events` or `/conversations`."""
    parameters = filters + [("limit", _whole("page_size", limit, 1_000))] + _cursor(cursor)
    return Call(requests.make(name, "GET", _query(path, parameters)), _page)


def export(requests: Requests, filters: Parameters, form: str) -> Call[Any]:
    """A stream of all that the filters pick."""
    if form not in ("ndjson", "csv"):
        raise wrong("format", "must be 'ndjson' or 'csv'")
    request = requests.make("export", "GET", _query("/export", filters + [("format", form)]), streamed=True)
    return Call(request, lambda answer: answer.stream)


def event_names(requests: Requests) -> Call[List[Dict[str, Any]]]:
    """The names that events have."""
    return Call(requests.make("get_event_names", "GET", "/event-names"), _rows)


def error_counts(requests: Requests, event_name: Any, days: Any) -> Call[List[Dict[str, Any]]]:
    """Errors a day."""
    parameters = [("event_name", _event_name(event_name)), ("days", _whole("days", days, 3650))]
    return Call(requests.make("get_error_counts", "GET", _query("/analytics/errors", parameters)), _rows)


def ranking(requests: Requests, name: str, path: str, limit: Any, days: Any) -> Call[List[Dict[str, Any]]]:
    """One of the two rankings."""
    parameters = [("limit", _whole("limit", limit, 10_000))]
    if days is not None:
        parameters.append(("days", _whole("days", days, 3650)))
    return Call(requests.make(name, "GET", _query(path, parameters)), _rows)


def status(requests: Requests, path: str) -> Call[bool]:
    """Whether `/health` or `/ready` says yes."""
    return Call(requests.make(path, "GET", path), lambda answer: bool(envelope(answer)))


def _event_name(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value.encode("utf-8", "surrogatepass")) <= EVENT_NAME_BYTES:
        raise wrong("event_name", f"must be a string of 1 to {EVENT_NAME_BYTES} bytes")
    return value


def filters(*, conversation_id: Optional[str], event_name: Union[str, Sequence[str], None], error: Optional[bool],
            latency_min: Optional[float], latency_max: Optional[float], from_: Any, to: Any, q: Optional[str],
            metadata: Optional[Mapping[str, Any]]) -> Parameters:
    """What picks events, as parameters.

    Raises:
        EventValidationError: One is wrong.
    """
    parameters: Parameters = []
    if conversation_id is not None:
        parameters.append(("conversation_id", _filter("conversation_id", conversation_id)))
    for name in [event_name] if isinstance(event_name, str) else event_name or ():
        parameters.append(("event_name", _event_name(name)))
    if error is not None:
        if not isinstance(error, bool):
            raise wrong("error", "must be True or False")
        parameters.append(("error", "true" if error else "false"))
    for field, bound in (("latency_min", latency_min), ("latency_max", latency_max)):
        if bound is not None:
            parameters.append((field, repr(number(field, bound))))
    for field, parameter, time in (("from_", "from", from_), ("to", "to", to)):
        if time is not None:
            parameters.append((parameter, moment(field, time)))
    if q is not None:
        parameters.append(("q", _filter("q", q)))
    for path, value in (metadata or {}).items():
        name = f"metadata.{_filter('metadata', path)}"
        # As JSON writes them, but for texts, which stand for themselves.
        parameters.append((name, value if isinstance(value, str) else json.dumps(value)))
    return parameters


def _filter(field: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise wrong(field, "must be a string that is not empty")
    return value


class Lines:
    """Events from NDJSON that comes in pieces."""

    def __init__(self) -> None:
        self._left = b""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that are whole.

        Raises:
            EventUnavailableError: A line is no event.
        """
        *lines, self._left = (self._left + piece).split(b"\n")
        return map(self._event, filter(None, lines))

    def end(self) -> None:
        """Nothing more comes.

        Raises:
            EventUnavailableError: The last line is not whole.
        """
        if self._left.strip():
            raise cut_short("its last line is not whole")

    def _event(self, line: bytes) -> Event:
        try:
            event = json.loads(line)
        except ValueError:
            raise cut_short("a line of it is no JSON") from None
        if not isinstance(event, dict):
            raise cut_short("a line of it is no event")
        return event


def cut_short(reason: str) -> EventUnavailableError:
    """An export that came in part; what came of it is right."""
    return EventUnavailableError(f"the export was cut short: {reason}")
