"""The real worker on machines other than a bare TD: with a GPU beside it, and in an SEV-SNP guest."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from support.http1 import ask, chat
from support.lab import Lab, Registry, Role
from support.programs import FakeEngine, wait_for

MODEL, MODEL_HASH = "fake-model", "c0" * 32


class OtherMachine(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-machine-")
        self.addCleanup(place.cleanup)
        self.lab = Lab(Path(place.name) / "net")
        self.addCleanup(self.lab.stop)
        self.engine = FakeEngine(self.lab.folder, alias=MODEL)
        self.addCleanup(self.engine.stop)
        self.proxy, self.key_file = self.lab.new_proxy("proxy")

    def start_network(self, registry: Registry) -> None:
        self.of_proxy, self.of_client = self.lab.world("proxy", registry), self.lab.world("client", registry)
        self.running_proxy = self.lab.start_proxy(self.proxy, self.key_file, self.of_proxy)
        self.client = self.lab.start_client(self.of_client)

    def start_worker(self, name: str, registry: Registry, tsm: Path, *tee: str) -> Role:
        engine = {"kind": "external", "url": self.engine.url}
        return self.lab.start_worker(name, self.lab.world(name, registry), tsm, MODEL, engine, [self.proxy], tee=tee)

    def question(self) -> int:
        return ask(self.client.port, "POST", "/v1/chat/completions", chat(MODEL, "hi"))[0]

    def refused_by(self, verifier: Role, event: str, reason: str, since: int = 0) -> None:
        verifier.program.wait_for_log(f'"{event}".*{reason}', 30, since=since)
        wait_for("503", lambda: self.question() == 503)

    def refused_under(self, registry: Registry, changes: dict[str, dict]) -> None:
        """By the client, for each reason once its registry is changed so; and used again after going back."""
        for reason, change in changes.items():
            with self.subTest(reason):
                since = len(self.client.program.log())
                self.of_client.set(replace(registry, **change))
                self.refused_by(self.client, "client.worker_refused", reason, since)
                self.of_client.set(registry)
                wait_for("the worker is used again", lambda: self.question() == 200)

    def test_a_worker_shows_its_gpu_and_is_judged_by_it(self):
        machine = self.lab.folder / "tdx-sim"
        tree = self.lab.folder / "gpu-tree"
        root, image, tsm = self.lab.start_platform("tdx-sim", "--gpu-tsm", tree)
        with_gpu = image.replace("},\n", ', gpus = 1, gpu_model = "GH100"},\n', 1)
        self.assertNotEqual(with_gpu, image)
        models, policy = ((MODEL, MODEL_HASH),), self.lab.gpu_policy(machine)
        registry = Registry((root,), with_gpu, models, (self.proxy,), gpu=policy)
        self.start_network(registry)
        golden = machine / "golden.json"
        gpu = (f'gpu_path = "{tree}"', f'gpu_golden_file = "{golden}"')

        plain = self.start_worker("without-gpu", registry, tsm)
        self.refused_by(self.running_proxy, "proxy.worker_refused", "proves 0 GPUs, and machines of its shape have 1 GPU")
        plain.program.stop()

        self.start_worker("with-gpu", registry, tsm, *gpu)
        wait_for("an answer of the worker with its GPU", lambda: self.question() == 200)
        banned = (machine / "gpu-id.hex").read_text().strip()
        other_driver = policy.replace("999.01", "999.02")
        other_key = policy.replace('golden_keys = ["', 'golden_keys = ["' + "ab" * 32 + '"]\n#')
        self.refused_under(registry, {
            "the policy bans a GPU": {"banned": (banned,)},
            "the policy does not name the GPU's driver, 999.01": {"gpu": other_driver},
            "no key of the policy's has signed them": {"gpu": other_key},
            "proves 1 GPU, and machines of its shape have 0 GPUs": {"image": image},
        })

    def test_a_worker_in_an_snp_guest_answers_and_is_judged_by_its_measurement(self):
        state = self.lab.folder / "turin"
        root, image, tsm = self.lab.start_platform("turin", "--platform", "snp-turin")
        snp_root, measurement = self.lab.snp_policy(state)
        models = ((MODEL, MODEL_HASH),)
        registry = Registry((root,), image, models, (self.proxy,), snp_roots=(snp_root,), snp_measurement=measurement)
        self.start_network(registry)
        self.start_worker("guest", registry, tsm)
        wait_for("an answer of the guest", lambda: self.question() == 200)
        self.refused_under(registry, {
            "MEASUREMENT is that of no image": {"snp_measurement": "ab" * 48},
            "a root that is not trusted": {"snp_roots": ("ab" * 32,)},
        })

    def test_a_tree_that_is_no_gpus_starts_no_worker(self):
        machine = self.lab.folder / "tdx-sim"
        root, image, tsm = self.lab.start_platform("tdx-sim", "--gpu-tsm", self.lab.folder / "gpu-tree")
        registry = Registry((root,), image, ((MODEL, MODEL_HASH),), (self.proxy,), gpu=self.lab.gpu_policy(machine))
        self.start_network(registry)
        golden = machine / "golden.json"
        worker = self.start_worker("misled", registry, tsm, f'gpu_path = "{tsm}"', f'gpu_golden_file = "{golden}"')
        worker.program.wait_for_log('"worker.evidence_not_ready".*provider is not nvidia_gpu')
        self.assertEqual(self.question(), 503)
        self.assertNotIn("proxy.worker", self.running_proxy.program.log())


if __name__ == "__main__":
    unittest.main()
