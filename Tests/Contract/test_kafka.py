"""The pipeline with Apache Kafka, which wants to know who asks, over TLS."""
import json
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from api import API
from pipeline import ROOT, Pipeline, until

RUN = next((folder / "shared/kafka/run" for folder in (ROOT.parent, ROOT.parent.parent)
            if (folder / "shared/kafka/run").exists()), None)


class ApacheKafka:
    """Apache Kafka for one test: `addresses` has its listeners."""

    def __init__(self, *words):
        self.process = subprocess.Popen([str(RUN), *words, "--stop-at-eof"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addresses = json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()


@unittest.skipIf(RUN is None, "Apache Kafka for tests is not on this machine (../shared/kafka)")
class Kafka(unittest.TestCase):
    def works(self, pipeline):
        """What is written is read, changed and deleted, through a consumer that dies in between."""
        client = pipeline.client()
        self.addCleanup(client.drop)
        ids = [client.post({"conversation_id": "kafka", "event_name": "event_a", "input": f"{number}"}).data["id"]
               for number in range(20)]
        until(lambda: all(client.get(f"/event/{one}").status == 200 for one in ids), 30, "20 events")
        pipeline.kill("consumer", signal.SIGKILL)
        for number, one in enumerate(ids):
            answer = client.delete(one) if number % 2 else client.put(one, {"output": "changed"})
            self.assertEqual(answer.status, 202)
        until(lambda: all(client.get(f"/event/{one}").status == 404 for one in ids[1::2]), 60, "half being deleted")
        until(lambda: all(client.get(f"/event/{one}").data["output"] == "changed" for one in ids[::2]), 30, "the changes")

    def test_with_names_and_passwords_over_tls(self):
        with ApacheKafka("--sasl", "--tls") as kafka, tempfile.TemporaryDirectory() as folder:
            address = kafka.addresses
            Path(folder, "password").write_text(address["password"] + "\n")
            safe = {"KAFKA_BROKERS": address["sasl_ssl"], "KAFKA_TLS_CA": address["ca"],
                    "KAFKA_SASL_USERNAME": address["user"], "KAFKA_SASL_PASSWORD_FILE": f"{folder}/password"}
            with Pipeline(KAFKA_SASL_MECHANISM="scram-sha-512", **safe) as pipeline:
                self.works(pipeline)
                # The other mechanisms are heard, too; whoever has the wrong password is told so, in the broker's words.
                for mechanism in ("plain", "scram-sha-256"):
                    with API(pipeline, KAFKA_SASL_MECHANISM=mechanism, KAFKA_BROKERS=address["sasl_ssl"]) as api:
                        answer = api.request("POST", "/event", {"conversation_id": "k", "event_name": "event_a"})
                        self.assertEqual(answer.status, 202)
                Path(folder, "wrong").write_text("not-this-one")
                for mechanism in ("plain", "scram-sha-256", "scram-sha-512"):
                    api = API(pipeline, KAFKA_SASL_MECHANISM=mechanism, KAFKA_BROKERS=address["sasl_ssl"],
                              KAFKA_SASL_PASSWORD_FILE=f"{folder}/wrong")
                    try:
                        answer = until(lambda: api.answer("/ready"), 20, "an answer")
                        self.assertEqual(answer.status, 503)
                        until(lambda: "uthentication" in str(api.request("GET", "/ready").json), 20, "the broker's words")
                    finally:
                        api.__exit__()
                    self.assertNotIn("not-this-one", pipeline.output)
                self.assertNotIn(address["password"], pipeline.output)

    def test_with_a_certificate_of_the_clients(self):
        with ApacheKafka("--tls", "--mutual-tls") as kafka:
            address = kafka.addresses
            settings = {"KAFKA_BROKERS": address["ssl"], "KAFKA_TLS_CA": address["ca"]}
            with Pipeline(KAFKA_TLS_CERTIFICATE=address["client_certificate"], KAFKA_TLS_KEY=address["client_key"],
                          **settings) as pipeline:
                self.works(pipeline)
                without = API(pipeline, KAFKA_TLS_CERTIFICATE="", KAFKA_TLS_KEY="", **settings)
                try:
                    answer = until(lambda: without.answer("/ready"), 20, "an answer")
                    self.assertEqual(answer.status, 503)
                finally:
                    without.__exit__()


if __name__ == "__main__":
    unittest.main()
