"""The Python client of the event analytics pipeline.

    from event_client import EventClient

    client = EventClient("http://127.0.0.1:8080")
    client.track_event("conversation-1", "event_a", input="Where is my order?", output="On its way.", latency=120.5)

`AsyncEventClient` has the same calls for asyncio. What happens is told by the logger `event_client`.
"""
from ._async import AsyncEventClient
from ._client import EventClient
from ._core import VERSION as __version__
from ._errors import (
    BatchResult, EventAuthenticationError, EventBatchError, EventBufferFullError, EventClosedError,
    EventNotFoundError, EventRateLimitError, EventSDKError, EventUnavailableError, EventValidationError, Refusal)
from ._ids import new_id
from ._observe import Observation, Observe

__all__ = [
    "AsyncEventClient", "BatchResult", "EventAuthenticationError", "EventBatchError", "EventBufferFullError",
    "EventClient", "EventClosedError", "EventNotFoundError", "EventRateLimitError", "EventSDKError",
    "EventUnavailableError", "EventValidationError", "Observation", "Observe", "Refusal", "__version__", "new_id",
]
