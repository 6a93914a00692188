"""Settings that cannot be used: the start ends with a message that names the variable."""
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from api import API
from pipeline import PROGRAM, free_port, shared, until


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

    def test_what_belongs_together_and_what_does_not(self):
        for settings, said in (
                ({"KAFKA_TLS_CERTIFICATE": "/c"}, "KAFKA_TLS_KEY"), ({"CLICKHOUSE_TLS_KEY": "/k"}, "CLICKHOUSE_TLS_CERTIFICATE"),
                ({"KAFKA_TLS": "perhaps"}, "one of true, false"), ({"KAFKA_TLS": "false", "KAFKA_TLS_CA": "/c"}, "KAFKA_TLS_CA"),
                ({"KAFKA_TLS_CA": "/nowhere.pem"}, "/nowhere.pem"), ({"CLICKHOUSE_TLS_VERIFY": "some"}, "full, chain, none"),
                ({"KAFKA_SASL_USERNAME": "u"}, "KAFKA_SASL_PASSWORD"), ({"KAFKA_SASL_PASSWORD": "hidden"}, "KAFKA_SASL_USERNAME"),
                ({"KAFKA_SASL_USERNAME": "u", "KAFKA_SASL_PASSWORD": "hidden", "KAFKA_SASL_MECHANISM": "MD5"}, "scram-sha-512"),
                ({"CLICKHOUSE_PASSWORD": "hidden", "CLICKHOUSE_PASSWORD_FILE": "/x"}, "both set"),
                ({"CLICKHOUSE_PASSWORD_FILE": "/nowhere"}, "/nowhere"), ({"CLICKHOUSE_ADDRESSES": "a:1,b"}, "host:port")):
            with self.subTest(settings):
                status, said_ = self.start(**settings)
                self.assertEqual(status, 78)
                self.assertIn(said, said_)
                self.assertNotIn("hidden", said_)

    def test_servers_that_up_starts_speak_no_tls(self):
        for settings in ({"CLICKHOUSE_TLS": "true"}, {"KAFKA_TLS": "true"},
                         {"KAFKA_SASL_USERNAME": "u", "KAFKA_SASL_PASSWORD": "p"}):
            environment = {"PATH": os.environ["PATH"], "API_PORT": str(free_port()), "DATA_DIR": "/nowhere", **settings}
            ended = subprocess.run([str(PROGRAM), "up"], env=environment, capture_output=True, text=True, timeout=20)
            self.assertEqual(ended.returncode, 78, ended)
            self.assertIn("that run", ended.stderr)


class ClickHouseElsewhere(unittest.TestCase):
    """A ClickHouse that wants TLS: the pipeline's own, behind socat."""

    def test_tls_with_an_authority_and_a_password_from_a_file(self):
        port = free_port()
        with tempfile.TemporaryDirectory() as folder:
            def openssl(*words):
                subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "ca.pem", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
            Path(folder, "password").write_text("\n")
            Path(folder, "both.pem").write_text(Path(folder, "key.pem").read_text() + Path(folder, "ca.pem").read_text())
            proxy = subprocess.Popen(
                ["socat", f"OPENSSL-LISTEN:{port},reuseaddr,fork,bind=127.0.0.1,verify=0,cert={folder}/both.pem",
                 f"TCP:127.0.0.1:{shared().ports['CLICKHOUSE_PORT']}"], start_new_session=True, stderr=subprocess.DEVNULL)
            settings = {"CLICKHOUSE_ADDRESSES": f"localhost:{free_port()}, localhost:{port}",
                        "CLICKHOUSE_PASSWORD_FILE": f"{folder}/password"}
            try:
                with API(CLICKHOUSE_TLS_CA=f"{folder}/ca.pem", **settings) as api:
                    self.assertEqual(api.request("GET", "/event-names").status, 200)
                # Whoever does not know the authority does not trust it.
                refusing = API(CLICKHOUSE_TLS="true", **settings)
                try:
                    answer = until(lambda: refusing.answer("/ready"), 20, "an answer")
                    self.assertEqual(answer.status, 503)
                    until(lambda: "self-signed certificate" in str(refusing.request("GET", "/ready").json), 20)
                finally:
                    refusing.__exit__()
            finally:
                os.killpg(proxy.pid, signal.SIGKILL)
                proxy.wait()


if __name__ == "__main__":
    unittest.main()
