"""A network whose every process can be killed, stopped and started again, and questions whose answers are known."""

import http.client
import json
import os
import threading
import time
import unittest
import urllib.request
from pathlib import Path

from support.http1 import ask
from support.lab import Lab, Registry, Role, model_hash
from support.programs import FakeEngine, Program, program, wait_for

MODEL, MODEL_HASH = "fake-model", "c0" * 32
CHAT = "/v1/chat/completions"
# A peer that says nothing is pinged after 15 s and given up 10 s later (src/net/limits.h).
PEER_SILENT_MAX_S = 25


def tokens(count: int) -> str:
    return " ".join(f"tok{i}" for i in range(count))


class Rig:
    """Proxies, workers with an engine each, and a client."""

    def __init__(
        self, folder: Path, proxies: int = 1, workers: int = 1, worker_more: tuple[str, ...] = (), proxy_more: str = "",
        client_more: str = "", client_state: Path | None = None, registry: dict | None = None,
        model: Path | None = None,
    ):
        """`…_more` are lines of TOML for each such role; `registry` has fields of support.lab.Registry.
        With a `model` the workers supervise their engines themselves, in the place of llama-server."""
        self.lab = lab = Lab(folder)
        self.model = MODEL
        self.engines: list[FakeEngine] = []
        self.platform: Program
        self.proxies: list[Role] = []
        self.workers: list[Role] = []
        try:
            root, image, tsm = lab.start_platform()
            self.platform = lab.running[-1]
            named = [lab.new_proxy(f"proxy-{i + 1}") for i in range(proxies)]
            listed = [proxy for proxy, _ in named]
            digest = model_hash(model) if model else MODEL_HASH
            believed = Registry((root,), image, ((MODEL, digest),), tuple(listed), **(registry or {}))
            self.world = world = lab.world("all", believed)
            self.proxies = [lab.start_proxy(proxy, key, world, proxy_more) for proxy, key in named]
            for i in range(workers):
                engine = {"kind": "llama-server", "program": program("fake-engine")} if model else self._new_engine()
                self.workers.append(
                    lab.start_worker(
                        f"worker-{i + 1}", world, tsm, MODEL, engine, listed, model_path=model, more=worker_more
                    )
                )
            self.client = lab.start_client(world, more=client_more, state=client_state)
            self.wait_whole()
        except BaseException:
            self.stop()
            raise

    def _new_engine(self) -> dict:
        place = self.lab.folder / f"engine-{len(self.engines) + 1}"
        place.mkdir()
        self.engines.append(FakeEngine(place, alias=MODEL))
        return {"kind": "external", "url": self.engines[-1].url}

    def stop(self) -> None:
        for role in [*self.proxies, *self.workers]:
            continue_(role.program)
        self.lab.stop()
        for engine in self.engines:
            continue_(engine)
            engine.stop()

    def wait_whole(self, seconds: float = 60) -> None:
        """Every worker linked to every proxy, and every one of both kinds has carried an answer for the client."""

        def is_linked() -> bool:
            linked = all(metric(worker, "cocoon_proxies_attached") == len(self.proxies) for worker in self.workers)
            attached = all(metric(proxy, "cocoon_workers_attached") == len(self.workers) for proxy in self.proxies)
            return linked and attached and metric(self.client, "cocoon_proxies_attached") == len(self.proxies)

        everyone = [*self.proxies, *self.workers]
        answered = 'cocoon_requests_total{outcome="ok"}'
        wait_for("the whole network", is_linked, seconds)
        before = [metric(role, answered) for role in everyone]

        def is_used() -> bool:
            self.ask(tokens=1)
            return all(metric(role, answered) > count for role, count in zip(everyone, before))

        wait_for("answers by everyone", is_used, seconds)
        wait_for("rest", lambda: all(engine_state(engine)["active"] == 0 for engine in self.engines), seconds)

    # Questions.

    def ask(self, **plan) -> "Asking":
        asking = Asking(self.client.port, **plan)
        asking.join()
        return asking

    def begin(self, **plan) -> "Asking":
        """A stream of which the first token has come."""
        asking = Asking(self.client.port, stream=True, **plan)
        if not asking.began.wait(30):
            raise AssertionError(f"no first token within 30 s: {asking}")
        return asking

    def place_of(self, active: int = 1) -> int:
        """The number of the worker whose engine has the request."""

        def busy() -> list[int]:
            return [i for i, engine in enumerate(self.engines) if engine_state(engine)["active"] == active]

        return wait_for("a request at an engine", busy)[0]


class Asking(threading.Thread):
    """One question under way. `plan` says how the fake engine shall answer (tests/fakes)."""

    def __init__(self, port: int, stream: bool = False, timeout: float = 120, **plan):
        super().__init__(daemon=True)
        self.expected = tokens(plan.get("tokens", 8))
        self.is_stream = stream
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.error: Exception | None = None  # of the connection to the client
        self.began = threading.Event()
        self.seconds = 0.0
        self._port, self._timeout = port, timeout
        messages = [{"role": "user", "content": "hi"}]
        self._body = json.dumps(
            {"model": MODEL, "stream": stream, "messages": messages, "metadata": {"fake": plan}}
        ).encode()
        self.start()

    def run(self) -> None:
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        try:
            connection.request("POST", CHAT, self._body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self.status = answer.status
            self.headers = {name.lower(): value for name, value in answer.getheaders()}
            while part := answer.read1(65536):
                self.body += part
                if b"tok0" in self.body:
                    self.began.set()
        except (OSError, http.client.HTTPException) as error:
            self.error = error
        finally:
            connection.close()
            self.seconds = time.monotonic() - begun

    def join(self, timeout: float | None = 150) -> None:
        super().join(timeout)
        if self.is_alive():
            raise AssertionError(f"a question without an end: {self}")

    def text(self) -> str:
        """What the model said, as far as it came."""
        if not self.is_stream:
            return json.loads(self.body)["choices"][0]["message"]["content"]
        events = [line[6:] for line in self.body.decode().split("\n") if line.startswith("data: {")]
        deltas = [json.loads(event)["choices"][0]["delta"] for event in events if '"choices"' in event]
        return "".join(delta.get("content") or "" for delta in deltas)

    def is_whole(self) -> bool:
        if self.error or self.status != 200 or (self.is_stream and not self.body.endswith(b"data: [DONE]\n\n")):
            return False
        return self.text() == self.expected

    def is_told_error(self) -> bool:
        """An OpenAI error object, as the answer or as the stream's last event, and no [DONE]."""
        if self.error or b"[DONE]" in self.body:
            return False
        last = self.body
        if self.status == 200:
            events = [event for event in self.body.split(b"\n\n") if event.startswith(b"data: ")]
            last = events[-1][6:] if self.is_stream and events else b"{}"
        return {"message", "type", "code"} <= set(json.loads(last).get("error", {}))

    def __str__(self) -> str:
        return f"status {self.status}, error {self.error!r}, body {self.body[-300:]!r}"


def engine_state(engine: FakeEngine) -> dict:
    with urllib.request.urlopen(f"{engine.url}/debug/state", timeout=10) as state:
        return json.load(state)


def metric(role: Role, name: str) -> float:
    page = ask(role.admin, "GET", "/metrics")[1].decode()
    return next(float(line.split()[-1]) for line in page.splitlines() if line.startswith(f"{name} "))


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def continue_(program: Program) -> None:
    """Ends a SIGSTOP, so that the process can be ended in order."""
    if program.is_running():
        os.kill(program.pid, 18)


class Case(unittest.TestCase):
    def assert_whole(self, asking: Asking) -> None:
        self.assertTrue(asking.is_whole(), str(asking))

    def assert_told_error(self, asking: Asking) -> None:
        self.assertTrue(asking.is_told_error(), str(asking))
