"""Every lite-server is gone: what was proven carries the network for a while, then nothing is judged by it any more."""

import json
import tempfile
import time
import unittest
from dataclasses import replace
from pathlib import Path

from failure.rig import MODEL, MODEL_HASH, metric
from support.http1 import ask, chat
from support.lab import Lab, Registry, Role
from support.programs import FakeEngine, free_port, wait_for
from support.ton import TonDevnet

# Instead of the fifteen minutes that are usual. The head is looked for each 5 s.
HEAD_AGE_MAX_S = 12


class WithoutLiteServers(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-outage-")
        self.addCleanup(place.cleanup)
        self.lab = lab = Lab(Path(place.name) / "net")
        self.addCleanup(lab.stop)
        ports = f"{free_port()},{free_port()}"
        # It comes back where it was.
        self.ton = TonDevnet(lab.folder / "ton", "--data-dir", str(lab.folder / "ton-chain"), "--lite-ports", ports)
        self.addCleanup(self.ton.stop)
        engine = FakeEngine(lab.folder, alias=MODEL)
        self.addCleanup(engine.stop)
        root, image, tsm = lab.start_platform()
        proxy, key_file = lab.new_proxy("proxy")
        trusted = self.ton.trusted_block()
        self.registry = Registry((root,), image, ((MODEL, MODEL_HASH),), (proxy,), trusted_block=trusted)
        limit = f"{HEAD_AGE_MAX_S}s"
        self.of_client = lab.world("client", self.registry, self.ton, head_age_max=limit)
        lab.start_proxy(proxy, key_file, lab.world("proxy", self.registry, self.ton))
        external = {"kind": "external", "url": engine.url}
        lab.start_worker("worker", lab.world("worker", self.registry, self.ton), tsm, MODEL, external, [proxy])
        self.client: Role = lab.start_client(self.of_client)
        lab.wait_serving(self.client)

    def question(self) -> tuple[int, dict]:
        status, body = ask(self.client.port, "POST", "/v1/chat/completions", chat(MODEL, "hi"))
        return status, json.loads(body)

    def health(self) -> tuple[int, str]:
        status, body = ask(self.client.admin, "GET", "/healthz")
        return status, json.loads(body).get("reason", "")

    def test_an_outage_is_ridden_out_and_then_refused_with_its_reason(self):
        self.assertEqual(self.question()[0], 200)
        self.ton.kill()
        gone = time.monotonic()
        # The head was at most one look and one block old.
        while time.monotonic() < gone + HEAD_AGE_MAX_S - 7:
            self.assertEqual(self.question()[0], 200)
            self.assertEqual(self.health()[0], 200)
            time.sleep(0.5)

        wait_for("the limit", lambda: self.health()[0] == 503)
        reason = r"the newest proven block is \d+ s old: no connection to the lite-server"
        self.assertRegex(self.health()[1], reason)
        self.assertEqual(metric(self.client, "cocoon_lite_servers_live"), 0)
        self.assertGreater(metric(self.client, "cocoon_chain_head_seqno"), 0)
        # A verdict has to be passed anew, and cannot be.
        self.of_client.set(replace(self.registry, statement_age="4000s"))
        self.client.program.wait_for_log(f'"client.worker_refused".*{reason}')
        status, answer = wait_for("503", lambda: (got := self.question())[0] == 503 and got)
        self.assertEqual(status, 503)
        self.assertRegex(answer["error"]["message"], reason)

        self.ton.start()
        wait_for("the worker is used again", lambda: self.question()[0] == 200, 40)
        self.assertEqual(self.health()[0], 200)


if __name__ == "__main__":
    unittest.main()
