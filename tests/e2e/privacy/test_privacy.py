"""Nobody on the way holds a prompt or an answer: a random canary is looked for in all that a proxy's host could look at.

Each absence is shown beside a presence, found by the same code: the canary is in the client's memory and in a plain HTTP
exchange that went through the same kind of tap.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from support import scan
from support.http1 import ask, chat
from support.lab import Lab, Registry, model_hash
from support.programs import ROOT, program
from support.tap import Tap

LLAMA_MODEL = Path(os.environ.get("COCOON_MODEL_PATH", ""))


class Wired:
    """Client, proxy, worker and engine, with a tap on each wire."""

    def __init__(self, folder: Path, engine: Path, model_file: Path, model: str):
        self.lab = lab = Lab(folder)
        self.model, self.model_file = model, model_file
        root, image, tsm = lab.start_platform()
        true_proxy, key_file = lab.new_proxy("proxy")
        registry = Registry((root,), image, ((model, model_hash(model_file)),))
        self.to_proxy = Tap(true_proxy.port)
        self.worker_to_proxy = Tap(true_proxy.port)

        def seen_through(tap: Tap):
            return type(true_proxy)(true_proxy.name, true_proxy.key, tap.port)

        self.proxy = lab.start_proxy(true_proxy, key_file, lab.world("proxy", registry.with_proxies(true_proxy)))
        self.worker = lab.start_worker(
            "worker", lab.world("worker", registry), tsm, model, {"kind": "llama-server", "program": engine, "threads": 2},
            [seen_through(self.worker_to_proxy)], model_path=model_file,
        )
        self.client = lab.start_client(lab.world("client", registry.with_proxies(seen_through(self.to_proxy))))
        lab.wait_serving(self.worker, 120)
        lab.wait_serving(self.client)
        self.to_client = Tap(self.client.port)

    def ask(self, method: str, path: str, body=None) -> tuple[int, bytes]:
        return ask(self.to_client.port, method, path, body, host_port=self.client.port)

    def ask_all(self, canary: str, plan: dict) -> None:
        """Everything an app could do with a secret, mistakes included."""
        content = f"Repeat: {canary}"
        image = [{"type": "image_url", "image_url": {"url": f"http://{canary}/"}}]
        self.ask("POST", "/v1/completions", {"model": self.model, "prompt": content, "max_tokens": 8} | plan)
        self.ask("POST", "/v1/embeddings", {"model": self.model, "input": content})
        self.ask("POST", "/v1/responses", {"model": self.model, "input": content, "max_output_tokens": 8} | plan)
        for fields in (
            plan,
            {"max_tokens": "many"},
            {"model": canary},
            {"messages": [{"role": "user", "content": image}]},
            {"metadata": {"fake": {"mode": "error", "status": 500}}},
            {"metadata": {"fake": {"mode": "break", "after": 1}}},
            {"response_format": {"type": canary}},
        ):
            self.ask("POST", "/v1/chat/completions", chat(self.model, content) | {"max_tokens": 8} | fields)

    def stop(self) -> None:
        self.lab.stop()
        for tap in (self.to_client, self.to_proxy, self.worker_to_proxy):
            tap.close()


class Privacy:
    """The tests; a subclass names the engine."""

    plan: dict = {}

    @classmethod
    def settings(cls, folder: Path) -> tuple[Path, Path, str]:
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.canary = scan.canary()
        cls.needles = scan.Needles(cls.canary)
        cls.place = tempfile.TemporaryDirectory(prefix="cocoon-privacy-")
        cls.addClassCleanup(cls.place.cleanup)
        folder = Path(cls.place.name) / "net"
        engine, model_file, model = cls.settings(Path(cls.place.name))
        cls.wired = Wired(folder, engine, model_file, model)
        cls.addClassCleanup(cls.wired.stop)
        cls.during: dict[str, set[str]] = {"proxy": set(), "client": set()}
        cls.watch_a_request()
        cls.wired.ask_all(cls.canary, cls.plan)
        time.sleep(0.2)

    @classmethod
    def watch_a_request(cls) -> None:
        """Looks into memory again and again while a streamed answer is on its way."""
        wired, status = cls.wired, []
        body = chat(wired.model, f"Repeat: {cls.canary}", stream=True, max_tokens=60, **cls.plan)
        before = wired.to_proxy.total(), wired.worker_to_proxy.total()
        asking = threading.Thread(target=lambda: status.append(wired.ask("POST", "/v1/chat/completions", body)))
        asking.start()
        passes = 0
        while asking.is_alive() or passes < 2:
            cls.during["client"] |= scan.in_memory(cls.needles, wired.client.program.pid)
            cls.during["proxy"] |= scan.in_memory(cls.needles, wired.proxy.program.pid)
            passes += 1
            time.sleep(0.3)
        asking.join()
        cls.status, cls.answer = status[0]
        cls.passed = wired.to_proxy.total() - before[0], wired.worker_to_proxy.total() - before[1]

    def test_the_request_was_answered_over_both_wires(self):
        self.assertEqual(self.status, 200, self.answer[:500])
        self.assertIn(b"[DONE]", self.answer)
        for passed in self.passed:
            self.assertGreater(passed, 2048)

    def test_the_scan_finds_the_canary_in_the_clients_memory(self):
        self.assertTrue(self.during["client"])

    def test_the_scan_finds_the_canary_on_a_plain_wire(self):
        found = set()
        for stream in self.wired.to_client.captured():
            found.update(self.needles.in_bytes(stream))
        self.assertEqual({name for name in found if name.startswith("characters") and "rev" not in name},
                         {"characters from 0", "characters from 16", "characters from 32"})

    def test_no_proxy_memory_holds_the_canary_while_it_passes(self):
        self.assertEqual(self.during["proxy"], set())

    def test_no_proxy_memory_holds_the_canary_afterwards(self):
        self.assertEqual(scan.in_memory(self.needles, self.wired.proxy.program.pid), set())

    def test_no_byte_between_the_roles_tells_of_the_canary(self):
        for tap in (self.wired.to_proxy, self.wired.worker_to_proxy):
            for stream in tap.captured():
                self.assertEqual(self.needles.in_bytes(stream), [])
            self.assertGreater(tap.total(), 8192)

    def test_no_file_of_any_role_holds_the_canary(self):
        folder = self.wired.lab.folder
        logs = [path for path in folder.glob("*.log") if path.stat().st_size > 0]
        self.assertGreaterEqual(len(logs), 4)
        self.assertTrue(list(folder.rglob("receipts/*")), "receipts were kept")
        self.assertEqual(scan.in_files(self.needles, folder, [self.wired.model_file]), {})

    def test_no_file_that_any_role_has_open_holds_the_canary(self):
        running = scan.processes_below(self.wired.lab.folder)
        for name in ("cocoon-client", "cocoon-proxy", "cocoon-worker", "tdx-sim"):
            self.assertIn(name, running.values())
        self.assertIn(self.engine_name, running.values())
        for pid, name in running.items():
            try:
                self.assertEqual(scan.in_open_files(self.needles, pid, [self.wired.model_file]), {}, name)
            except PermissionError:
                self.assertNotEqual(os.geteuid(), 0, f"the files of {name} could not be listed")

    def test_the_scan_finds_the_canary_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, form in self.needles.forms.items():
                # Over the end of what is read at once.
                (Path(folder) / name).write_bytes(b"x" * (scan.CHUNK - 7) + form)
            self.assertEqual(len(scan.in_files(self.needles, Path(folder))), len(self.needles.forms))


class WithTheFakeEngine(Privacy, unittest.TestCase):
    """The answer repeats the prompt for certain, slowly enough to look on."""

    engine_name = "fake-engine"
    plan = {"metadata": {"fake": {"mode": "echo", "interval_ms": 60}}}

    @classmethod
    def settings(cls, folder):
        model = folder / "tiny.gguf"
        subprocess.run([sys.executable, ROOT / "tests/support/tiny_gguf.py", model], check=True, capture_output=True)
        return program("fake-engine"), model, "tiny"

    def test_the_answer_held_the_canary(self):
        events = [json.loads(line[6:]) for line in self.answer.decode().splitlines() if line.startswith("data: {")]
        echo = "".join(event["choices"][0]["delta"].get("content", "") for event in events)
        self.assertIn(self.canary, json.loads(echo)["messages"][0]["content"])


@unittest.skipUnless(LLAMA_MODEL.is_file(), "there is no model")
class WithLlamaServer(Privacy, unittest.TestCase):
    engine_name = "llama-server"

    @classmethod
    def settings(cls, folder):
        return program("llama-server"), LLAMA_MODEL, "SmolLM2"


if __name__ == "__main__":
    unittest.main()
