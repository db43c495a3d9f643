"""Collateral that is signed and valid, and older than what verifiers saw before: they go on with the newer, also across restarts."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

from support.http1 import ask, chat
from support.lab import Lab, Registry, put
from support.programs import FakeEngine, wait_for

MODEL, MODEL_HASH = "fake-model", "c0" * 32
REASON = "rolled-back collateral"


class RolledBack(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-rolled-back-")
        self.addCleanup(place.cleanup)
        self.lab = lab = Lab(Path(place.name) / "net")
        self.addCleanup(lab.stop)
        engine = FakeEngine(lab.folder, alias=MODEL)
        self.addCleanup(engine.stop)
        root, image, tsm = lab.start_platform("tdx-sim", "--flawed-collateral")
        self.newer, self.older = (lab.folder / "tdx-sim" / name for name in ("collateral.json", "collateral-rolled-back.json"))
        self.offered = lab.folder / "offered.json"
        shutil.copy(self.newer, self.offered)
        proxy, key_file = lab.new_proxy("proxy")
        world = lab.world("all", Registry((root,), image, ((MODEL, MODEL_HASH),), (proxy,)))
        self.proxy = lab.start_proxy(proxy, key_file, world)
        external = {"kind": "external", "url": engine.url}
        lab.start_worker("worker", world, tsm, MODEL, external, [proxy], collateral=self.offered)
        self.client = lab.start_client(world)
        lab.wait_serving(self.client)

    def question(self) -> tuple[int, str]:
        status, body = ask(self.client.port, "POST", "/v1/chat/completions", chat(MODEL, "hi"))
        return status, json.loads(body).get("error", {}).get("message", "")

    def offer(self, collateral: Path) -> None:
        put(self.offered, collateral.read_text())

    def restart(self, role, forgotten: Path | None = None) -> int:
        """Where its log goes on. Its state is gone if that is to be forgotten."""
        role.program.stop()
        if forgotten:
            shutil.rmtree(forgotten)
        logged = len(role.program.log())
        role.program.start()
        role.program.wait_for_log(r"\.ready", since=logged)
        return logged

    def test_what_was_seen_is_never_gone_back_behind(self):
        self.assertEqual(self.question()[0], 200)
        self.offer(self.older)
        self.proxy.program.wait_for_log(f'"proxy.collateral_refused".*{REASON}')
        self.assertEqual(self.question()[0], 200)

        # The proxy has only the older one now, and knows that there was a newer.
        logged = self.restart(self.proxy)
        self.proxy.program.wait_for_log(f'"proxy.worker_refused".*{REASON}', since=logged)
        self.assertEqual(self.question()[0], 503)

        # A proxy that never saw the newer one takes the older; the client does not.
        logged = self.restart(self.client)
        seen_by_proxy = self.restart(self.proxy, self.lab.folder / "proxy-state")
        self.proxy.program.wait_for_log('"proxy.worker_accepted"', since=seen_by_proxy)
        self.client.program.wait_for_log(f'"client.worker_refused".*{REASON}', since=logged)
        status, message = self.question()
        self.assertEqual(status, 503)
        self.assertIn(REASON, message)

        self.offer(self.newer)
        wait_for("an answer by the newer collateral", lambda: self.question()[0] == 200)


if __name__ == "__main__":
    unittest.main()
