"""The API's description, held against what it answers to thousands of requests made from it, good and bad."""
import os
import re
import subprocess
import tempfile

from case import ContractCase
from pipeline import ROOT

# Not asked: whether every body that the description allows is taken (it cannot say what a cursor is, or which times are
# too far off), and whether every other is refused as a whole (of a batch, items are refused one by one).
UNASKED = "negative_data_rejection,positive_data_acceptance"


# One worker: CPython 3.11 fails now and then where several threads parse Python at once, which hypothesis does.
WORKERS = "1"


class Schemathesis(ContractCase):
    def test_two_thousand_requests_have_answers_as_described(self):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run(
                [ROOT / ".build/venv/bin/schemathesis", "run", f"http://127.0.0.1:{self.pipeline.port}/openapi.json",
                 "--checks", "all", "--exclude-checks", UNASKED, "--phases", "examples,coverage,fuzzing",
                 "--max-examples", "40", "--seed", "1", "--workers", WORKERS, "--continue-on-failure",
                 # It is open until the client leaves.
                 "--exclude-path", "/events/live", "--suppress-health-check", "all", "--warnings", "off", "--no-color"],
                cwd=folder, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, timeout=300)
        self.assertEqual(run.returncode, 0, run.stdout[-20_000:] + run.stderr)
        cases = re.search(r"(\d+) generated", run.stdout)
        self.assertIsNotNone(cases, run.stdout)
        self.assertGreaterEqual(int(cases[1]), 2_000)
        self.assertEqual(self.client.get("/ready").status, 200)
