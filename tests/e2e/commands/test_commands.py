"""`cocoon` as people type it: up, status, down, demo, inspect."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from support.http1 import ask, chat
from support.network import Network
from support.programs import FakeEngine, program, wait_for


def cocoon(*arguments, seconds: float = 120) -> subprocess.CompletedProcess:
    return subprocess.run(
        [program("cocoon"), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
        check=False,
    )


class Commands(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-commands-")
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        self.engine = FakeEngine(self.folder)
        self.addCleanup(self.engine.stop)

    def up(self, *options: str) -> Network:
        network = Network(self.folder / "net", "--engine", self.engine.url, *options)
        self.addCleanup(network.down)
        return network

    def question(self, network: Network, **fields) -> tuple[int, bytes]:
        return ask(network.port, "POST", "/v1/chat/completions", chat(network.model, "hi", **fields))

    def test_a_network_goes_up_tells_of_itself_and_goes_down(self):
        network = self.up("--workers", "2", "--proxies", "2")
        status = network.status()
        self.assertTrue(status["serving"])
        self.assertEqual((len(status["proxies"]), len(status["workers"])), (2, 2))
        self.assertEqual(self.question(network)[0], 200)
        for service in (status["client"], *status["proxies"], *status["workers"]):
            self.assertTrue(service["serving"])
            code, metrics = ask(service["admin_port"], "GET", "/metrics")
            self.assertEqual(code, 200)
            self.assertIn(b"# TYPE cocoon_", metrics)
            self.assertGreaterEqual(service["chain"]["seqno"], 16)
            self.assertEqual(service["chain"]["lite_servers_live"], 2)
        again = cocoon("up", "--state", network.state, "--engine", self.engine.url, "--json")
        self.assertEqual(again.returncode, 1)
        self.assertIn("running already", json.loads(again.stdout)["error"])

        down = network.down()
        self.assertEqual(down.returncode, 0, down.stdout)
        self.assertEqual(json.loads(down.stdout), {"down": True})
        gone = cocoon("status", "--state", network.state, "--json")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("no network", json.loads(gone.stdout)["error"])
        with self.assertRaises(OSError):
            ask(network.port, "GET", "/v1/models")

    def test_going_down_lets_answers_under_way_finish(self):
        network = self.up()
        answers = []
        plan = {"fake": {"tokens": 20, "interval_ms": 100}}
        asking = threading.Thread(target=lambda: answers.append(self.question(network, stream=True, metadata=plan)))
        asking.start()

        def is_made() -> bool:
            with_state = ask(self.engine.port, "GET", "/debug/state")[1]
            return json.loads(with_state)["generated_tokens"] >= 3

        wait_for("an answer under way", is_made)
        self.assertEqual(network.down().returncode, 0)
        asking.join(30)
        self.assertEqual(answers[0][0], 200)
        self.assertIn(b"tok19", answers[0][1])
        self.assertIn(b"[DONE]", answers[0][1])

    def test_a_role_that_dies_is_started_again(self):
        network = self.up()
        pids = network.facts["pids"]
        for name in ("proxy-1", "worker-1", "client"):
            with self.subTest(name):
                os.kill(pids[name], signal.SIGKILL)
                wait_for("an answer again", lambda: self.question(network)[0] == 200, 40)

    def test_a_local_ton_network_runs_beside_it_and_is_started_again(self):
        network = self.up()
        ton = network.facts["ton"]

        def seqno() -> int:
            told = json.loads(ask(ton["port"], "GET", "/api/v2/getMasterchainInfo")[1])
            return told["result"]["last"]["seqno"]

        before = seqno()
        self.assertGreater(before, 1)
        self.assertEqual(len(json.loads(Path(ton["global_config"]).read_text())["liteservers"]), 2)
        os.kill(network.facts["pids"]["ton-devnet"], signal.SIGKILL)
        wait_for("blocks again", lambda: network.status()["ton"]["serving"] and seqno() >= before, 40)

    def test_losing_one_of_two_proxies_loses_no_request(self):
        network = self.up("--proxies", "2")
        wait_for("both proxies", lambda: network.status()["serving"])
        os.kill(network.facts["pids"]["proxy-1"], signal.SIGKILL)
        self.assertEqual([self.question(network)[0] for _ in range(12)], [200] * 12)

    def test_a_receipt_is_exported_and_verified_and_a_changed_one_is_not(self):
        network = self.up()
        config = network.facts["ton"]["global_config"]
        status, answer = self.question(network)
        self.assertEqual(status, 200)
        answer_file, bundle = self.folder / "answer.json", self.folder / "answer.cocoon"
        answer_file.write_bytes(answer)

        def verify(file: Path, *options) -> tuple[int, dict]:
            done = cocoon("verify", file, "--registry", network.facts["registry"], "--json", *options)
            return done.returncode, json.loads(done.stdout)

        def export(*options) -> int:
            return cocoon("receipts", "export", receipt["id"], "--port", network.port, "-o", bundle, *options).returncode

        def promised() -> dict | None:
            rows = json.loads(cocoon("receipts", "list", "--port", network.port, "--json").stdout)["receipts"]
            return rows[0] if rows and rows[0]["log"] == "promised" else None

        receipt = wait_for("the proxy's promise", promised)
        self.assertEqual(export(), 0)
        code, told = verify(bundle, "--config", config, "--answer", answer_file)
        states = {link["name"]: link["state"] for link in told["links"]}
        self.assertEqual(code, 0, told)
        self.assertEqual(states, {"answer": "proven", "receipt": "proven", "model": "proven", "image": "proven",
                                  "machine": "proven", "logged": "proven", "anchored": "absent"})
        self.assertFalse([one for one in told["not_proven"] if "block" in one])

        words = json.loads(answer)["choices"][0]["message"]["content"][:4]
        self.assertEqual(export("--answer", answer_file, "--part", words), 0)
        quote = self.folder / "quote.txt"
        quote.write_text(words)
        self.assertEqual(verify(bundle, "--config", config, "--answer", quote)[0], 0)
        # Nobody vouches for the registry, so what it lists stays unproven.
        code, told = verify(bundle, "--offline", "--answer", quote)
        self.assertEqual((code, told["verified"], "reason" in told), (1, False, False))
        self.assertEqual({one["state"] for one in told["links"] if one["name"] in ("answer", "receipt")}, {"proven"})
        self.assertEqual({one["state"] for one in told["links"] if one["name"] in ("model", "image", "machine")}, {"unproven"})
        quote.write_text("never said")
        code, told = verify(bundle, "--offline", "--answer", quote)
        self.assertEqual((code, told["verified"], told["reason"].split(":")[0]), (1, False, "shown"))
        self.assertEqual(export("--answer", quote), 2)

        damaged = bytearray(bundle.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        bundle.write_bytes(damaged)
        code, told = verify(bundle, "--offline")
        self.assertEqual((code, told["verified"]), (1, False))
        self.assertEqual(cocoon("verify", answer_file, "--offline").returncode, 2)

    def test_the_demo_gives_an_answer_and_its_proof(self):
        demo = cocoon("demo", "--state", self.folder / "demo", "--engine", self.engine.url, "--json")
        self.assertEqual(demo.returncode, 0, demo.stdout + demo.stderr)
        told = json.loads(demo.stdout)
        self.assertTrue(told["receipt_verified"] and told["tamper_refused"])
        self.assertIn("tok0", told["answer"])
        self.assertTrue(told["receipt_verified"])
        self.assertRegex(told["worker"]["kid"], "^[0-9a-f]{64}$")
        self.assertGreater(told["proxy_saw_bytes"], 0)
        self.assertEqual(told["model"], self.engine.model)

    def test_wrong_usage_exits_with_2(self):
        for arguments in ([], ["fly"], ["up", "--workers", "0"], ["up", "--engine", "ftp://x", "--state", self.folder / "x"]):
            with self.subTest(str(arguments)):
                self.assertEqual(cocoon(*arguments).returncode, 2)
        self.assertIn("no command 'fly'", cocoon("fly").stderr)

    def test_every_command_explains_itself(self):
        for arguments in ([], ["up"], ["down"], ["status"], ["demo"], ["attest", "inspect"], ["worker", "run"]):
            told = cocoon(*arguments, "--help")
            self.assertEqual(told.returncode, 0)
            self.assertIn("--", told.stdout)
            self.assertNotIn("\x1b[", told.stdout)
        for name in ("cocoon-client", "cocoon-proxy", "cocoon-worker"):
            told = subprocess.run([program(name), "--help"], capture_output=True, text=True, check=True)
            self.assertIn("--config", told.stdout)


if __name__ == "__main__":
    unittest.main()
