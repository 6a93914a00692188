"""The whole pipeline as a child process: `event-analytics up` on free ports, in a folder of its own."""
import atexit
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from client import Client

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("EVENT_ANALYTICS", ROOT / ".build/release/event-analytics"))
STARTER = ROOT / "Scripts/clickhouse-server"
# Names that one test alone uses, beside the default ones.
NAMES = "event_a,event_b,event_c,counted,unseen,slow"


def free_port():
    """A port that is free on loopback, below those that outgoing connections get."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def until(condition, seconds=10, what="the condition"):
    """The first true value of the condition; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.02)


def alive(process):
    """Whether a process runs: not ended, and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def peak_memory(process):
    """The most memory that a process ever had, in MiB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1024


def descendants(process):
    """The processes below one, with their command lines."""
    parents, commands = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            commands[int(entry.name)] = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
    found, level = {}, {process}
    while level:
        level = {child for child, parent in parents.items() if parent in level}
        found |= {child: commands[child] for child in level}
    return found


class Pipeline:
    """A running pipeline. Its log is `output`, beside its data."""

    def __init__(self, folder=None, **settings):
        self.temporary = None if folder else tempfile.mkdtemp(prefix="pipeline-")
        self.folder = Path(folder or self.temporary)
        self.ports = {name: free_port() for name in ("API_PORT", "BROKER_PORT", "CLICKHOUSE_PORT", "METRICS_PORT")}
        self.settings = {"EVENT_NAMES": NAMES, **{key: str(value) for key, value in settings.items()}}
        self.process = None

    @property
    def environment(self):
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("CLICKHOUSE_", "KAFKA_"))}
        return {**inherited, **{name: str(port) for name, port in self.ports.items()},
                "DATA_DIR": str(self.folder / "data"), "CLICKHOUSE_SERVER_COMMAND": str(STARTER), **self.settings}

    @property
    def port(self):
        return self.ports["API_PORT"]

    @property
    def output(self):
        return (self.folder / "output.log").read_text(errors="replace")

    def log(self, role):
        """The log of a child: api, consumer, broker or clickhouse."""
        return (self.folder / f"data/logs/{role}.log").read_text(errors="replace")

    def start(self, seconds=60):
        log = open(self.folder / "output.log", "ab")
        self.process = subprocess.Popen(
            [str(PROGRAM), "up"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, start_new_session=True)
        log.close()

        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"`up` ended with {self.process.returncode}:\n{self.output[-2000:]}")
            return self.answers()
        until(ready, seconds, "`up` being ready")
        return self

    def answers(self):
        """Whether the API and the consumer say that they are ready."""
        for port in (self.port, self.ports["METRICS_PORT"]):
            client = Client("127.0.0.1", port)
            try:
                if client.get("/ready").status != 200:
                    return False
            except OSError:
                return False
            finally:
                client.drop()
        return True

    def client(self):
        return Client("127.0.0.1", self.port)

    def child(self, role):
        """The process of a child: api, consumer, broker or clickhouse."""
        def search():
            for process, command in descendants(self.process.pid).items():
                if role == "clickhouse" and any("clickhouse-server" in word for word in command):
                    return process
                if len(command) > 1 and command[0].endswith("event-analytics") and command[1] == role:
                    return process
        return until(search, 15, f"a child that is the {role}")

    def program(self, *words, **settings):
        """Another process of the program, beside this pipeline and with its servers; its output goes to the log."""
        beside = {"KAFKA_BROKERS": f"127.0.0.1:{self.ports['BROKER_PORT']}", "CLICKHOUSE_HOST": "127.0.0.1",
                  "METRICS_PORT": str(free_port())}
        with open(self.folder / "output.log", "ab") as log:
            return subprocess.Popen([str(PROGRAM), *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log, env=self.environment | beside | settings)

    def kill(self, role, with_signal=signal.SIGKILL):
        os.kill(self.child(role), with_signal)

    def interrupt(self, seconds=30):
        """Stop it as Ctrl-C does, for the whole group; returns its exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(seconds)

    def stop(self):
        if self.process and self.process.poll() not in (None, 0, -signal.SIGKILL):
            print(f"`up` ended by itself with {self.process.returncode}:\n{self.output[-2000:]}")
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def remove(self):
        self.stop()
        if self.temporary:
            shutil.rmtree(self.temporary, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()


_shared = None


def shared():
    """One pipeline for all tests that do not hurt it."""
    global _shared
    if _shared is None:
        pipeline = Pipeline()
        atexit.register(pipeline.remove)
        _shared = pipeline.start()
    return _shared
