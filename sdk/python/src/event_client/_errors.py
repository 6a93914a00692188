"""What can go wrong. Every error of this package is an `EventSDKError`."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional


class EventSDKError(Exception):
    """What every error of this package is.

    Attributes:
        message: What is wrong, for people.
        status: The HTTP status of the API's answer, None where there was none.
        request_id: The answer's `X-Request-Id`, under which the API's log has the reason; None where there was none.
        batch: Of a call that sends many events, what became of them; None for other calls.
    """

    def __init__(self, message: str, *, status: Optional[int] = None, request_id: Optional[str] = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.request_id = request_id
        self.batch: Optional[BatchResult] = None


class EventValidationError(EventSDKError):
    """What was asked for is not what the API takes: the same call fails again.

    Attributes:
        field: The field or parameter that is wrong, None where it is none in particular.
    """

    def __init__(self, message: str, *, field: Optional[str] = None, status: Optional[int] = None,
                 request_id: Optional[str] = None) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.field = field


class EventBatchError(EventValidationError):
    """Some events of a batch were refused, all others are accepted: `batch` says which. `field` is the first one's."""


class EventNotFoundError(EventSDKError):
    """There is no such event, or no such path at this base URL."""


class EventAuthenticationError(EventSDKError):
    """The API key is missing or wrong (401), or may not do this (403)."""


class EventUnavailableError(EventSDKError):
    """The API could not be reached, did not answer in time, or cannot do it now. All attempts were in vain.

    Attributes:
        retry_after: The seconds after which the API wants to be asked again, None where it did not say.
        outcome_unknown: Whether an attempt may have been taken although no answer said so. Creates and deletes may be
            sent again in any case, with the same id; an update only where no later one may be overtaken by it.
    """

    def __init__(self, message: str, *, retry_after: Optional[float] = None, outcome_unknown: bool = False,
                 status: Optional[int] = None, request_id: Optional[str] = None) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


class EventRateLimitError(EventSDKError):
    """The API refuses because this client asks too much (429).

    Attributes:
        retry_after: The seconds after which the API wants to be asked again, None where it did not say.
    """

    def __init__(self, message: str, *, retry_after: Optional[float] = None, status: Optional[int] = None,
                 request_id: Optional[str] = None) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.retry_after = retry_after


class EventBufferFullError(EventSDKError):
    """The buffer has no room for the event, which was not taken."""


class EventClosedError(EventSDKError):
    """The client is closed."""


@dataclass(frozen=True)
class Refusal:
    """One event that was refused.

    Attributes:
        index: Its place in the list that was given, from 0.
        error: What is wrong with it; `error.field` is the field.
    """

    index: int
    error: EventSDKError

    @property
    def field(self) -> Optional[str]:
        """The field that is wrong, None where it is none in particular."""
        return getattr(self.error, "field", None)


@dataclass(frozen=True)
class BatchResult:
    """What became of the events of one call.

    Attributes:
        ids: The ids in the order of the events, None for each that is not known to be accepted.
        refused: Those that the API or this package found wrong; the same events are refused again.
        unsent: Those that found no taker, with their ids: giving them to `track_events` again is safe.
    """

    ids: List[Optional[str]] = field(default_factory=list)
    refused: List[Refusal] = field(default_factory=list)
    unsent: List[Dict[str, Any]] = field(default_factory=list)
