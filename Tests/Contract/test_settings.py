"""Settings that cannot be used: the start ends with a message that names the variable."""
import os
import subprocess
import unittest

from pipeline import PROGRAM, free_port


class Refused(unittest.TestCase):
    def start(self, **settings):
        environment = {"PATH": os.environ["PATH"], "API_PORT": str(free_port()), **settings}
        ended = subprocess.run([str(PROGRAM), "api"], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                               timeout=20)
        return ended.returncode, (ended.stdout + ended.stderr).decode()

    def test_names_and_sizes(self):
        for name, value, reason in (
                ("EVENT_NAMES", "event_a," + "é" * 128 + "x", "256 bytes"), ("EVENT_NAMES", "a,,b", "none of them empty"),
                # The topic has room for no larger operation.
                ("MAX_BODY_BYTES", "16711681", "from 1 to 16711680"), ("MAX_BODY_BYTES", "0", "from 1 to 16711680"),
                ("MAX_BATCH_BYTES", "67108865", "from 1 to 67108864"), ("MAX_BATCH_ITEMS", "0", "from 1 to 100000")):
            with self.subTest(name, value=value[:20]):
                status, said = self.start(**{name: value})
                self.assertNotEqual(status, 0)
                self.assertIn(name, said)
                self.assertIn(reason, said)


if __name__ == "__main__":
    unittest.main()
