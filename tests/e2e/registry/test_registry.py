"""What governance changes while a network runs counts at every role within seconds, and nobody is started again."""

import json
import re
import tempfile
import time
import unittest
from pathlib import Path

from support.governance import (
    IMAGES, MODELS, Governance, add_model, apply, ban_platform, ban_proxy, propose, remove_entry, unban_platform,
)
from support.http1 import ask, chat
from support.network import Network
from support.programs import FakeEngine, wait_for

# The head is looked for each 5 s, the registry right after; busy machines take longer.
IN_FORCE_WITHIN_S = 40
# What `cocoon up` writes into its registry.
ADDITION_DELAY_S = 10
HEAD_AGE_MAX_S = 9


class AtOnce(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-registry-")
        self.addCleanup(place.cleanup)
        folder = Path(place.name)
        self.engine = FakeEngine(folder)
        self.addCleanup(self.engine.stop)
        self.network = Network(folder / "net", "--engine", self.engine.url, "--proxies", "2")
        self.addCleanup(self.network.down)
        self.governance = Governance(self.network)
        self.governance.control("/interval", ms=500)
        self.pids = self.network.status()["pids"]

    def question(self) -> tuple[int, str]:
        status, body = ask(self.network.port, "POST", "/v1/chat/completions", chat(self.network.model, "hi"))
        return status, body.decode()

    def wait_answer(self, status: int, says: str = "") -> None:
        def is_it() -> bool:
            got, body = self.question()
            return got == status and re.search(says, body) is not None

        wait_for(f"status {status} {says}", is_it, IN_FORCE_WITHIN_S)

    def proxies_up(self) -> int:
        page = ask(self.network.facts["client"]["admin_port"], "GET", "/metrics")[1].decode()
        return int(float(re.search(r"^cocoon_proxies_attached (\S+)$", page, re.MULTILINE)[1]))

    def decide(self, change) -> dict:
        """Proposes; what then waits is shown. The change itself is for `take_effect`."""
        self.governance.send("owner", propose(change))
        waiting = wait_for("the proposal", lambda: self.governance.show()["pending"])[-1]
        self.assertGreater(waiting["applies_at"], self.governance.show()["block"]["gen_utime"] - 1)
        return waiting

    def take_effect(self, waiting: dict) -> None:
        wait_for("its time", lambda: self.governance.show()["block"]["gen_utime"] >= waiting["applies_at"], ADDITION_DELAY_S + 10)
        self.governance.send("owner", apply(waiting["id"]))

    def test_a_changed_registry_counts_without_a_restart(self):
        self.wait_answer(200)
        before = self.governance.show()
        self.assertTrue(before["ok"])
        self.assertEqual([model["name"] for model in before["models"]], [self.network.model])
        self.assertEqual(len(before["proxies"]), 2)
        self.assertEqual((before["pending"], before["refused_entries"]), ([], []))
        self.assertEqual(before["parameters"]["addition_delay"], ADDITION_DELAY_S)

        # A model is withdrawn and a proxy is banned.
        self.governance.send("guardian", remove_entry(MODELS, before["models"][0]["key"]))
        self.governance.send("guardian", ban_proxy(self.network.facts["proxies"][0]["key"]))
        self.wait_answer(404, "model_not_found")
        wait_for("a client that has left the banned proxy", lambda: self.proxies_up() == 1, IN_FORCE_WITHIN_S)
        now = self.governance.show()
        self.assertEqual(now["models"], [])
        self.assertEqual([proxy["banned"] for proxy in now["departed"]], [True])

        # The model comes back, and waits in the open before it does.
        waiting = self.decide(add_model(self.network.model, before["models"][0]["key"]))
        self.assertEqual((waiting["change"], waiting["list"], waiting["entry"]), ("add_entry", "models", {"name": self.network.model}))
        self.assertEqual(self.question()[0], 404)
        self.take_effect(waiting)
        self.wait_answer(200)

        # The machine is banned; then its image is revoked while the ban is lifted.
        platform = (self.network.state / "tdx-sim" / "ppid.hex").read_text().strip()
        self.governance.send("guardian", ban_platform(platform))
        self.wait_answer(503, "banned")
        self.assertEqual(self.governance.show()["banned_platforms"], [platform])
        waiting = self.decide(unban_platform(platform))
        self.governance.send("guardian", remove_entry(IMAGES, before["images"][0]["key"]))
        self.take_effect(waiting)
        log = self.network.state / "logs" / "proxy-2.log"
        refused = r'"proxy.worker_refused".*no image'
        wait_for("the image's refusal", lambda: re.search(refused, log.read_text()), IN_FORCE_WITHIN_S)
        self.assertEqual(self.question()[0], 503)
        now = self.governance.show()
        self.assertEqual((now["images"], now["banned_platforms"]), ([], []))
        self.assertEqual(self.network.status()["pids"], self.pids)

    def test_an_outage_of_all_lite_servers_is_ridden_out_and_then_refused(self):
        second = self.network.second_client("", f'chain.head_age_max = "{HEAD_AGE_MAX_S}s"\n')
        port = int(second.rsplit(":", 1)[1])

        def answer() -> tuple[int, dict]:
            status, body = ask(port, "POST", "/v1/chat/completions", chat(self.network.model, "hi"))
            return status, json.loads(body)

        self.assertEqual(answer()[0], 200)
        self.governance.control("/faults", set="disconnect")
        gone = time.monotonic()
        # What is known was at most one look old.
        while time.monotonic() < gone + HEAD_AGE_MAX_S - 7:
            self.assertEqual(answer()[0], 200)
            time.sleep(0.2)
        reason = wait_for("the limit", lambda: (got := answer())[0] == 503 and got[1])["error"]["message"]
        self.assertRegex(reason, r"the registry was proven last \d+ s ago")
        # Who may ride out more goes on.
        self.assertEqual(self.question()[0], 200)
        self.governance.control("/faults", clear="all")
        wait_for("the client is back", lambda: answer()[0] == 200, 20)

    def test_a_registry_that_is_not_there_or_not_one_is_told(self):
        nobody = self.governance.show("--registry", "0:" + "5" * 64)
        self.assertEqual((nobody["ok"], nobody["error"]), (False, "there is no registry at this address"))
        status, made = ask(self.network.facts["ton"]["control_port"], "GET", "/status")
        other = self.governance.show("--registry", json.loads(made)["faucet"])
        self.assertIn("not the registry that this program knows", other["error"])


if __name__ == "__main__":
    unittest.main()
