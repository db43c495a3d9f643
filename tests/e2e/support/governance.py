"""What owner and guardian of a registry contract tell it (docs/formats/registry.md), sent from their wallets."""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.http1 import ask
from support.network import Network
from support.programs import Failure, program

IMAGES, MODELS, ROOTS, TERMS = range(4)


@dataclass(frozen=True)
class Cell:
    """Of whole bytes, which is all that these messages need."""

    data: bytes
    refs: tuple["Cell", ...] = ()

    def descriptor(self) -> bytes:
        return bytes([len(self.refs), 2 * len(self.data)])


def boc(root: Cell) -> str:
    """A bag of cells in hexadecimal (serialized_boc#b5ee9c72), without index or checksum."""
    cells: list[Cell] = []

    def visit(cell: Cell) -> None:
        cells.append(cell)
        for ref in cell.refs:
            visit(ref)

    visit(root)  # a tree: each cell once, parents first
    numbers = {id(cell): number for number, cell in enumerate(cells)}
    body = b"".join(cell.descriptor() + cell.data + bytes(numbers[id(ref)] for ref in cell.refs) for cell in cells)
    header = bytes([1, 2, len(cells), 1, 0]) + len(body).to_bytes(2, "big") + bytes([0])
    return (bytes.fromhex("b5ee9c72") + header + body).hex()


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def remove_entry(kind: int, key: str) -> Cell:
    return Cell(b"CCRM" + bytes([kind]) + bytes.fromhex(key))


def ban_platform(platform: str) -> Cell:
    raw = bytes.fromhex(platform)
    return Cell(b"CCBP" + hashlib.sha256(raw).digest(), (Cell(bytes([len(raw)]) + raw),))


def ban_proxy(key: str) -> Cell:
    return Cell(b"CCBX" + bytes.fromhex(key))


def propose(change: Cell) -> Cell:
    return Cell(b"CCPR", (change,))


def apply(number: int) -> Cell:
    return Cell(b"CCAP" + number.to_bytes(8, "big"))


def add_model(name: str, digest: str) -> Cell:
    return Cell(bytes([1, MODELS]) + bytes.fromhex(digest), (Cell(text(name)),))


def unban_platform(platform: str) -> Cell:
    return Cell(bytes([2]) + hashlib.sha256(bytes.fromhex(platform)).digest())


class Governance:
    """Of the registry that a network of `cocoon up` goes by."""

    def __init__(self, network: Network):
        self.state: Path = network.state
        self.registry: str = network.facts["registry"]
        self.config: str = network.facts["ton"]["global_config"]
        self._control: int = network.facts["ton"]["control_port"]

    def control(self, path: str, **body) -> None:
        status, answer = ask(self._control, "POST", path, body)
        if status != 200:
            raise Failure(f"{path}: {status} {answer!r}")

    def send(self, role: str, message: Cell) -> None:
        """As `owner` or `guardian`; returns once the wallet has sent it."""
        key, config = self.state / f"registry-{role}.key", ["--config", self.config, "--anchor", "none"]
        sent = subprocess.run(
            [program("cocoon"), "wallet", "send", key, self.registry, "0.2", "--body", boc(message), "--network", "devnet", *config],
            capture_output=True, text=True, timeout=60, check=False,
        )
        if sent.returncode != 0:
            raise Failure(f"{role} could not send: {sent.stdout}{sent.stderr}")

    def show(self, *options: str) -> dict:
        """What `cocoon registry show` proves."""
        shown = subprocess.run(
            [program("cocoon"), "registry", "show", "--state", self.state, "--anchor", "none", "--json", *options],
            capture_output=True, text=True, timeout=60, check=False,
        )
        return json.loads(shown.stdout)
