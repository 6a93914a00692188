"""The Swift client, as a program of its users: Snippets/EventClientExample.swift against the running pipeline."""
import os
import subprocess
import unittest
from pathlib import Path

from case import ContractCase
from pipeline import ROOT

EXAMPLE = Path(os.environ.get("EVENT_CLIENT_EXAMPLE", ROOT / ".build/debug/EventClientExample"))


class SwiftClientTest(ContractCase):
    def test_the_example_does_what_it_says(self):
        self.assertTrue(EXAMPLE.exists(), f"{EXAMPLE} is missing: swift build --product EventClientExample")
        environment = {**os.environ, "API_BASE_URL": f"http://127.0.0.1:{self.pipeline.port}/"}
        run = subprocess.run([EXAMPLE], env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(run.stdout.splitlines(), [
            "refused: event 1, latency: must be a finite number of at least 0",
            "read: 102 events, the first is event_b",
            "changed: output is empty, plan pro",
            # The first event, the only one with metadata, took 120.5 ms.
            "slow: 1",
            "errors today: some",
            "p95: 94.05",
            "deleted",
        ])


if __name__ == "__main__":
    unittest.main()
