"""`cocoon ton` and `cocoon wallet` against the devnet: what it proves, and every fault it can commit.

Run from the project's root with the release programs built, after `tools/devnet install`: python3 -m unittest -v tests/ton/test_light_client.py
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from support.ton import TonDevnet  # noqa: E402

COCOON = Path(os.environ.get("COCOON_BUILD_DIR", ROOT / "build")) / "bin" / "cocoon"
# What our client says of a server that commits each fault, when it asks for an account.
REASONS = {
    "bad_signature": "a validator's signature does not verify",
    "weak_signatures": "signatures of too little weight",
    "wrong_shard": "the masterchain lists another block of the shard",
    "truncated_proof": "truncated: ",
    "swapped_proof": "the proof leaves out a cell that is needed",
    "disconnect": "the lite-server closed the connection",
    "slow": "slow: no answer yet",
}
# Longer than a client waits before it asks the next server (1.5 s).
SLOW_MS = 2000


class LightClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="cocoon-ton-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        cls.devnet = TonDevnet(cls.folder / "devnet", "--key-block-every", "20", interval_ms=100, begin_at_multiple=0)
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

    def set_fault(self, fault: str, **more: int) -> None:
        self.devnet.control("/faults", set=fault, **more, **({"ms": SLOW_MS} if fault == "slow" else {}))

    def server_name(self, index: int) -> str:
        server = self.devnet.facts["lite_servers"][index]
        return f"{server['host']}:{server['port']}"

    def test_4_a_faulty_server_is_refused_with_its_reason_and_the_other_one_asked(self):
        expected = self.cocoon("ton", "account", self.account)["state_hash"]
        for fault, reason in REASONS.items():
            for server in (0, 1):
                with self.subTest(fault=fault, server=server):
                    (self.folder / "anchor.json").unlink(missing_ok=True)
                    self.set_fault(fault, server=server)
                    found = self.cocoon("ton", "account", self.account)
                    self.devnet.control("/faults", clear="all")
                    self.assertEqual(found["state_hash"], expected)
                    # The first server is asked everything first, the second only what the first has no good answer to.
                    if server == 0:
                        self.assertGreater(len(found["refused"]), 0)
                    for refused in found["refused"]:
                        self.assertEqual(refused["server"], self.server_name(server))
                        self.assertIn(reason, refused["reason"])

    def test_5_when_all_servers_lie_nothing_is_reported_as_true(self):
        for fault, reason in REASONS.items():
            if fault == "slow":
                continue  # no lie: test_7
            with self.subTest(fault):
                (self.folder / "anchor.json").unlink(missing_ok=True)
                self.devnet.control("/blocks", count=1)
                self.set_fault(fault)
                found = self.cocoon("ton", "account", self.account, status=1, timeout_s=20)
                self.devnet.control("/faults", clear="all")
                self.assertFalse(found["ok"])
                self.assertIn(reason, found["error"])
                self.assertEqual({refused["server"] for refused in found["refused"]}, {self.server_name(0), self.server_name(1)})
                self.assertNotIn("balance", found)

    def test_7_slow_servers_are_waited_for_when_there_is_no_other(self):
        expected = self.cocoon("ton", "account", self.account)["state_hash"]
        self.set_fault("slow")
        self.assertEqual(self.cocoon("ton", "account", self.account)["state_hash"], expected)

    def test_8_an_old_head_is_not_the_newest_while_one_server_knows_better(self):
        self.devnet.control("/faults", set="stale_head", server=0, blocks=50)
        before = self.devnet.head()
        self.assertGreaterEqual(self.cocoon("ton", "block")["seqno"], before)

    def test_9_an_old_head_is_refused_when_all_servers_hand_it_out(self):
        self.devnet.control("/faults", set="stale_head")
        time.sleep(2.1)
        found = self.cocoon("ton", "block", "--max-age", "1", status=1, timeout_s=10)
        self.assertRegex(found["error"], r"the newest block that could be proven is \d+ s old")
        self.assertNotIn("seqno", found)

    def test_10_blocks_of_another_network_are_refused_before_anything_is_signed_for_it(self):
        key, address = self.wallet("stranger")
        for words in (["balance", key], ["send", key, address, "1"]):
            found = self.cocoon("wallet", *words, "--network", "mainnet", status=1, timeout_s=10)
            self.assertIn("network -777, not of -239", found["error"])

    def test_6_a_message_that_servers_drop_is_never_called_sent(self):
        key, address = self.wallet("dropped")
        self.devnet.control("/faucet", address=address, amount="5")
        self.devnet.control("/blocks", count=2)
        self.devnet.control("/faults", set="lying_send")
        unsent = self.cocoon("wallet", "send", key, address, "1", "--network", "devnet", status=1, timeout_s=10)
        self.assertFalse(unsent["ok"])
        self.assertIn("no proven transaction", unsent["error"])
        # A server that passes it on makes up for one that drops it.
        self.devnet.control("/faults", clear="all")
        self.devnet.control("/faults", set="lying_send", server=0)
        self.assertTrue(self.cocoon("wallet", "send", key, address, "1", "--network", "devnet")["ok"])


if __name__ == "__main__":
    unittest.main()
