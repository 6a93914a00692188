"""What is asked of the API, as values: `Request` is what goes out, `Answer` and `Failure` are what may come of it."""
from __future__ import annotations

import email.utils
import gzip
import json
import re
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Generic, Optional, TypeVar

from ._errors import (
    EventAuthenticationError, EventNotFoundError, EventRateLimitError, EventSDKError, EventUnavailableError,
    EventValidationError)
from ._http import request_bytes
from ._settings import Settings

T = TypeVar("T")

#: The API says so where Kafka may still take an operation after it has answered 503.
_PENDING = "did not acknowledge"


@dataclass(frozen=True)
class Request:
    """A request, encoded once and sent as often as it takes."""

    #: What the log calls it: paths and parameters may hold what no log should.
    name: str
    method: str
    data: bytes
    #: Whether the answer's body is given as it comes, where its status is 200.
    streamed: bool = False


@dataclass
class Answer:
    """A whole answer; of a streamed one the head, and where the body comes from."""

    status: int
    headers: Dict[str, str]
    body: bytes = b""
    stream: Any = None

    @property
    def retry_after(self) -> Optional[float]:
        """The seconds to wait, by the answer's `Retry-After`: a number of seconds or a date."""
        return retry_after(self.headers.get("retry-after"), time.time())


@dataclass
class Failure:
    """No answer came of an attempt.

    Attributes:
        reason: Why, for people.
        sent: Whether the whole request may have reached the API.
        timed_out: Whether it took too long; the API may still be at it.
        stale: Whether a kept connection had been closed meanwhile, so that a fresh one may do at once.
    """

    reason: str
    sent: bool = False
    timed_out: bool = False
    stale: bool = False


def retry_after(value: Optional[str], now: float) -> Optional[float]:
    """The seconds that a `Retry-After` means, None where it is none."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:10])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request, and what its answer means.

    Attributes:
        read: Makes of an answer of one of the statuses what the caller gets; a `ValueError` or the like means that the
            answer is damaged.
        statuses: The statuses that are no error.
        overtakes: Whether sending it again while an earlier attempt may still come into effect can undo what came
            between them. So it is for updates alone: a create of an id that is there changes nothing, and nothing
            comes after a delete.
    """

    request: Request
    read: Callable[[Answer], T]
    statuses: tuple[int, ...] = (200,)
    overtakes: bool = False

    def may_come_late(self, outcome: "Answer | Failure") -> bool:
        """Whether the attempt may come into effect after this outcome of it."""
        if isinstance(outcome, Failure):
            return outcome.timed_out and outcome.sent
        if outcome.status == 503:
            return _PENDING in error_text(outcome)
        return outcome.status >= 500

    def may_have_been_taken(self, outcome: "Answer | Failure") -> bool:
        """Whether the attempt may be in effect, or come into it, although no answer said so."""
        return outcome.sent if isinstance(outcome, Failure) else self.may_come_late(outcome)


def wants_retry(status: int) -> bool:
    """Whether the same request may succeed another time."""
    return status in (408, 429) or status >= 500


def error_text(answer: Answer) -> str:
    """What the API says is wrong."""
    try:
        document = json.loads(answer.body)
        if isinstance(document["error"], str):
            return document["error"][:2000]
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    return f"the answer has the status {answer.status}"


_FIELD = re.compile(r"(?:item: )?([a-z][a-z_]*(?:\.[^:]+)?)(?:: | must )")


def field_of(message: str) -> Optional[str]:
    """The field that an error of the API names: it stands at its beginning."""
    found = _FIELD.match(message)
    return found.group(1) if found else None


def error_of(answer: Answer, *, outcome_unknown: bool = False) -> EventSDKError:
    """The error that an answer is."""
    message, status, request_id = error_text(answer), answer.status, answer.headers.get("x-request-id")
    if status in (401, 403):
        return EventAuthenticationError(message, status=status, request_id=request_id)
    if status == 404:
        return EventNotFoundError(message, status=status, request_id=request_id)
    if status == 429:
        return EventRateLimitError(message, retry_after=answer.retry_after, status=status, request_id=request_id)
    if wants_retry(status):
        return EventUnavailableError(message, retry_after=answer.retry_after, outcome_unknown=outcome_unknown,
                                     status=status, request_id=request_id)
    if status in (400, 413, 415, 422):
        return EventValidationError(message, field=field_of(message), status=status, request_id=request_id)
    if 300 <= status < 400:
        message = "the answer is a redirect, and none is followed: base_url must be the API's own"
    return EventSDKError(message, status=status, request_id=request_id)


def envelope(answer: Answer) -> Dict[str, Any]:
    """The JSON of an answer that is no error."""
    document = json.loads(answer.body)
    if not isinstance(document, dict) or document.get("success") is not True:
        raise ValueError("the answer is not what the API answers")
    return document


class Requests:
    """Makes requests, with the headers that all of them have."""

    def __init__(self, settings: Settings, agent: str) -> None:
        self._base = settings.address.base
        self._gzip_min_bytes = settings.gzip_min_bytes
        self._headers = {"Host": settings.address.authority, "User-Agent": agent, "Accept": "*/*"}
        if settings.gzip_min_bytes is not None:
            self._headers["Accept-Encoding"] = "gzip"
        if settings.api_key is not None:
            self._headers["Authorization"] = f"Bearer {settings.api_key}"

    def make(self, name: str, method: str, target: str, body: Optional[bytes] = None, *,
             kind: str = "application/json", streamed: bool = False) -> Request:
        headers = self._headers
        if body is not None:
            headers = {**headers, "Content-Type": kind}
            if self._gzip_min_bytes is not None and len(body) >= self._gzip_min_bytes:
                # The quickest level: what it saves beyond costs more time than the network takes.
                body = gzip.compress(body, 1, mtime=0)
                headers["Content-Encoding"] = "gzip"
        return Request(name, method, request_bytes(method, self._base + target, headers, body), streamed)
