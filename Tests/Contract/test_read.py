"""Conversations and analytics: order, bounds, and empty lists."""
import unittest
import uuid
from urllib.parse import quote

from case import ContractCase
from pipeline import until

ANALYTICS = ("/analytics/errors?event_name=event_a", "/analytics/latency", "/analytics/sessions/top-errors")


def p95(values):
    """The 0.95 quantile by linear interpolation, both ends included."""
    values = sorted(values)
    place = 0.95 * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


class Conversations(ContractCase):
    def test_order(self):
        conversation = str(uuid.uuid4())
        made = [self.client.post(self.event(conversation_id=conversation, id=str(uuid.uuid4()))).data["id"]
                for _ in range(100)]
        path = f"/events/conversation/{conversation}"
        listed = until(lambda: (found := self.client.get(path).data) and len(found) == 100 and found, what="100 events")
        self.assertEqual(sorted(made), sorted(event["id"] for event in listed))
        self.assertEqual(listed, sorted(listed, key=lambda event: (event["created_at"], event["id"])))
        self.assertEqual(listed[0], self.client.get(f"/event/{listed[0]['id']}").data)

    def test_an_unknown_one_is_empty(self):
        response = self.client.get(f"/events/conversation/{uuid.uuid4()}")
        self.assertEqual((response.status, response.json), (200, {"success": True, "data": []}))

    def test_any_text_names_one(self):
        for name in ("with space", "a/b?c#d", "100%", "äöü 🚀", "\0", "' OR 1=1 --", "\\", "a+b", "."):
            with self.subTest(name):
                conversation = f"{name}{uuid.uuid4()}"
                made = self.create(conversation_id=conversation)
                listed = self.client.get("/events/conversation/" + quote(conversation, safe=""))
                self.assertEqual(listed.status, 200, listed)
                self.assertEqual([event["id"] for event in listed.data], [made])
                self.assertEqual(listed.data[0]["conversation_id"], conversation)

    def test_bad_escapes(self):
        for path in ("%", "%4", "%zz", "%ff", "%c3"):
            with self.subTest(path):
                self.assertRefused(self.client.get(f"/events/conversation/a{path}"))


class Analytics(ContractCase):
    def test_bounds(self):
        for path, field, wrong in (
            (ANALYTICS[0] + "&days=", "days", ("0", "-1", "3651", "x", "", "1.5", "99999999999999999999", "1e1", "%20 1")),
            (ANALYTICS[1] + "?days=", "days", ("0", "3651", "x", "")),
            (ANALYTICS[2] + "?days=", "days", ("0", "3651", "x", "")),
            (ANALYTICS[1] + "?limit=", "limit", ("0", "-1", "10001", "x", "", "1.0", "18446744073709551617")),
            (ANALYTICS[2] + "?limit=", "limit", ("0", "-1", "10001", "x", "")),
            ("/analytics/errors?days=1&event_name=", "event_name", ("",)),
        ):
            for value in wrong:
                if " " in value:
                    continue
                with self.subTest(path + value):
                    self.assertRefused(self.client.get(path + value), field)
        self.assertRefused(self.client.get("/analytics/errors"), "event_name")
        for path in (ANALYTICS[0] + "&days=1", ANALYTICS[0] + "&days=3650", ANALYTICS[1] + "?limit=1",
                     ANALYTICS[1] + "?limit=10000&days=3650", ANALYTICS[2] + "?days=1&limit=10000"):
            with self.subTest(path):
                response = self.client.get(path)
                self.assertEqual(response.status, 200, response)
                self.assertIsInstance(response.data, list)

    def test_errors_by_day(self):
        self.assertEqual(self.client.get("/analytics/errors?event_name=unseen").json, {"success": True, "data": []})
        self.assertEqual(self.client.get("/analytics/errors?event_name=no%20such%20name").data, [])
        made = [self.create(event_name="counted", error="e" if number < 3 else "") for number in range(8)]
        self.client.put(made[7], {"error": "late"})
        self.read(made[7], lambda event: event["error"] == "late")
        self.client.delete(made[0])
        self.gone(made[0])
        days = {}
        for event in (self.read(one) for one in made[1:]):
            day = days.setdefault(event["created_at"][:10], {"error_count": 0, "total_count": 0})
            day["error_count"] += event["error"] != ""
            day["total_count"] += 1
        expected = [{"date": date, "event_name": "counted", **counts} for date, counts in sorted(days.items())]
        self.assertEqual(self.client.get("/analytics/errors?event_name=counted&days=2").data, expected)

    def test_latency(self):
        conversation = f"latency-{uuid.uuid4()}"
        latencies = {"event_a": [5, 1, 9], "event_b": [1e9 + number * 7.5 for number in range(23)], "event_c": [1e9]}
        made = [self.client.post(self.event(conversation_id=f"{conversation}-{part}", event_name=name, latency=latency))
                for name, values in latencies.items() for latency in values for part in (1, 2)]
        for response in made:
            self.read(response.data["id"])
        listed = self.client.get("/analytics/latency?limit=10000").data
        self.assertEqual(listed, sorted(listed, key=lambda row: (
            -row["p95_latency"], row["conversation_id"].encode(), row["event_name"])))
        own = [row for row in listed if row["conversation_id"].startswith(conversation)]
        self.assertEqual(len(own), 6)
        for row in own:
            self.assertEqual(set(row), {"conversation_id", "event_name", "p95_latency", "event_count"})
            values = latencies[row["event_name"]]
            self.assertEqual(row["event_count"], len(values))
            self.assertAlmostEqual(row["p95_latency"] / p95(values), 1, 12)
        self.assertEqual(self.client.get("/analytics/latency?limit=2").data, listed[:2])
        # The longest are of equal latency: their conversations decide.
        self.assertEqual([row["conversation_id"] for row in own[:2]], [f"{conversation}-1", f"{conversation}-2"])

    def test_sessions_with_most_errors(self):
        start = f"sessions-{uuid.uuid4()}"
        sessions = {"all": (2, 2), "more": (3, 3), "most": (3, 3), "half": (2, 4), "none": (0, 5)}
        made = [self.client.post(self.event(conversation_id=f"{start}-{name}", error="e" if number < errors else ""))
                for name, (errors, total) in sessions.items() for number in range(total)]
        for response in made:
            self.read(response.data["id"])
        listed = self.client.get("/analytics/sessions/top-errors?limit=10000").data
        self.assertEqual(listed, sorted(listed, key=lambda row: (
            -row["error_rate"], -row["total_events"], row["conversation_id"].encode())))
        own = [row for row in listed if row["conversation_id"].startswith(start)]
        self.assertEqual([row["conversation_id"][len(start) + 1:] for row in own], ["more", "most", "all", "half", "none"])
        for row in own:
            errors, total = sessions[row["conversation_id"][len(start) + 1:]]
            self.assertEqual(row, {"conversation_id": row["conversation_id"], "total_events": total,
                                   "error_events": errors, "error_rate": errors / total})


class Health(ContractCase):
    def test_health_and_ping(self):
        self.assertEqual(self.client.get("/health").json, {"success": True, "message": "ok"})
        ping = self.client.get("/ping")
        self.assertEqual((ping.status, ping.body), (204, b""))
        self.assertNotIn("content-length", ping.headers)


if __name__ == "__main__":
    unittest.main()
