"""Evidence with one thing wrong with it, offered to the real proxy by a worker and to the real client by a proxy.

All flawed ones stand before the verifier at once; each is refused with its own reason, and no prompt reaches any of them.
"""

import json
import re
import tempfile
import unittest
from pathlib import Path

from support.http1 import ask, chat
from support.lab import Lab, Proxy, Registry
from support.programs import Program, wait_for
from support.ton import STATEMENT_INTERVAL, TonDevnet

MODEL, MODEL_HASH = "impostor-model", "5a" * 32

# What the verifier says of each flaw.
REASONS = {
    "config-byte": "the configuration is not the one that the statement names",
    "config-key": "configuration: debug",
    "other-statement": "the quote vouches for another statement",
    "other-identity": "the evidence is another worker's",
    "other-kid": "the evidence is another worker's",
    "quote-byte": "signature",
    "report-data": "the quote vouches for another statement",
    "model-hash": "the registry does not list this model",
    "image": "MRTD, RTMR1 and RTMR2 are those of no image in the list",
    "root": "root",
    "debug": "the TD is in debug mode",
    "old-block": "the statement's block is too old",
    "unknown-block": "the statement names a block that the chain does not have",
    "future-block": "a block that is not there yet",
    "trusted-block": "the worker's trusted block is none of the registry's",
    "network": "the statement is for another network",
    "config-network": "configuration and statement name different networks",
    "role": "the statement is not a worker's",
    "expired-collateral": "the collateral is valid only until",
    "revoked-pck": "the PCK certificate is revoked",
    "snp-milan": "Milan",
    "gpu-other-key": "the GPU's evidence was made for another worker or block",
    "gpu-missing": "the worker proves 0 GPUs, and machines of its shape have 1 GPU",
    "gpu-too-many": "the worker proves 1 GPU, and machines of its shape have 0 GPUs",
    "garbage": "evidence",
}

# Evidence in order, of a machine of its own, beside collateral that is not.
COLLATERAL = {"expired-collateral": "collateral-expired.json", "revoked-pck": "collateral-revoked.json"}


def with_gpu_shape(image: str) -> str:
    """The image, also on machines of another shape (the first bit of RTMR0 differs), which has a GPU."""
    rtmr0 = re.search(r'rtmr0 = "([0-9a-f]{96})"', image).group(1)
    other = f"{int(rtmr0[:2], 16) ^ 1:02x}{rtmr0[2:]}"
    shape = re.search(r"  {(.*)},\n", image).group(1).replace(rtmr0, other).replace('"sim"', '"sim-gpu"')
    return image.replace("]\n", f'  {{{shape}, gpus = 1, gpu_model = "GH100"}},\n]\n')


def refusals(log: str, event: str) -> dict[str, str]:
    """The reason for each refused kid, named by its first 8 bytes."""
    found = {}
    for line in log.splitlines():
        if f'"{event}"' in line:
            entry = json.loads(line)
            found[entry["kid"]] = entry["error"]["text"]
    return found


class Flawed(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-flawed-")
        self.addCleanup(place.cleanup)
        self.lab = Lab(Path(place.name) / "net")
        self.addCleanup(self.lab.stop)
        root, image, _ = self.lab.start_platform()
        roots = [self.lab.start_platform(flaw, "--flawed-collateral")[0] for flaw in COLLATERAL]
        # Its first block for statements is three hours old, the second one new.
        self.ton = TonDevnet(self.lab.folder / "ton", f"--clock-shift={-3 * 3600}")
        self.addCleanup(self.ton.stop)
        self.ton.control("/clock", shift=0)
        self.ton.control("/blocks", count=STATEMENT_INTERVAL)
        gpu, self.gpu = self.lab.start_gpu()
        turin, measurement, self.turin = self.lab.make_snp("turin")
        milan, _, self.milan = self.lab.make_snp("milan")
        self.registry = Registry(
            (root, *roots), with_gpu_shape(image), ((MODEL, MODEL_HASH),), gpu=gpu, snp_roots=(turin, milan),
            snp_measurement=measurement, trusted_block=self.ton.trusted_block(),
        )
        self.blocks = ["--block", self.ton.block(2 * STATEMENT_INTERVAL), "--old-block", self.ton.block(STATEMENT_INTERVAL)]

    def start_impostor(self, role: str, flaw: str, port: int, *options, name: str | None = None) -> tuple[Program, str]:
        machine = self.lab.folder / (flaw if flaw in COLLATERAL else "tdx-sim")
        if flaw in COLLATERAL:
            options = ("--collateral", machine / COLLATERAL[flaw], *options)
        forged = "none" if flaw in COLLATERAL else "snp" if flaw == "snp-milan" else flaw
        impostor = self.lab.start(
            name or f"impostor-{flaw}", "impostor", "--role", role, "--flaw", forged, "--platform", machine / "platform.cbor",
            "--model", MODEL, "--model-hash", MODEL_HASH, "--port", str(port), "--global-config", self.ton.config, *self.blocks,
            "--gpu", self.gpu, "--snp", self.milan if flaw == "snp-milan" else self.turin, *options,
        )
        return impostor, impostor.wait_for_log(r"READY ([0-9a-f]{64})").group(1)[:16]

    def question(self, port: int) -> tuple[int, dict]:
        status, body = ask(port, "POST", "/v1/chat/completions", chat(MODEL, "who are you?"))
        return status, json.loads(body)

    def check_refusals(self, verifier: Program, event: str, kids: dict[str, str]) -> None:
        wait_for("every refusal", lambda: refusals(verifier.log(), event).keys() >= set(kids.values()), or_else=None)
        reasons = refusals(verifier.log(), event)
        for flaw, kid in kids.items():
            with self.subTest(flaw):
                self.assertIn(REASONS[flaw], reasons.get(kid, "was not refused"))

    def test_a_proxy_takes_no_worker_with_flawed_evidence(self):
        proxy, key_file = self.lab.new_proxy("proxy")
        registry = self.registry.with_proxies(proxy)
        world = self.lab.world("all", registry, self.ton)
        running = self.lab.start_proxy(proxy, key_file, world)
        client = self.lab.start_client(world)
        kids, impostors = {}, []
        for flaw in REASONS:
            impostor, kids[flaw] = self.start_impostor("worker", flaw, proxy.port, "--proxy-key", proxy.key)
            impostors.append(impostor)
        self.check_refusals(running.program, "proxy.worker_refused", kids)
        status, answer = self.question(client.port)
        self.assertEqual(status, 503)
        self.assertIn("no verified worker", answer["error"]["message"])
        self.assertNotIn("proxy.worker_accepted", running.program.log())
        self.assertFalse([impostor.name for impostor in impostors if "ASKED" in impostor.log()])

        # The same worker without a flaw is taken, and is asked; also one with a GPU, and an SEV-SNP guest.
        for flaw in ("none", "gpu", "snp"):
            honest, kid = self.start_impostor("worker", flaw, proxy.port, "--proxy-key", proxy.key)
            running.program.wait_for_log(f'"proxy.worker_accepted".*"{kid}"')
            wait_for("the flawless worker is asked", lambda: self.question(client.port) and "ASKED /v1/infer" in honest.log())

    def test_a_client_takes_no_worker_with_flawed_evidence_from_a_proxy(self):
        proxies, kids, impostors = [], {}, []
        # A client never meets the worker itself: evidence replayed whole leads to its true owner's key.
        flaws = [flaw for flaw in REASONS if flaw != "other-identity"]
        for flaw in flaws:
            proxy, impostor, kids[flaw] = self.start_proxy(flaw)
            proxies.append(proxy)
            impostors.append(impostor)
        world = self.lab.world("client", self.registry.with_proxies(*proxies), self.ton)
        client = self.lab.start_client(world)
        self.check_refusals(client.program, "client.worker_refused", kids)
        status, _ = self.question(client.port)
        self.assertEqual(status, 503)
        self.assertFalse([impostor.name for impostor in impostors if "ASKED" in impostor.log()])

        for flaw in ("none", "gpu", "snp"):
            proxy, honest, _ = self.start_proxy(flaw)
            world.set(self.registry.with_proxies(*proxies, proxy))
            wait_for("the flawless worker is asked", lambda: self.question(client.port) and "ASKED /v1/relay" in honest.log())

    def test_a_malleated_quote_is_no_second_worker_to_a_proxy(self):
        proxy, key_file = self.lab.new_proxy("proxy")
        world = self.lab.world("all", self.registry.with_proxies(proxy), self.ton)
        running = self.lab.start_proxy(proxy, key_file, world)
        client = self.lab.start_client(world)
        evidence = self.lab.folder / "evidence"
        honest, kid = self.start_impostor("worker", "none", proxy.port, "--proxy-key", proxy.key, "--save-evidence", evidence)
        running.program.wait_for_log(f'"proxy.worker_accepted".*"{kid}"')
        second, same_kid = self.start_impostor(
            "worker", "none", proxy.port, "--proxy-key", proxy.key, "--replay", evidence, name="malleated"
        )
        self.assertEqual(same_kid, kid)
        running.program.wait_for_log(f'"proxy.worker_refused".*"{kid}".*the evidence is another worker\'s')
        wait_for("the true worker is asked", lambda: self.question(client.port) and "ASKED /v1/infer" in honest.log())
        self.assertNotIn("ASKED", second.log())
        self.assertEqual(running.program.log().count('"proxy.worker_accepted"'), 1)

    def test_a_malleated_quote_is_no_second_worker_to_a_client(self):
        evidence = self.lab.folder / "evidence"
        first, honest, kid = self.start_proxy("none", "--save-evidence", evidence)
        second, replaying, same_kid = self.start_proxy("none", "--replay", evidence, name="malleated")
        self.assertEqual(same_kid, kid)
        client = self.lab.start_client(self.lab.world("client", self.registry.with_proxies(first, second), self.ton))

        # Both are asked, as ways to one worker, to which alone each prompt is sealed.
        def both_are_asked() -> bool:
            self.question(client.port)
            return all("ASKED /v1/relay" in proxy.log() for proxy in (honest, replaying))

        wait_for("both proxies are asked", both_are_asked)
        for proxy in (honest, replaying):
            self.assertEqual(set(re.findall(r"recipients=(\d+)", proxy.log())), {"1"})
        self.assertNotIn("client.worker_refused", client.program.log())

    def start_proxy(self, flaw: str, *options, name: str | None = None) -> tuple[Proxy, Program, str]:
        proxy, key_file = self.lab.new_proxy(f"proxy-{name or flaw}")
        impostor, kid = self.start_impostor("proxy", flaw, proxy.port, "--proxy-key-file", key_file, *options, name=name)
        return proxy, impostor, kid


if __name__ == "__main__":
    unittest.main()
