"""Events as the API wants them: checked field by field, as one line of JSON."""
from __future__ import annotations

import datetime
import json
import math
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from ._errors import EventValidationError
from ._ids import check_id, new_id

# ASCII text would be half as long again, and three times as long for many languages.
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

CONVERSATION_ID_BYTES = 2048
EVENT_NAME_BYTES = 256


class Item(NamedTuple):
    """An event that is ready to be sent."""

    id: str
    line: bytes

    @property
    def event(self) -> Dict[str, Any]:
        """The event as a dictionary, to hand it back."""
        event: Dict[str, Any] = json.loads(self.line)
        return event


def wrong(field: str, what: str) -> EventValidationError:
    return EventValidationError(f"{field}: {what}", field=field)


def _text(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise wrong(field, f"must be a string, not {type(value).__name__}")
    return value


def _name(most: int) -> Callable[[str, Any], str]:
    def check(field: str, value: Any) -> str:
        text = _text(field, value)
        # A character has up to four bytes: most names are too short to be counted.
        if not text or len(text) > most // 4 and len(text.encode("utf-8", "surrogatepass")) > most:
            raise wrong(field, f"must have 1 to {most:,} bytes")
        return text
    return check


def number(field: str, value: Any) -> float:
    """A finite number. Whatever can be a float is one, but for truth values and texts."""
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise wrong(field, f"must be a number, not {type(value).__name__}")
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise wrong(field, f"must be a number: {error}") from None
    if not math.isfinite(result):
        raise wrong(field, "must be finite")
    return result


def _latency(field: str, value: Any) -> float:
    result = number(field, value)
    if result < 0:
        raise wrong(field, "must not be negative")
    return result


def _numbers(field: str, value: Any) -> list[float]:
    # What has `tolist` is an array of NumPy or the like.
    values = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__iter__"):
        raise wrong(field, f"must be a sequence of numbers, not {type(value).__name__}")
    return [number(field, each) for each in values]


def _metadata(field: str, value: Any) -> str:
    if not isinstance(value, Mapping):
        return _text(field, value)
    try:
        return _json.encode(dict(value))
    except (TypeError, ValueError) as error:
        raise wrong(field, f"cannot be written as JSON: {error}") from None


def moment(field: str, value: Any) -> str:
    """A moment as RFC 3339: from a datetime with a time zone, or from text, which the API checks."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise wrong(field, "must have a time zone, as datetime.now(timezone.utc) has")
        try:
            utc = value.astimezone(datetime.timezone.utc)
        except OverflowError as error:
            raise wrong(field, f"cannot be a time in UTC: {error}") from None
        return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, str):
        return value
    raise wrong(field, f"must be a datetime or RFC 3339 text, not {type(value).__name__}")


Checks = Dict[str, Callable[[str, Any], Any]]
_CHANGEABLE: Checks = {
    "event_name": _name(EVENT_NAME_BYTES), "input": _text, "output": _text, "latency": _latency, "error": _text,
    "conversation_metadata": _metadata, "input_embeddings": _numbers, "output_embeddings": _numbers,
}
_IMMUTABLE: Checks = {
    "id": check_id, "conversation_id": _name(CONVERSATION_ID_BYTES), "created_at": moment,
}
_ALL: Checks = {**_IMMUTABLE, **_CHANGEABLE}


def _checked(fields: Mapping[str, Any], checks: Checks) -> Dict[str, Any]:
    document = {}
    for name, value in fields.items():
        check = checks.get(name)
        if check is None:
            raise wrong(str(name), "cannot be changed" if name in _ALL else "is no field of an event that can be given")
        # As for the API, null is the same as leaving it out.
        if value is not None:
            document[name] = check(name, value)
    return document


def to_json(document: Mapping[str, Any]) -> bytes:
    """The document as UTF-8.

    Raises:
        EventValidationError: A text in it is none that UTF-8 can say.
    """
    try:
        return _json.encode(document).encode()
    except UnicodeEncodeError:
        for field, value in document.items():
            if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
                raise wrong(field, "must be Unicode text, without lone surrogates") from None
        raise


def encode_event(fields: Mapping[str, Any], *, created_at: Optional[str] = None) -> Item:
    """An event to be created.

    Args:
        fields: Its fields by name; without `id` it gets a new one.
        created_at: When it happened, where the fields do not say so.

    Raises:
        EventValidationError: A field is wrong, missing or none of an event's.
    """
    if not isinstance(fields, Mapping):
        raise EventValidationError(f"an event must be a dictionary, not {type(fields).__name__}")
    document = _checked(fields, _ALL)
    for name in ("conversation_id", "event_name"):
        if name not in document:
            raise wrong(name, "is required")
    if created_at is not None:
        document.setdefault("created_at", created_at)
    identity = document.get("id") or document.setdefault("id", new_id())
    return Item(identity, to_json(document))


def encode_update(fields: Mapping[str, Any]) -> bytes:
    """The body of an update.

    Raises:
        EventValidationError: A field is wrong or cannot be changed, or there is none.
    """
    document = _checked(fields, _CHANGEABLE)
    if not document:
        raise EventValidationError("no field to change")
    return to_json(document)


def now() -> str:
    """This moment, as an event's `created_at`."""
    return moment("created_at", datetime.datetime.now(datetime.timezone.utc))
