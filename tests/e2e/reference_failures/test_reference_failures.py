"""What went wrong in the reference implementation does not go wrong here (README.md lists it)."""

import json
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.request
from pathlib import Path

from support.http1 import ask, chat
from support.lab import DEVNET, Lab, Registry
from support.process import listening
from support.programs import FakeEngine, program, wait_for

MODEL, MODEL_HASH = "fake-model", "c0" * 32
CHAT = "/v1/chat/completions"
RUNNING, QUEUED = 2, 1


def fake(**plan) -> dict:
    return {"metadata": {"fake": plan}}


class ReferenceFailures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="cocoon-reference-")
        cls.addClassCleanup(place.cleanup)
        cls.lab = lab = Lab(Path(place.name) / "net")
        cls.addClassCleanup(lab.stop)
        cls.engines = []
        root, image, tsm = lab.start_platform()
        proxy, key_file = lab.new_proxy("proxy")
        registry = Registry((root,), image, ((MODEL, MODEL_HASH),), (proxy,))
        cls.registry = registry
        cls.proxy = lab.start_proxy(proxy, key_file, lab.world("proxy", registry))
        cls.workers = []
        for name in ("worker-1", "worker-2"):
            folder = lab.folder / name
            folder.mkdir()
            cls.engines.append(FakeEngine(folder, alias=MODEL))
            cls.addClassCleanup(cls.engines[-1].stop)
            cls.workers.append(
                lab.start_worker(
                    name, lab.world(name, registry), tsm, MODEL, {"kind": "external", "url": cls.engines[-1].url}, [proxy],
                    more=(f"[limits]\nrunning = {RUNNING}\nqueue = {QUEUED}",),
                )
            )
        cls.of_client = lab.world("client", registry)
        cls.client = lab.start_client(cls.of_client)
        lab.wait_serving(cls.client)
        wait_for("both workers", lambda: b"cocoon_evidence_total{outcome=\"accepted\"} 2" in cls.metrics(cls.client))

    @staticmethod
    def metrics(role) -> bytes:
        return ask(role.admin, "GET", "/metrics")[1]

    def counter(self, role, name: str) -> int:
        for line in self.metrics(role).decode().splitlines():
            if line.startswith(name + " "):
                return int(float(line.split()[-1]))
        self.fail(f"no metric {name}")

    def question(self, **fields) -> tuple[int, bytes]:
        return ask(self.client.port, "POST", CHAT, chat(MODEL, "hi", **fields))

    def engine_sum(self, what: str) -> int:
        total = 0
        for engine in self.engines:
            with urllib.request.urlopen(f"{engine.url}/debug/state", timeout=30) as state:
                total += json.load(state)[what]
        return total

    def raw(self, request: bytes) -> bytes:
        """Everything that the client says to these bytes."""
        with socket.create_connection(("127.0.0.1", self.client.port), timeout=60) as connection:
            heard = b""
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    heard += part
            except ConnectionError:
                pass
            return heard

    def open_stream(self, **fields) -> socket.socket:
        body = json.dumps(chat(MODEL, "hi", stream=True, **fields)).encode()
        connection = socket.create_connection(("127.0.0.1", self.client.port), timeout=60)
        head = f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1:{self.client.port}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return connection

    @staticmethod
    def read_until(connection: socket.socket, mark: bytes) -> bytes:
        heard = b""
        while mark not in heard:
            part = connection.recv(65536)
            if not part:
                raise AssertionError(f"the stream ended before {mark!r}: {heard[-300:]!r}")
            heard += part
        return heard

    def test_a_malformed_post_is_refused_and_its_client_lives(self):
        host = f"Host: 127.0.0.1:{self.client.port}\r\nContent-Type: application/json\r\n"
        post = f"POST {CHAT} HTTP/1.1\r\n{host}"
        malformed = [
            "\x00\x01\x02\x03\r\n\r\n",
            f"POST {CHAT}\r\n\r\n",
            f"POST {CHAT} HTTP/9.9\r\n{host}\r\n",
            f"{post}Content-Length: -1\r\n\r\n",
            f"{post}Content-Length: 99999999999999999999999\r\n\r\n",
            f"{post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            f"{post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
            f"{post}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
            f"{post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            f"{post}no colon here\r\n\r\n",
            f"{post}Content-Length: 4\r\n\r\n",
            f"{post}\r\n",
            f"POST /{'x' * 100_000} HTTP/1.1\r\n{host}\r\n",
        ]
        for request in malformed:
            with self.subTest(request[:60]):
                answer = self.raw(request.encode("latin-1"))
                self.assertNotIn(b" 200 ", answer[:20])
        good = json.dumps(chat(MODEL, "hi"))
        bodies = [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 100_000, good[:-1].encode(), (good + "}").encode(), b"1e999999"]
        for body in bodies:
            with self.subTest(body[:20]):
                head = f"{post}Content-Length: {len(body)}\r\n\r\n".encode()
                self.assertRegex(self.raw(head + body)[:20], rb"^HTTP/1.1 400 ")
        self.assertTrue(self.client.program.is_running())
        self.assertEqual(self.question()[0], 200)

    def test_an_unknown_model_is_told_404(self):
        status, body = ask(self.client.port, "POST", CHAT, chat("no-such-model", "hi"))
        self.assertEqual(status, 404)
        self.assertEqual(json.loads(body)["error"]["code"], "model_not_found")

    def test_requests_over_the_workers_limit_are_answered_or_told_when_to_come_back(self):
        answers: list[tuple[int, bytes]] = []
        plan = fake(tokens=4, interval_ms=100)
        count = 6 * (RUNNING + QUEUED)
        asking = [threading.Thread(target=lambda: answers.append(self.question(**plan))) for _ in range(count)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(60)
        self.assertEqual(len(answers), count)
        statuses = [status for status, _ in answers]
        self.assertLessEqual(set(statuses), {200, 429, 503})
        self.assertGreaterEqual(statuses.count(200), RUNNING)
        self.assertLess(statuses.count(200), count)
        self.assertEqual(self.question()[0], 200)

    def test_a_stream_arrives_while_the_engine_is_still_at_it(self):
        # The engine falls silent after five tokens and would never end.
        with self.open_stream(**fake(mode="hang", tokens=9, after=5)) as stream:
            heard = self.read_until(stream, b"tok4")
        wait_for("the engine is told", lambda: self.engine_sum("active") == 0)
        self.assertIn(b"text/event-stream", heard)
        self.assertGreaterEqual(heard.count(b"data: "), 5)

    def test_the_usage_of_a_stream_is_counted_whoever_asked_for_it(self):
        names = ("cocoon_input_tokens_total", "cocoon_output_tokens_total")
        before = [sum(self.counter(worker, name) for worker in self.workers) for name in names]
        with self.open_stream(**fake(tokens=7, prompt_tokens=1234567)) as stream:
            heard = self.read_until(stream, b"[DONE]")
        self.assertNotIn(b'"usage":{', heard)
        after = [sum(self.counter(worker, name) for worker in self.workers) for name in names]
        self.assertEqual([now - then for now, then in zip(after, before)], [1234567, 7])
        head = heard.split(b"\r\n\r\n")[0].decode().lower()
        receipt_id = head.split("x-cocoon-receipt: ")[1].split("\r\n")[0]
        status, receipt = ask(self.client.port, "GET", f"/v1/receipts/{receipt_id}")
        self.assertEqual(status, 200)
        self.assertIn((1234567).to_bytes(4, "big"), receipt)

    def test_an_engine_that_writes_in_capitals_is_read_to_its_end(self):
        status, body = self.question(**fake(mode="capitals", tokens=300))
        self.assertEqual(status, 200)
        self.assertIn("tok299", json.loads(body)["choices"][0]["message"]["content"])

    def test_no_header_of_the_app_reaches_the_engine(self):
        canary = "canary-that-no-worker-may-see"
        headers = {
            "Authorization": f"Bearer {canary}", "Cookie": f"session={canary}", "OpenAI-Organization": canary,
            "X-Forwarded-For": canary, "User-Agent": canary,
        }
        before = self.engine_sum("requests")
        self.assertEqual(ask(self.client.port, "POST", CHAT, chat(MODEL, "hi"), headers)[0], 200)
        self.assertEqual(self.engine_sum("requests"), before + 1)
        heads = ""
        for engine in self.engines:
            with urllib.request.urlopen(f"{engine.url}/debug/head", timeout=30) as head:
                heads += head.read().decode().lower()
        self.assertIn("content-type: application/json", heads)
        self.assertNotIn(canary, heads)
        self.assertNotIn("authorization", heads)

    def test_an_abandoned_request_stops_the_engine(self):
        cancelled = self.engine_sum("cancelled")
        with self.open_stream(**fake(tokens=100_000, interval_ms=20)) as stream:
            self.read_until(stream, b"tok2")
        wait_for("the engine is told", lambda: self.engine_sum("active") == 0)
        self.assertEqual(self.engine_sum("cancelled"), cancelled + 1)

    def test_one_request_after_another_uses_all_workers(self):
        before = [self.counter(worker, 'cocoon_requests_total{outcome="ok"}') for worker in self.workers]
        for _ in range(40):
            self.assertEqual(self.question()[0], 200)
        after = [self.counter(worker, 'cocoon_requests_total{outcome="ok"}') for worker in self.workers]
        shares = [now - then for now, then in zip(after, before)]
        self.assertEqual(sum(shares), 40)
        self.assertGreaterEqual(min(shares), 10, shares)

    def test_every_program_listens_on_loopback_only(self):
        for role in (self.client, self.proxy, *self.workers):
            doors = listening(role.program.pid)
            self.assertIn(("127.0.0.1", role.admin), doors)
            self.assertLessEqual({address for address, _ in doors}, {"127.0.0.1", "::1"}, role.program.name)

    def test_other_machines_are_let_in_only_with_keys(self):
        config = self.lab.folder / "open.toml"
        text = (
            f'network = {DEVNET}\nstate_dir = "{self.lab.folder}/open-state"\n{self.of_client.toml()}'
            'listen.host = "0.0.0.0"\n'
        )
        for more, status in (("", 1), ('listen.api_keys = ["a-key-for-tests"]\n', 0)):
            config.write_text(text + more)
            config.chmod(0o600)
            check = subprocess.run(
                [program("cocoon-client"), "--config", config, "--check"], capture_output=True, text=True, check=False
            )
            self.assertEqual(check.returncode, status, check.stderr)
            if status:
                self.assertIn("listen.api_keys", check.stderr)

    def test_a_plain_get_does_nothing_and_tells_a_web_page_nothing(self):
        before = self.engine_sum("requests")
        body = json.dumps(chat(MODEL, "hi")).encode()
        for path in (CHAT, "/v1/completions", "/v1/responses", "/v1/embeddings", f"{CHAT}?model={MODEL}&prompt=hi", "/", "/request"):
            self.assertIn(ask(self.client.port, "GET", path)[0], (404, 405))
            # A form of a page may post text without asking first.
            for media in ("text/plain", "application/x-www-form-urlencoded"):
                self.assertIn(self.post_as(path, body, media, {})[0], (404, 415))
        page = [{"Origin": "https://page.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "page.example"}]
        for headers in page:
            for path in ("/v1/models", "/v1/receipts/" + "0" * 32, CHAT):
                status, told = ask(self.client.port, "GET", path, None, headers)
                self.assertIn(status, (403, 421))
                self.assertNotIn(MODEL.encode(), told)
            for role in (self.client, self.proxy, *self.workers):
                self.assertEqual(ask(role.admin, "GET", "/metrics", None, headers)[0], 403)
            self.assertIn(self.post_as(CHAT, body, "application/json", headers)[0], (403, 421))
        self.assertEqual(self.engine_sum("requests"), before)

    def post_as(self, path: str, body: bytes, media: str, headers: dict[str, str]) -> tuple[int, bytes]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.client.port}{path}", data=body, headers={"Content-Type": media} | headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()


if __name__ == "__main__":
    unittest.main()
