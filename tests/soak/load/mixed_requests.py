"""Apps of every temper: each request ends as it should, or as it may while processes are being killed."""

import collections
import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Callable

from failure.rig import CHAT, MODEL, Asking

JSON = {"Content-Type": "application/json"}
# Refusals that a network may give whose processes die: each with an OpenAI error object.
MAY_BE_REFUSED = {429, 502, 503, 504}
OVERSIZE = b'{"model":"x","messages":[],"user":"' + b"x" * (17 << 20) + b'"}'


class Apps:
    """Threads that ask until they are stopped. What may not happen is kept in `wrong`."""

    def __init__(self, port: int, seed: int, count: int):
        self.port = port
        self.counts: collections.Counter[str] = collections.Counter()
        self.wrong: list[str] = []
        self._is_over = threading.Event()
        self._pause = threading.Event()
        self._threads = [threading.Thread(target=self._live, args=(seed + i,), daemon=True) for i in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(180)
            if thread.is_alive():
                self.wrong.append("an app that never got its answer")

    def _live(self, seed: int) -> None:
        draw = random.Random(seed)
        kinds: dict[Callable[[random.Random], str], int] = {
            self.plain: 30, self.stream: 30, self.abort: 10, self.large_prompt: 5, self.unknown_model: 5, self.malformed: 5,
            self.keep_alive: 5, self.slow_reader: 3, self.oversize: 1, self.many_connections: 1,
        }
        while not self._is_over.is_set():
            kind = draw.choices(list(kinds), list(kinds.values()))[0]
            try:
                self.counts[f"{kind.__name__}: {kind(draw)}"] += 1
            except Exception as error:  # whatever it is, it is a finding
                self.wrong.append(f"{kind.__name__}: {error!r}")
            time.sleep(draw.uniform(0, 0.05))

    def _judged(self, asking: Asking) -> str:
        asking.join()
        if asking.is_whole():
            return "answered"
        if asking.is_told_error() and (asking.status == 200 or asking.status in MAY_BE_REFUSED):
            return f"told {asking.status}"
        raise AssertionError(str(asking))

    def _post(self, body: bytes, path: str = CHAT) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            connection.request("POST", path, body, JSON)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _refused(self, got: tuple[int, bytes], status: int) -> str:
        if got[0] != status or "error" not in json.loads(got[1]):
            raise AssertionError(f"{got[0]} {got[1][:200]!r} instead of {status}")
        return "refused"

    def plain(self, draw: random.Random) -> str:
        return self._judged(Asking(self.port, tokens=draw.randrange(1, 60), interval_ms=draw.randrange(3)))

    def stream(self, draw: random.Random) -> str:
        plan = {"tokens": draw.randrange(1, 120), "interval_ms": draw.randrange(20), "chunk_bytes": 0}
        return self._judged(Asking(self.port, stream=True, **plan))

    def abort(self, draw: random.Random) -> str:
        """Goes away before, at or after the first token."""
        body = {"model": MODEL, "stream": True, "messages": [], "metadata": {"fake": {"tokens": 500, "interval_ms": 10}}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            connection.request("POST", CHAT, json.dumps(body).encode(), JSON)
            if draw.random() < 0.3:
                return "at once"
            answer = connection.getresponse()
            for _ in range(draw.randrange(1, 5)):
                answer.read1(4096)
            return "in the middle"
        finally:
            connection.close()

    def large_prompt(self, draw: random.Random) -> str:
        content = "x" * draw.randrange(1 << 20)
        body = {"model": MODEL, "messages": [{"role": "user", "content": content}], "metadata": {"fake": {"tokens": 3}}}
        status, answer = self._post(json.dumps(body).encode())
        if status == 200 and b"tok0 tok1 tok2" in answer:
            return "answered"
        if status in MAY_BE_REFUSED and "error" in json.loads(answer):
            return f"told {status}"
        raise AssertionError(f"{status} {answer[:200]!r}")

    def unknown_model(self, draw: random.Random) -> str:
        return self._refused(self._post(json.dumps({"model": f"none-{draw.random()}", "messages": []}).encode()), 404)

    def malformed(self, draw: random.Random) -> str:
        return self._refused(self._post(draw.choice([b"{", b"[]", b"\xff", b'{"model":7}', b"[" * 5000])), 400)

    def oversize(self, draw: random.Random) -> str:
        try:
            return self._refused(self._post(OVERSIZE), 413)
        except (BrokenPipeError, ConnectionResetError):
            return "hung up on"  # the refusal was there before the last byte of the body was

    def keep_alive(self, draw: random.Random) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            for _ in range(draw.randrange(2, 20)):
                connection.request("GET", draw.choice(["/v1/models", "/v1/models/none", "/v1/receipts/00"]))
                answer = connection.getresponse()
                answer.read()
                if answer.status not in (200, 404):
                    raise AssertionError(f"status {answer.status}")
            return "served"
        finally:
            connection.close()

    def slow_reader(self, draw: random.Random) -> str:
        """Takes an answer of megabytes in small bites."""
        fake = {"mode": "huge", "bytes": 2_000_000}
        body = json.dumps({"model": MODEL, "messages": [], "metadata": {"fake": fake}}).encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=90) as raw:
            head = f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
            raw.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            received = 0
            first = raw.recv(15)
            bites = 0
            while part := raw.recv(32 << 10):
                received += len(part)
                bites += 1
                if bites < 100:
                    time.sleep(draw.uniform(0, 0.04))
        if b" 200" in first:
            if received < 2_000_000:
                raise AssertionError(f"{received} bytes of an answer of 2,000,000")
            return "answered"
        if int(first.split()[1]) in MAY_BE_REFUSED:
            return "told " + first.split()[1].decode()
        raise AssertionError(repr(first))

    def many_connections(self, draw: random.Random) -> str:
        """Some silent, some half a request; all leave without a word."""
        held = []
        try:
            for _ in range(draw.randrange(10, 100)):
                held.append(socket.create_connection(("127.0.0.1", self.port), 10))
                if draw.random() < 0.5:
                    held[-1].sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: ")
            time.sleep(draw.uniform(0, 1))
        except OSError:
            pass  # the client may close what is too many
        finally:
            for each in held:
                each.close()
        return "done"
