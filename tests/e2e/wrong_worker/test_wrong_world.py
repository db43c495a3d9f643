"""The real worker, healthy in itself, where it does not fit what its verifiers believe; and workers that may not start."""

import json
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from dataclasses import replace
from pathlib import Path

from support.http1 import ask, chat
from support.lab import Lab, Registry, model_hash
from support.programs import ROOT, FakeEngine, program, wait_for
from support.ton import TonDevnet

MODEL, MODEL_HASH = "fake-model", "c0" * 32


def another(registry: Registry, **changes) -> Registry:
    """Changed, and of another policy hash in any case, so that verdicts are passed anew."""
    age = f"{int(registry.statement_age[:-1]) - 1}s"
    return replace(registry, **({"statement_age": age} | changes))


def other_digits(text: str) -> str:
    """The same text with the first of its 48-byte measurements changed."""
    key = 'mrtd = "'
    at = text.index(key) + len(key)
    return text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :]


class InAnotherWorld(unittest.TestCase):
    """Proxy, client and worker run throughout; what proxy or client believe changes under them."""

    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="cocoon-world-")
        cls.addClassCleanup(place.cleanup)
        cls.lab = lab = Lab(Path(place.name) / "net")
        cls.addClassCleanup(lab.stop)
        cls.engine = FakeEngine(lab.folder, alias=MODEL)
        cls.addClassCleanup(cls.engine.stop)
        root, image, tsm = lab.start_platform()
        proxy, key_file = lab.new_proxy("proxy")
        cls.registry = Registry((root,), image, ((MODEL, MODEL_HASH),), (proxy,))
        cls.of_proxy, cls.of_client = lab.world("proxy", cls.registry), lab.world("client", cls.registry)
        cls.proxy = lab.start_proxy(proxy, key_file, cls.of_proxy)
        engine = {"kind": "external", "url": cls.engine.url}
        cls.worker = lab.start_worker("worker", lab.world("worker", cls.registry), tsm, MODEL, engine, [proxy])
        cls.client = lab.start_client(cls.of_client)
        lab.wait_serving(cls.client)

    def question(self) -> int:
        return ask(self.client.port, "POST", "/v1/chat/completions", chat(MODEL, "hi"))[0]

    def requests_at_engine(self) -> int:
        with urllib.request.urlopen(f"{self.engine.url}/debug/state", timeout=10) as state:
            return json.load(state)["requests"]

    def refused_for(self, reason: str, verifier, event: str, change) -> None:
        """After `change` the worker is refused for the reason, and after going back it is used again."""
        self.assertEqual(self.question(), 200)
        logged = len(verifier.program.log())
        change()
        verifier.program.wait_for_log(f'"{event}".*{reason}', 20, since=logged)
        wait_for("503", lambda: self.question() == 503, 20)
        asked = self.requests_at_engine()
        self.assertEqual(self.question(), 503)
        self.assertEqual(self.requests_at_engine(), asked)
        self.of_proxy.set(self.registry)
        self.of_client.set(self.registry)
        wait_for("the worker is used again", lambda: self.question() == 200, 20)

    def refused_by_client(self, reason: str, registry: Registry) -> None:
        self.refused_for(reason, self.client, "client.worker_refused", lambda: self.of_client.set(registry))

    def refused_by_proxy(self, reason: str, registry: Registry) -> None:
        self.refused_for(reason, self.proxy, "proxy.worker_refused", lambda: self.of_proxy.set(registry))

    def refused_on(self, ton: TonDevnet, name: str, reason: str) -> None:
        """By a client that reads this TON network, and all else as the others do."""
        client = self.lab.start_client(self.lab.world(name, self.registry, ton), name)
        self.addCleanup(client.program.stop)
        client.program.wait_for_log(f'"client.worker_refused".*{reason}', 20)
        self.assertEqual(ask(client.port, "POST", "/v1/chat/completions", chat(MODEL, "hi"))[0], 503)
        self.assertEqual(self.question(), 200)

    def other_ton(self, name: str, **shape: int) -> TonDevnet:
        ton = TonDevnet(self.lab.folder / name, **shape)
        self.addCleanup(ton.stop)
        return ton

    def test_an_image_that_is_not_in_the_list(self):
        self.refused_by_client("no image in the list", another(self.registry, image=other_digits(self.registry.image)))

    def test_an_image_that_is_not_in_the_proxys_list(self):
        self.refused_by_proxy("no image in the list", another(self.registry, image=other_digits(self.registry.image)))

    def test_a_root_that_is_not_in_the_list(self):
        self.refused_by_client("root", another(self.registry, roots=("ab" * 32,)))

    def test_a_root_that_is_not_in_the_proxys_list(self):
        self.refused_by_proxy("root", another(self.registry, roots=("ab" * 32,)))

    def test_a_statement_over_an_old_block(self):
        self.refused_by_client("too old", another(self.registry, statement_age="1s"))

    def test_a_statement_over_a_block_of_another_chain(self):
        ton = self.other_ton("elsewhere")
        ton.control("/blocks", count=TonDevnet.shared().head())
        self.refused_on(ton, "elsewhere", "a block that the chain does not have")

    def test_a_statement_over_a_block_that_is_not_there(self):
        # The worker's statement names block 16 or a later one.
        young = self.other_ton("young", interval_ms=0, begin_at_multiple=0)
        self.refused_on(young, "young", "a block that is not there yet")

    def test_a_trusted_block_that_is_not_in_the_list(self):
        other = TonDevnet.shared().trusted_block() | {"root_hash": "ee" * 32}
        self.refused_by_client("trusted block is none of the registry's", another(self.registry, trusted_block=other))

    def test_a_ban_acts_at_the_next_request(self):
        banned = another(self.registry, banned=((self.lab.folder / "tdx-sim/ppid.hex").read_text().strip(),))
        for believer, event in ((self.of_proxy, "proxy.worker_refused"), (self.of_client, "client.worker_refused")):
            with self.subTest(event):
                self.assertEqual(self.question(), 200)
                asked = self.requests_at_engine()
                believer.set(banned)
                self.assertEqual(self.question(), 503)
                self.assertEqual(self.requests_at_engine(), asked)
                verifier = self.proxy if believer is self.of_proxy else self.client
                verifier.program.wait_for_log(f'"{event}".*bans this machine', 20)
                believer.set(self.registry)
                wait_for("the worker is used again", lambda: self.question() == 200, 20)

    def test_a_model_of_another_hash(self):
        self.refused_by_client("does not list this model", another(self.registry, models=((MODEL, "c1" * 32),)))


class MayNotStart(unittest.TestCase):
    """Workers that end, or never serve, for a reason that they name."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-start-")
        self.addCleanup(place.cleanup)
        self.lab = Lab(Path(place.name) / "net")
        self.addCleanup(self.lab.stop)
        self.proxy, self.key_file = self.lab.new_proxy("proxy")

    def tiny_model(self) -> Path:
        model = self.lab.folder / "tiny.gguf"
        subprocess.run([sys.executable, ROOT / "tests/support/tiny_gguf.py", model], check=True, capture_output=True)
        return model

    def supervised(self, registry: Registry, tsm: Path, model: Path, name: str = MODEL):
        engine = {"kind": "llama-server", "program": program("fake-engine")}
        world = self.lab.world("worker", registry)
        return self.lab.start_worker("worker", world, tsm, name, engine, [self.proxy], model_path=model)

    def test_a_model_of_another_hash_starts_no_engine(self):
        root, image, tsm = self.lab.start_platform()
        model = self.tiny_model()
        wrong = self.supervised(Registry((root,), image, ((MODEL, "00" * 32),)), tsm, model)
        self.assertEqual(wrong.program.wait_exit(), 1)
        self.assertRegex(wrong.program.log(), "model")
        self.assertRegex(wrong.program.log(), model_hash(model)[:16] + "|registry")
        self.assertFalse(list(self.lab.folder.rglob("*.sock")))

    def test_a_changed_byte_of_the_model_starts_no_engine(self):
        root, image, tsm = self.lab.start_platform()
        model = self.tiny_model()
        registry = Registry((root,), image, ((MODEL, model_hash(model)),))
        bytes_of_model = bytearray(model.read_bytes())
        bytes_of_model[-1] ^= 1
        model.write_bytes(bytes_of_model)
        wrong = self.supervised(registry, tsm, model)
        self.assertEqual(wrong.program.wait_exit(), 1)
        self.assertFalse(list(self.lab.folder.rglob("*.sock")))

    def test_a_model_that_is_not_in_the_registry(self):
        root, image, tsm = self.lab.start_platform()
        model = self.tiny_model()
        wrong = self.supervised(Registry((root,), image, ((MODEL, model_hash(model)),)), tsm, model, "another-name")
        self.assertEqual(wrong.program.wait_exit(), 1)
        self.assertIn("the registry lists no model named another-name", wrong.program.log())

    def test_an_external_engine_outside_the_devnet(self):
        root, image, tsm = self.lab.start_platform()
        world = self.lab.world("worker", Registry((root,), image, ((MODEL, MODEL_HASH),)))
        engine = {"kind": "external", "url": "http://127.0.0.1:9"}
        wrong = self.lab.start_worker("worker", world, tsm, MODEL, engine, [self.proxy], network=-239)
        self.assertEqual(wrong.program.wait_exit(), 1)
        self.assertIn("an external engine is for the devnet only", wrong.program.log())

    def test_a_registry_from_a_file_outside_the_devnet(self):
        registry = Registry(("ab" * 32,), 'name = "none"\n', (), (self.proxy,), network=-239)
        world = self.lab.world("mainnet", registry)
        for role in ("client", "proxy"):
            config = self.lab.folder / f"{role}-mainnet.toml"
            own = f'state_dir = "{self.lab.folder}"\n' + (f'identity_key_file = "{self.key_file}"' if role == "proxy" else "")
            config.write_text(
                f"network = -239\n{own}\n{world.toml()}listen.port = 0\nadmin.port = 0\n"
            )
            config.chmod(0o600)
            started = self.lab.start(f"{role}-mainnet", f"cocoon-{role}", "--config", config)
            self.assertEqual(started.wait_exit(), 1)
            self.assertIn("devnet only", started.log())

    def quoted_by(self, *options: str) -> tuple:
        """A worker whose machine misbehaves so, its proxy and a client."""
        root, image, tsm = self.lab.start_platform("tdx-sim", *options)
        engine = FakeEngine(self.lab.folder, alias=MODEL)
        self.addCleanup(engine.stop)
        registry = Registry((root,), image, ((MODEL, MODEL_HASH),), (self.proxy,))
        world = self.lab.world("all", registry)
        proxy = self.lab.start_proxy(self.proxy, self.key_file, world)
        external = {"kind": "external", "url": engine.url}
        worker = self.lab.start_worker("worker", world, tsm, MODEL, external, [self.proxy])
        return worker, proxy, self.lab.start_client(world)

    def assert_no_answer(self, client) -> None:
        status, _ = ask(client.port, "POST", "/v1/chat/completions", chat(MODEL, "hi"))
        self.assertEqual(status, 503)

    def test_a_machine_in_debug_mode(self):
        _, proxy, client = self.quoted_by("--td-attributes", "0100001000000000")
        proxy.program.wait_for_log('"proxy.worker_refused".*debug mode')
        self.assert_no_answer(client)

    def test_a_machine_that_quotes_over_other_bytes(self):
        worker, proxy, client = self.quoted_by("--report-data-flip")
        wait_for(
            "a refusal",
            lambda: '"proxy.worker_refused"' in proxy.program.log() and "vouches for another statement" in proxy.program.log()
            or "worker.evidence_not_ready" in worker.program.log(),
        )
        self.assert_no_answer(client)
        self.assertNotIn("proxy.worker_accepted", proxy.program.log())


if __name__ == "__main__":
    unittest.main()
