"""The course of a call, as a generator that decides and moves no bytes: it gives actions, and is told their outcomes.

A driver for threads and one for asyncio carry the actions out, so that both retry in the same way.
"""
from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass
from typing import Any, Callable, Generator, Optional, TypeVar, Union

from ._calls import Answer, Call, Failure, Request, error_of, wants_retry
from ._errors import EventClosedError, EventSDKError, EventUnavailableError
from ._settings import Settings

T = TypeVar("T")
logger = logging.getLogger("event_client")


@dataclass(frozen=True)
class Send:
    """Send a request, and tell the `Answer` or the `Failure`.

    Attributes:
        timeout: The seconds that this attempt may take, once it has a connection.
        deadline: The moment, of the monotonic clock, at which it has to be over in any case.
        fresh: Whether it wants a connection that nobody has used.
    """

    request: Request
    timeout: float
    deadline: float
    fresh: bool = False


@dataclass(frozen=True)
class Sleep:
    """Do nothing for some seconds."""

    seconds: float


Action = Union[Send, Sleep]
Machine = Generator[Action, Any, T]


@dataclass(frozen=True)
class Policy:
    """How patient a call is.

    Attributes:
        timeout: The seconds for an attempt.
        retries: How many attempts may follow the first one, None for as many as the deadline allows.
        delay: The most that the first wait may take, in seconds; it doubles with each.
        longest_delay: What no wait goes beyond, but where the API asks for more.
        seconds: What the call may take with all its attempts.
        given_up: Whether nobody waits for the outcome any more.
    """

    timeout: float
    retries: Optional[int]
    delay: float
    longest_delay: float
    seconds: float
    clock: Callable[[], float] = time.monotonic
    uniform: Callable[[float, float], float] = random.uniform
    given_up: Callable[[], bool] = lambda: False

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        return cls(settings.timeout, settings.max_retries, settings.retry_delay, settings.max_retry_delay,
                   settings.deadline)

    def wait(self, retry: int, asked: Optional[float]) -> float:
        """The seconds before a retry, counted from 0: full jitter, behind what the API asks for."""
        most = min(self.longest_delay, self.delay * 2.0 ** min(retry, 64))
        return (asked or 0.0) + self.uniform(0.0, most)


def perform(call: Call[T], policy: Policy) -> Machine[T]:
    """Make a call, with all its attempts.

    Raises:
        EventSDKError: What the API answered, or that it did not.
    """
    deadline = policy.clock() + policy.seconds
    retry, fresh, unknown = 0, False, False
    while True:
        outcome = yield Send(call.request, policy.timeout, deadline, fresh)
        asked: Optional[float] = None
        late = call.may_come_late(outcome)
        unknown = unknown or call.may_have_been_taken(outcome)
        if isinstance(outcome, Answer):
            if outcome.status in call.statuses:
                try:
                    return call.read(outcome)
                except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                    error: EventSDKError = EventUnavailableError(
                        "the API's answer is damaged, or comes from something else", outcome_unknown=True,
                        status=outcome.status, request_id=outcome.headers.get("x-request-id"))
            else:
                error = error_of(outcome, outcome_unknown=unknown)
                if not wants_retry(outcome.status):
                    raise error
                asked = outcome.retry_after
        else:
            if outcome.stale and not fresh:
                # The API closes connections that nobody uses: that is no failure, and a fresh one tells more.
                logger.debug("%s: a kept connection was closed, trying a fresh one", call.request.name)
                fresh = True
                continue
            error = EventUnavailableError(outcome.reason, outcome_unknown=unknown)
        if call.overtakes and late:
            # Sent again, it could come into effect a second time after another update that follows this one.
            error.args = (f"{error.message}; the update may still come into effect, and is not sent again",)
            raise error
        if policy.given_up():
            raise EventUnavailableError(f"closed before the API took it: {error.message}", outcome_unknown=unknown)
        wait = policy.wait(retry, asked)
        if policy.retries is not None and retry >= policy.retries or policy.clock() + wait >= deadline:
            logger.debug("%s: failed for good after %d attempts: %s", call.request.name, retry + 1, error.message)
            raise error
        retry += 1
        logger.info("%s: attempt %d failed, again in %.2f s: %s", call.request.name, retry, wait, error.message)
        yield Sleep(wait)
        if policy.given_up():
            raise EventUnavailableError(f"closed before the API took it: {error.message}", outcome_unknown=unknown)


def closed() -> EventClosedError:
    return EventClosedError("the client is closed")
