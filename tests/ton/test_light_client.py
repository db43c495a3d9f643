"""`cocoon ton` and `cocoon wallet` against the devnet: what it proves, and every fault it can commit.

Run from the project's root with the release programs built and `tools/devnet` at hand: python3 -m unittest -v tests/ton/test_light_client.py
"""

import json
import os
import select
import signal
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COCOON = Path(os.environ.get("COCOON_BUILD_DIR", ROOT / "build")) / "bin" / "cocoon"
START_SECONDS = 120
# What the faults of one server are told by, in the reasons of refusals.
REASONS = {
    "bad_signature": "signature",
    "weak_signatures": "too little weight",
    "wrong_shard": "",
    "truncated_proof": "",
    "swapped_proof": "",
    "disconnect": "lite-server",
    "stale_head": "",
}


class Devnet:
    """One devnet process with two lite-servers, blocks each 100 ms, ended at the end."""

    def __init__(self, folder: Path):
        self.folder = folder
        command = os.environ.get("COCOON_DEVNET", f"{ROOT / 'tools/devnet'} run").split()
        options = ["--out", str(folder), "--interval-ms", "100", "--key-block-every", "20", "--lite-servers", "2"]
        self.process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, start_new_session=True)
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        if not ready:
            self.stop()
            raise TimeoutError("the devnet did not start")
        self.facts = json.loads(self.process.stdout.readline())
        self.config = folder / "global.config.json"

    def control(self, path: str, **body) -> dict:
        request = urllib.request.Request(
            self.facts["control"] + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.load(answer)

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(timeout=30)
        self.process.stdout.close()


class LightClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="cocoon-ton-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        cls.devnet = Devnet(cls.folder / "devnet")
        cls.addClassCleanup(cls.devnet.stop)
        cls.faucet = cls.devnet.control("/faults", clear="all")["faucet"]
        # An account with coins and no code: its state changes only with a transaction.
        cls.account = "0:" + "5a" * 32
        cls.devnet.control("/faucet", address=cls.account, amount="3")
        cls.devnet.control("/blocks", count=2)

    def tearDown(self):
        self.devnet.control("/faults", clear="all")

    def cocoon(self, *words: str, light: bool = True, status: int = 0, timeout_s: int = 60) -> dict:
        command = [str(COCOON), *words, "--json"]
        if light:
            command += ["--config", str(self.devnet.config), "--anchor", str(self.folder / "anchor.json")]
            command += ["--timeout", str(timeout_s)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def wallet(self, name: str) -> tuple[str, str]:
        key = self.folder / f"{name}.key"
        self.cocoon("wallet", "new", str(key), "--network", "devnet", light=False)
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        shown = self.cocoon("wallet", "address", str(key), "--network", "devnet", light=False)
        return str(key), shown["address"]

    def test_1_proves_blocks_through_key_blocks_and_keeps_the_anchor(self):
        self.devnet.control("/rotate")
        self.devnet.control("/blocks", count=3)
        newest = self.cocoon("ton", "block")
        self.assertTrue(newest["ok"])
        self.assertGreater(newest["links"], 0)
        kept = json.loads((self.folder / "anchor.json").read_text())["key_blocks"]
        self.assertGreater(len(kept), 0)
        older = self.cocoon("ton", "block", str(kept[-1]["seqno"] + 1))
        self.assertEqual(older["seqno"], kept[-1]["seqno"] + 1)

    def test_2_proves_accounts_their_absence_and_their_transactions(self):
        faucet = self.cocoon("ton", "account", self.faucet, "--transactions", "5")
        self.assertEqual((faucet["ok"], faucet["state"]), (True, "active"))
        self.assertGreater(len(faucet["transactions"]), 0)
        funded = self.cocoon("ton", "account", self.account)
        self.assertEqual((funded["state"], funded["balance"]), ("uninit", 3 * 10**9))
        absent = self.cocoon("ton", "account", "0:" + "ab" * 32)
        self.assertEqual((absent["state"], absent["balance"]), ("absent", 0))
        self.assertEqual(self.cocoon("ton", "account", "-1:" + "cd" * 32)["state"], "absent")

    def test_3_a_wallet_pays_and_the_payment_is_seen_on_chain(self):
        for version in ("v5r1", "v4r2"):
            with self.subTest(version):
                key, _ = self.wallet(version)
                options = ["--network", "devnet", "--version", version]
                address = self.cocoon("wallet", "address", key, *options, light=False)["address"]
                self.devnet.control("/faucet", address=address, amount="5")
                self.devnet.control("/blocks", count=2)
                _, payee = self.wallet(f"payee-{version}")
                for amount in ("1", "0.5"):
                    paid = self.cocoon("wallet", "send", key, payee, amount, "--comment", "thanks", *options)
                    self.assertTrue(paid["ok"])
                self.devnet.control("/blocks", count=2)
                # What storage takes in the meantime is a few nano.
                received = self.cocoon("ton", "account", payee)["balance"]
                self.assertTrue(1_490_000_000 < received <= 1_500_000_000, received)

    def test_4_a_lying_server_is_refused_with_its_reason_and_the_other_one_asked(self):
        expected = self.cocoon("ton", "account", self.account)["state_hash"]
        for fault, reason in REASONS.items():
            for server in (0, 1):
                with self.subTest(fault=fault, server=server):
                    (self.folder / "anchor.json").unlink(missing_ok=True)
                    self.devnet.control("/faults", set=fault, server=server, **({"blocks": 50} if fault == "stale_head" else {}))
                    found = self.cocoon("ton", "account", self.account)
                    self.devnet.control("/faults", clear="all")
                    self.assertEqual(found["state_hash"], expected)
                    for refused in found["refused"]:
                        self.assertIn(reason, refused["reason"])

    def test_5_when_all_servers_lie_nothing_is_reported_as_true(self):
        for fault in ("bad_signature", "weak_signatures", "truncated_proof", "swapped_proof", "wrong_shard", "disconnect"):
            with self.subTest(fault):
                (self.folder / "anchor.json").unlink(missing_ok=True)
                self.devnet.control("/blocks", count=1)
                self.devnet.control("/faults", set=fault)
                found = self.cocoon("ton", "account", self.account, status=1, timeout_s=20)
                self.devnet.control("/faults", clear="all")
                self.assertFalse(found["ok"])
                self.assertGreater(len(found["refused"]), 0)

    def test_6_a_message_that_servers_drop_is_never_called_sent(self):
        key, address = self.wallet("dropped")
        self.devnet.control("/faucet", address=address, amount="5")
        self.devnet.control("/blocks", count=2)
        self.devnet.control("/faults", set="lying_send")
        unsent = self.cocoon("wallet", "send", key, address, "1", "--network", "devnet", status=1, timeout_s=10)
        self.assertFalse(unsent["ok"])
        self.assertIn("no proven transaction", unsent["error"])


if __name__ == "__main__":
    unittest.main()
