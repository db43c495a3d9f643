"""A network wired by hand from the role programs, where a test can change every file and stand on every wire."""

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from support.http1 import ask
from support.programs import Failure, Program, ROOT, free_port, program, wait_for
from support.ton import STATEMENT_INTERVAL, TonDevnet

DEVNET = -777


def public_key(seed: bytes) -> str:
    """Of an Ed25519 seed (RFC 8410: 16 bytes of DER precede it)."""
    der = bytes.fromhex("302e020100300506032b657004220420") + seed
    made = subprocess.run(
        ["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=der, capture_output=True, check=True
    )
    return made.stdout[-32:].hex()


def model_hash(path: Path) -> str:
    """By the independent implementation in tests/oracles."""
    made = subprocess.run(
        [sys.executable, ROOT / "tests/oracles/model/model_hash.py", path], capture_output=True, text=True, check=True
    )
    return made.stdout.split()[0]


def block_toml(block: dict) -> list[str]:
    return [f"{key} = {json.dumps(value)}" for key, value in block.items()]


@dataclass(frozen=True)
class Proxy:
    name: str
    key: str
    port: int


@dataclass(frozen=True)
class Registry:
    roots: tuple[str, ...]
    image: str  # TOML
    models: tuple[tuple[str, str], ...]
    proxies: tuple[Proxy, ...] = ()
    network: int = DEVNET
    statement_age: str = "4200s"
    statement_interval: int = STATEMENT_INTERVAL
    parameters: str = ""  # TOML
    trusted_block: dict | None = None  # none: of the TON network of all tests
    banned: tuple[str, ...] = ()  # machines
    gpu: str = ""  # TOML of attestation.gpu
    snp_roots: tuple[str, ...] = ()
    snp_measurement: str = ""

    def toml(self) -> str:
        lines = [
            f"network = {self.network}",
            "[parameters]",
            f"statement_block_interval = {self.statement_interval}",
            self.parameters,
            "[attestation]",
            f'statement_age_max = "{self.statement_age}"',
            f"roots = {json.dumps(self.roots)}",
            f"banned_platforms = {json.dumps(self.banned)}",
            *(["[attestation.gpu]", self.gpu] if self.gpu else []),
            *self.snp_toml(),
            "[[attestation.trusted_blocks]]",
            *block_toml(self.trusted_block or TonDevnet.shared().trusted_block()),
            "[[images]]",
            self.image,
        ]
        if self.snp_measurement:
            lines += ["[[snp_images]]", 'name = "snp"', f'shapes = [{{name = "sim", measurement = "{self.snp_measurement}"}}]']
        for name, digest in self.models:
            lines += ["[[models]]", f"name = {json.dumps(name)}", f'hash = "{digest}"']
        for proxy in self.proxies:
            lines += ["[[proxies]]", f'name = "{proxy.name}"', f'key = "{proxy.key}"', 'host = "127.0.0.1"', f"port = {proxy.port}"]
        return "\n".join(lines) + "\n"

    def snp_toml(self) -> list[str]:
        if not self.snp_roots:
            return []
        floor = "{fmc = 0, bootloader = 4, tee = 1, snp = 27, microcode = 74}"
        return ["[attestation.snp]", f"roots = {json.dumps(self.snp_roots)}", f"turin_tcb_min = {floor}", f"genoa_tcb_min = {floor}"]

    def with_proxies(self, *proxies: Proxy) -> "Registry":
        return replace(self, proxies=proxies)


def put(path: Path, text: str) -> None:
    """Replaces the file in one step, as its readers expect."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


@dataclass
class World:
    """What one role believes: its own copy of the registry, and where it reads TON."""

    registry: Path
    ton: TonDevnet
    head_age_max: str = "15m"

    def set(self, registry: Registry) -> None:
        put(self.registry, registry.toml())

    def toml(self) -> str:
        """Of a client or a proxy, as dotted keys."""
        return (
            f'registry.file = "{self.registry}"\nchain.global_config = "{self.ton.config}"\n'
            f'chain.head_age_max = "{self.head_age_max}"\n'
        )


@dataclass
class Role:
    program: Program
    folder: Path
    port: int = 0
    admin: int = 0

    def is_serving(self) -> bool:
        return ask(self.admin, "GET", "/healthz")[0] == 200


@dataclass
class Lab:
    folder: Path
    running: list[Program] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir(parents=True)
        self.tsm = self.folder / "tsm"

    def start(self, name: str, *arguments: str | Path) -> Program:
        log = self.folder / f"{name}.log"
        self.running.append(Program([program(arguments[0]), *arguments[1:]], log, self.scratch))
        return self.running[-1]

    def stop(self) -> None:
        for each in reversed(self.running):
            each.stop()

    def start_platform(self, name: str = "tdx-sim", *options: str) -> tuple[str, str, Path]:
        """A simulated machine: its root's fingerprint, its image in TOML, its tree."""
        state, tsm = self.folder / name, self.folder / f"{name}-tsm"
        sim = self.start(name, "tdx-sim", "--tsm", tsm, "--state", state, *options)
        sim.wait_for_log("READY root=")
        return (state / "root.sha256").read_text().split()[0], (state / "image.toml").read_text(), tsm

    def start_gpu(self, name: str = "gpu") -> tuple[str, Path]:
        """A simulated GPU: what a registry says to accept it, in TOML, and its folder."""
        state = self.folder / name
        made = self.start(name, "tdx-sim", "--tsm", self.scratch / "no-tree", "--state", state, "--gpu-nonce", "00" * 32)
        if made.wait_exit() != 0:
            raise Failure(f"no GPU:\n{made.log()}")
        return self.gpu_policy(state), state

    @staticmethod
    def gpu_policy(state: Path) -> str:
        """What a registry says to accept the GPU in this folder, in TOML."""
        root, key = ((state / file).read_text().split()[0] for file in ("gpu-root.sha256", "golden-key.hex"))
        versions = 'driver_versions = ["999.01"]\nvbios_versions = ["99.00.01.00.02"]\n'
        return f'roots = ["{root}"]\ngolden_keys = ["{key}"]\n' + versions

    def make_snp(self, product: str) -> tuple[str, str, Path]:
        """A simulated EPYC ("turin", "milan"): its root's fingerprint, what its guest measures, its folder."""
        state = self.folder / f"snp-{product}"
        made = self.start(
            f"snp-{product}", "tdx-sim", "--tsm", self.scratch / "no-tree", "--state", state, "--platform", f"snp-{product}", "--init"
        )
        if made.wait_exit() != 0:
            raise Failure(f"no EPYC:\n{made.log()}")
        return *self.snp_policy(state), state

    @staticmethod
    def snp_policy(state: Path) -> tuple[str, str]:
        """The root's fingerprint and what the guest measures, of the EPYC in this folder."""
        root, measurement = ((state / name).read_text().strip() for name in ("snp-root.sha256", "snp-measurement.hex"))
        return root, measurement

    def collateral_of(self, tsm: Path) -> Path:
        """Of the machine whose tree this is."""
        return self.folder / tsm.name.removesuffix("-tsm") / "collateral.json"

    def world(self, name: str, registry: Registry, ton: TonDevnet | None = None, **more) -> World:
        """On the TON network of all tests unless one is given."""
        made = World(self.folder / f"{name}-registry.toml", ton or TonDevnet.shared(), **more)
        made.set(registry)
        return made

    def new_proxy(self, name: str) -> tuple[Proxy, Path]:
        seed = secrets.token_bytes(32)
        key_file = self.folder / f"{name}.key"
        key_file.touch(mode=0o600)
        key_file.write_text(seed.hex() + "\n")
        return Proxy(name, public_key(seed), free_port()), key_file

    def start_proxy(self, proxy: Proxy, key_file: Path, world: World, more: str = "") -> Role:
        """With these further lines of TOML."""
        admin, state = free_port(), self.folder / f"{proxy.name}-state"
        config = self.folder / f"{proxy.name}.toml"
        config.write_text(
            f'network = {DEVNET}\nidentity_key_file = "{key_file}"\nstate_dir = "{state}"\n{world.toml()}'
            f'listen.port = {proxy.port}\nadmin.port = {admin}\nlog.level = "debug"\n'
            + more
        )
        role = Role(self.start(proxy.name, "cocoon-proxy", "--config", config), self.folder, proxy.port, admin)
        role.program.wait_for_log("proxy.ready")
        return role

    def start_client(self, world: World, name: str = "client", more: str = "", state: Path | None = None) -> Role:
        port, admin = free_port(), free_port()
        state = state or self.folder / f"{name}-state"
        config = self.folder / f"{name}.toml"
        config.write_text(
            f'network = {DEVNET}\nstate_dir = "{state}"\n{world.toml()}'
            f'listen.port = {port}\nadmin.port = {admin}\nlog.level = "debug"\n{more}\n'
        )
        config.chmod(0o600)
        role = Role(self.start(name, "cocoon-client", "--config", config), self.folder, port, admin)
        role.program.wait_for_log("client.ready")
        return role

    def start_worker(
        self, name: str, world: World, tsm: Path, model: str, engine: dict, proxies: list[Proxy], network: int = DEVNET,
        model_path: Path | None = None, more: tuple[str, ...] = (), state: Path | None = None, collateral: Path | None = None,
        tee: tuple[str, ...] = (),
    ) -> Role:
        state = state or self.folder / f"{name}-state"
        state.mkdir(exist_ok=True)
        admin = free_port()
        lines = [f"network = {network}", f'state_dir = "{state}"', "[engine]"]
        lines += [f"{key} = {json.dumps(str(value) if isinstance(value, Path) else value)}" for key, value in engine.items()]
        lines += ["[model]", f"name = {json.dumps(model)}"]
        if model_path is not None:
            lines += [f'path = "{model_path}"', f'private_dir = "{state}/model"']
        for proxy in proxies:
            lines += ["[[proxies]]", 'host = "127.0.0.1"', f"port = {proxy.port}", f'key = "{proxy.key}"']
        lines += [
            f'[registry]\nfile = "{world.registry}"',
            f'[chain]\nglobal_config = "{world.ton.config}"\nhead_age_max = "{world.head_age_max}"',
            "[chain.trusted_block]",
            *block_toml(world.ton.trusted_block()),
            f'[tee]\ntsm_path = "{tsm}"\ncollateral_file = "{collateral or self.collateral_of(tsm)}"',
            *tee,
            f"[admin]\nport = {admin}",
            '[log]\nlevel = "debug"',
        ]
        lines += more
        config = self.folder / f"{name}.toml"
        config.write_text("\n".join(lines) + "\n")
        return Role(self.start(name, "cocoon-worker", "--config", config), self.folder, 0, admin)

    @staticmethod
    def wait_serving(role: Role, seconds: float = 30) -> None:
        wait_for(f"{role.program.name} serves", role.is_serving, seconds)
