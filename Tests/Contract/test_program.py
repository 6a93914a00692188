"""The program as a person meets it: its help, its refusals, the tour, and what `up` does when a part cannot run."""
import os
import re
import shutil
import signal
import socket
import subprocess
import unittest

from case import ContractCase
from client import Client
from pipeline import PROGRAM, ROOT, STARTER, Pipeline, descendants, free_port, until

COMMANDS = ("up", "api", "consumer", "broker", "migrate", "health")
README = (ROOT / "README.md").read_text()


def run(*arguments, **settings):
    environment = {"PATH": os.environ["PATH"], **{name: str(value) for name, value in settings.items()}}
    return subprocess.run([str(PROGRAM), *arguments], env=environment, timeout=30, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


class Help(unittest.TestCase):
    def test_the_program_lists_its_commands(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            shown = run(*arguments)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            for command in COMMANDS:
                self.assertRegex(shown.stdout, rf"(?m)^  {command} +\S")

    def test_each_command_has_a_text_of_its_own(self):
        texts = set()
        for command in COMMANDS:
            shown = [run(command, "--help"), run(command, "-h"), run("help", command)]
            for answer in shown:
                self.assertEqual((answer.returncode, answer.stderr), (0, ""), command)
                self.assertEqual(answer.stdout, shown[0].stdout)
            text = shown[0].stdout
            texts.add(text)
            self.assertTrue(text.startswith(f"usage: event-analytics {command}"), text)
            for part in ("Arguments:", "Exit status:", "Settings"):
                self.assertIn(part, text, command)
            self.assertLessEqual(max(map(len, text.splitlines())), 120)
        self.assertEqual(len(texts), len(COMMANDS))
        self.assertIn("SERVICE", run("health", "--help").stdout)

    def test_every_setting_that_the_readme_lists_is_read_by_up(self):
        table = README.partition("## Settings")[2].partition("\n## ")[0]
        settings = {name for row in re.findall(r"(?m)^\| (`[^|]*) \|", table) for name in re.findall(r"`([A-Z_]+)`", row)}
        self.assertGreater(len(settings), 20)
        shown = set(re.findall(r"[A-Z_]{5,}", run("help", "up").stdout))
        self.assertEqual(settings - shown, set())

    def test_what_is_not_understood_is_named(self):
        for arguments, word in ((["--loud"], "--loud"), (["dance"], "dance"), (["up", "--loud"], "--loud"),
                                (["up", "now"], "now"), (["api", "--port=1"], "--port"), (["health", "nobody"], "nobody"),
                                (["health", "api", "consumer"], "consumer"), (["help", "dance"], "dance"), ([], "command")):
            with self.subTest(arguments):
                answer = run(*arguments)
                self.assertEqual(answer.returncode, 64, answer)
                self.assertEqual(answer.stdout, "")
                self.assertIn(word, answer.stderr)
                self.assertIn("help", answer.stderr)


    def test_what_is_mistyped_is_guessed(self):
        answer = run("helth")
        self.assertEqual(answer.returncode, 64)
        self.assertIn("unknown command 'helth': do you mean 'health'?", answer.stderr)
        answer = run("help", "consumr")
        self.assertIn("do you mean 'consumer'?", answer.stderr)
        port = free_port()
        answer = run("health", API_PORT=port, KAFKA_BROKER="localhost:9092", KAFKA_HOME="/opt/kafka", API_KEY="secret")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("event-analytics health: KAFKA_BROKER is set: do you mean KAFKA_BROKERS?", answer.stderr)
        for other in ("KAFKA_HOME", "API_KEY", "secret"):
            self.assertNotIn(other, answer.stderr)
        # Nothing is missing where the right one is set, too.
        answer = run("health", API_PORT=port, KAFKA_BROKER="a:1", KAFKA_BROKERS="b:1")
        self.assertNotIn("do you mean", answer.stderr)


class Ports(unittest.TestCase):
    def test_no_two_parts_of_up_share_a_port(self):
        names = ("API_PORT", "METRICS_PORT", "BROKER_PORT", "CLICKHOUSE_PORT")
        for first in names:
            for second in names[names.index(first) + 1:]:
                with self.subTest(first=first, second=second):
                    ports = {name: free_port() for name in names}
                    ports[second] = ports[first]
                    answer = run("up", DATA_DIR="/nonexistent", CLICKHOUSE_SERVER_COMMAND=STARTER, **ports)
                    self.assertEqual(answer.returncode, 78, answer)
                    self.assertIn(first, answer.stderr)
                    self.assertIn(second, answer.stderr)
                    self.assertIn(str(ports[first]), answer.stderr)

    def test_ports_of_servers_elsewhere_are_not_its_own(self):
        """With a ClickHouse elsewhere its port may be the API's: another thing is refused, if any."""
        port = free_port()
        answer = run("up", DATA_DIR="/proc/none", CLICKHOUSE_HOST="127.0.0.1", API_PORT=port, CLICKHOUSE_PORT=port)
        self.assertNotIn("CLICKHOUSE_PORT", answer.stderr)


class Tour(ContractCase):
    def run_tour(self):
        """Run the tour's commands in one shell; returns what each step printed."""
        tour = README.partition("## A tour")[2].partition("\n## ")[0]
        steps = [re.sub(r"(?m)^    ", "", step) for step in re.findall(r"(?:(?m:^    .*)\n)+", tour)]
        commands = [step for step in steps if not step.startswith("{")]
        self.assertGreater(len(commands), 4)
        api = f"http://127.0.0.1:{self.pipeline.port}"
        # "A moment later": once the event is there.
        moment = f'until curl -sf {api}/event/$id >/dev/null; do sleep 0.05; done\ncurl '
        script = ["set -eu"]
        for step in commands:
            step = re.sub("(?m)^curl ", moment, step.replace("http://127.0.0.1:8080", api))
            script += [step, 'echo; echo "--- step"']
        # The export is written where the tour is taken.
        ended = subprocess.run(["bash", "-c", "\n".join(script)], cwd=self.pipeline.folder, timeout=60,
                               capture_output=True, text=True)
        self.assertEqual(ended.returncode, 0, ended)
        return [step.strip() for step in ended.stdout.split("--- step") if step.strip()]

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_it_works_as_often_as_it_is_taken(self):
        ids = set()
        for _ in range(2):
            printed = self.run_tour()
            self.assertIn('"event creation queued"', printed[0])
            made = re.search(r'"id":"([^"]+)"', printed[0])[1]
            ids.add(made)
            self.assertIn("Where is my order?", printed[1])
            for step in printed:
                self.assertIn('"success":true', step.split("\n")[-1])
            self.gone(made)
        self.assertEqual(len(ids), 2)

    def test_the_screen_names_another_event_each_time(self):
        shown = re.findall(r'/event -d \'\{"id":"([0-9a-f-]{36})"', self.pipeline.output)
        self.assertTrue(shown)
        self.assertEqual({event[14] for event in shown}, {"7"})
        self.assertNotIn("01890a5d-ac96-774b-bcce-b302099a8057", shown)


class CannotRun(unittest.TestCase):
    """A consumer that says it cannot run: everything else goes on, so that whoever looks after it can cure it."""

    def test_the_rest_of_up_goes_on_without_the_consumer(self):
        pipeline = Pipeline()
        self.addCleanup(pipeline.remove)
        pipeline.start()
        client = pipeline.client()
        made = client.post({"conversation_id": "c", "event_name": "event_a"}).data["id"]
        until(lambda: client.get(f"/event/{made}").status == 200, 10, "the event")
        client.drop()
        self.assertEqual(pipeline.interrupt(), 0)
        # The database knows of a topic that is not there any more.
        shutil.rmtree(pipeline.folder / "data/broker")
        (pipeline.folder / "output.log").unlink()

        log = open(pipeline.folder / "output.log", "ab")
        pipeline.process = subprocess.Popen(
            [str(PROGRAM), "up"], cwd=pipeline.folder, env=pipeline.environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, start_new_session=True)
        log.close()
        until(lambda: "consumer cannot run" in pipeline.output, 60, "the reason on the console")
        until(lambda: "The event pipeline runs." in pipeline.output, 30, "the rest being ready")
        client = pipeline.client()
        self.assertEqual(client.get("/ping").status, 204)
        self.assertEqual(client.get(f"/event/{made}").status, 200)
        self.assertEqual(client.post({"conversation_id": "c", "event_name": "event_a"}).status, 202)
        client.drop()
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", pipeline.ports["METRICS_PORT"]), timeout=1).close()
        # It is tried again, and told of once.
        first = self.starts(pipeline)
        until(lambda: self.starts(pipeline) > first, 30, "another try")
        self.assertEqual(pipeline.output.count("consumer cannot run"), 1, pipeline.output)
        self.assertIsNone(pipeline.process.poll())
        self.assertEqual(pipeline.interrupt(), 0)

    @staticmethod
    def starts(pipeline):
        """How often the consumer has said why it cannot run."""
        return pipeline.log("consumer").count("event-analytics consumer:")

    def test_what_dies_is_started_again(self):
        pipeline = Pipeline()
        self.addCleanup(pipeline.remove)
        with pipeline:
            for role in ("api", "consumer"):
                before = pipeline.child(role)
                os.kill(before, signal.SIGKILL)
                until(lambda: any(process != before for process, command in descendants(pipeline.process.pid).items()
                                  if len(command) > 1 and command[1] == role), 15, f"another {role}")
            until(pipeline.answers, 30, "all being ready again")


if __name__ == "__main__":
    unittest.main()
