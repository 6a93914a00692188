"""What the client does when the API does not do what it should."""
import logging
import os
import time
import unittest

from setting import free_port
from scripted import Scripted, accept, unavailable

from event_client import (
    EventAuthenticationError, EventBatchError, EventBufferFullError, EventClient, EventClosedError,
    EventRateLimitError, EventUnavailableError, EventValidationError)

QUICK = dict(retry_delay=0.01, max_retry_delay=0.05)


class Faults(unittest.TestCase):
    def test_what_failed_is_sent_again_under_the_same_id(self):
        with Scripted(unavailable(0), "cut", (500, {}, b"<html>"), (202, {}, b"{damaged")) as server:
            with EventClient(server.url, **QUICK) as client:
                identity = client.track_event("c", "event_a", latency=1)
            bodies = {body for _, _, _, body in server.requests}
            self.assertEqual(len(server.requests), 5)
            self.assertEqual(len(bodies), 1)
            self.assertIn(identity.encode(), bodies.pop())

    def test_retry_after_is_waited_for(self):
        with Scripted(unavailable(1), (429, {"Retry-After": "1"}, {"success": False, "error": "too many"})) as server:
            with EventClient(server.url, **QUICK) as client:
                start = time.monotonic()
                client.track_event("c", "event_a")
                self.assertGreaterEqual(time.monotonic() - start, 2)

    def test_errors_say_what_they_are(self):
        refused = {"success": False, "error": "latency: must not be negative"}
        for status, headers, kind in [
                (400, {}, EventValidationError), (401, {}, EventAuthenticationError), (403, {}, EventAuthenticationError),
                (429, {"Retry-After": "7"}, EventRateLimitError), (503, {"Retry-After": "7"}, EventUnavailableError)]:
            with Scripted((status, headers, refused)) as server, EventClient(server.url, max_retries=0) as client:
                with self.assertRaises(kind) as caught:
                    client.track_event("c", "event_a")
                self.assertEqual(caught.exception.status, status)
                if status == 400:
                    self.assertEqual(caught.exception.field, "latency")
                if status in (429, 503):
                    self.assertEqual(caught.exception.retry_after, 7)

    def test_a_server_that_is_not_there_and_one_that_never_answers(self):
        with EventClient(f"http://127.0.0.1:{free_port()}", max_retries=2, **QUICK) as client:
            with self.assertRaises(EventUnavailableError):
                client.track_event("c", "event_a")
            self.assertFalse(client.health_check())
        with Scripted("hang") as server, EventClient(server.url, timeout=0.2, max_retries=0) as client:
            with self.assertRaises(EventUnavailableError) as caught:
                client.track_event("c", "event_a")
            self.assertTrue(caught.exception.outcome_unknown)

    def test_an_update_that_may_have_been_taken_is_not_repeated(self):
        with Scripted("hang") as server, EventClient(server.url, timeout=0.2, **QUICK) as client:
            with self.assertRaises(EventUnavailableError) as caught:
                client.update_event("01890a5d-ac96-774b-bcce-b302099a8057", error="x")
            self.assertTrue(caught.exception.outcome_unknown)
            self.assertEqual(len(server.requests), 1)

    def test_what_is_wrong_is_refused_before_it_is_sent(self):
        with Scripted() as server, EventClient(server.url) as client:
            for field, fields in [
                    ("latency", {"latency": float("nan")}), ("latency", {"latency": -1}), ("input", {"input": 5}),
                    ("id", {"id": "7"}), ("output_embeddings", {"output_embeddings": [float("inf")]})]:
                with self.assertRaises(EventValidationError) as caught:
                    client.track_event("c", "event_a", **fields)
                self.assertEqual(caught.exception.field, field)
            with self.assertRaises(EventValidationError):
                client.track_event("", "event_a")
            self.assertEqual(server.requests, [])

    def test_items_that_are_refused_are_named_and_the_others_are_in(self):
        def partly(body):
            status, headers, answer = accept(body)
            answer["data"]["ids"][1] = None
            answer["data"].update(accepted=2, rejected=1, errors=[{"index": 1, "error": "event_name: must be known"}])
            return 207, headers, answer
        with Scripted(partly) as server, EventClient(server.url) as client:
            with self.assertRaises(EventBatchError) as caught:
                client.track_events([{"conversation_id": "c", "event_name": "event_a"}] * 3)
            result = caught.exception.batch
            self.assertEqual([refusal.index for refusal in result.refused], [1])
            self.assertEqual(result.refused[0].field, "event_name")
            self.assertEqual([identity is None for identity in result.ids], [False, True, False])

    def test_the_key_goes_out_and_is_not_logged(self):
        with Scripted(unavailable(0)) as server, self.assertLogs("event_client", logging.DEBUG) as logs:
            logging.getLogger("event_client").debug("begin")
            with EventClient(server.url, api_key="sesame-open", **QUICK) as client:
                client.track_event("c", "event_a")
                self.assertNotIn("sesame", repr(client))
            self.assertEqual(server.requests[0][2]["authorization"], "Bearer sesame-open")
            self.assertNotIn("sesame", "\n".join(logs.output))


class Buffering(unittest.TestCase):
    def test_what_cannot_be_sent_is_handed_back(self):
        handed = []
        with Scripted(*[unavailable(0)] * 10_000) as server:
            client = EventClient(server.url, buffered=True, buffer_deadline=0.3, flush_interval=0.01,
                                 on_failure=lambda event, error: handed.append((event["id"], type(error))), **QUICK)
            ids = [client.track_event("c", "event_a") for _ in range(50)]
            self.assertTrue(client.close(10))
        self.assertEqual(sorted(identity for identity, _ in handed), sorted(ids))
        self.assertEqual({kind for _, kind in handed}, {EventUnavailableError})
        with self.assertRaises(EventClosedError):
            client.track_event("c", "event_a")

    def test_it_holds_no_more_than_it_may(self):
        with Scripted("hang") as server:
            client = EventClient(server.url, buffered=True, buffer_events=20, when_full="raise", flush_interval=0.01,
                                 on_failure=lambda event, error: None)
            with self.assertRaises(EventBufferFullError):
                for _ in range(100):
                    client.track_event("c", "event_a")
            self.assertLessEqual(client.buffered_events, 20)
            server.ended.set()
            client.close(0)

    def test_a_process_that_ends_sends_what_waits(self):
        with Scripted() as server:
            child = os.fork()
            if child == 0:
                try:
                    client = EventClient(server.url, buffered=True, flush_interval=60)
                    for _ in range(10):
                        client.track_event("c", "event_a")
                    import atexit
                    atexit._run_exitfuncs()
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            self.assertEqual(sum(body.count(b"event_a") for _, _, _, body in server.requests), 10)


if __name__ == "__main__":
    unittest.main()
