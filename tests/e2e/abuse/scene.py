"""A small network under attack, and what has to stay true of it."""

import tempfile
import threading
import unittest
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from support.http1 import ask, chat
from support.lab import Lab, Registry
from support.process import open_files, resident_bytes
from support.programs import FakeEngine, wait_for

MODEL, MODEL_HASH = "fake-model", "c0" * 32
MEMORY_GROWTH_MAX = 96 << 20
PLACES_AT_PROXY = 40  # of one address; the tests attack from several


class UnderAttack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="cocoon-abuse-")
        cls.addClassCleanup(place.cleanup)
        cls.lab = lab = Lab(Path(place.name) / "net")
        cls.addClassCleanup(lab.stop)
        engine = FakeEngine(lab.folder, alias=MODEL)
        cls.addClassCleanup(engine.stop)
        root, image, tsm = lab.start_platform()
        proxy, key_file = lab.new_proxy("proxy")
        registry = Registry((root,), image, ((MODEL, MODEL_HASH),), (proxy,))
        limits = f'[limits]\nconnections = 100\nconnections_per_network = {PLACES_AT_PROXY}\nbuffered_bytes = "16 MiB"\nrequest_bytes = "8 MiB"\n'
        cls.proxy = lab.start_proxy(proxy, key_file, lab.world("proxy", registry), limits)
        cls.worker = lab.start_worker(
            "worker", lab.world("worker", registry), tsm, MODEL, {"kind": "external", "url": engine.url}, [proxy]
        )
        cls.client = lab.start_client(lab.world("client", registry))
        lab.wait_serving(cls.client)
        cls.roles = (cls.proxy, cls.worker, cls.client)

    def served(self) -> int:
        return ask(self.client.port, "POST", "/v1/chat/completions", chat(MODEL, "hi"))[0]

    @contextmanager
    def under(self, *attacks: Callable[[threading.Event], None]):
        """While the attacks run, each until the event is set, an app is answered; afterwards nothing is lost."""
        wait_for("an answer", lambda: self.served() == 200)
        memory = [resident_bytes(role.program.pid) for role in self.roles]
        over, failures = threading.Event(), []

        def run(attack: Callable[[threading.Event], None]) -> None:
            try:
                attack(over)
            except Exception as failure:  # noqa: BLE001 - told below, by the test's own thread
                failures.append(failure)

        threads = [threading.Thread(target=run, args=(attack,)) for attack in attacks]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                self.assertEqual(self.served(), 200)
            yield
            self.assertEqual(self.served(), 200)
            grown = [resident_bytes(role.program.pid) - before for role, before in zip(self.roles, memory)]
            self.assertLess(max(grown), MEMORY_GROWTH_MAX, grown)
        finally:
            over.set()
            for thread in threads:
                thread.join(60)
        self.assertEqual(failures, [])
        for role in self.roles:
            self.assertTrue(role.program.is_running(), role.program.log()[-3000:])
            self.assertEqual(ask(role.admin, "GET", "/healthz")[0], 200)
        # What the attack opened is closed again; a few files come and go.
        for role in self.roles:
            wait_for("descriptors given back", lambda role=role: open_files(role.program.pid) < 60)

    def counted(self, role, name: str) -> int:
        for line in ask(role.admin, "GET", "/metrics")[1].decode().splitlines():
            if line.startswith(name + " "):
                return int(float(line.split()[-1]))
        self.fail(f"no metric {name}")
