"""A TON network of our own (devnet/), whose clock, blocks and faults a test controls."""

import atexit
import base64
import json
import tempfile
from pathlib import Path

from support.http1 import ask
from support.programs import Failure, Program, ROOT, wait_for

# Statements name blocks whose seqno is a multiple of this, in the networks that tests wire up.
STATEMENT_INTERVAL = 16
_shared: list["TonDevnet"] = []


class TonDevnet(Program):
    """One process with two lite-servers. `tools/devnet install` has to have run."""

    def __init__(self, folder: Path, *options: str, interval_ms: int = 1000, begin_at_multiple: int = STATEMENT_INTERVAL):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.config = folder / "global.config.json"
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        script = ROOT / "devnet" / "bin" / "devnet.js"
        # tools/bootstrap puts one there where the system's is too old.
        own = ROOT / "build" / "tools" / "bin" / "node"
        node = own if own.exists() else "node"
        shape = ["--interval-ms", str(interval_ms), "--begin-at-multiple", str(begin_at_multiple)]
        super().__init__([node, script, "--out", folder, *shape, *options], folder / "devnet.log")

        def is_ready() -> bool:
            if not self.is_running():
                raise Failure(f"the TON devnet ended:\n{self.log()[-2000:]}")
            return ready.exists()

        wait_for("the TON devnet", is_ready, 60)
        self.facts: dict = json.loads(ready.read_text())

    @classmethod
    def shared(cls) -> "TonDevnet":
        """One for all tests of this process that leave it alone; ended with the process."""
        if not _shared:
            place = tempfile.TemporaryDirectory(prefix="cocoon-ton-")
            atexit.register(place.cleanup)
            _shared.append(cls(Path(place.name)))
            atexit.register(_shared[0].stop)
        return _shared[0]

    def _port(self, server: str) -> int:
        return int(self.facts[server].split(":")[2].split("/")[0])

    def control(self, path: str, **body) -> dict:
        """A POST to the control endpoint (devnet/README.md); its status afterwards."""
        status, answer = ask(self._port("control"), "POST", path, body)
        if status != 200:
            raise Failure(f"{path}: {status} {answer!r}")
        return json.loads(answer)

    def head(self) -> int:
        return json.loads(ask(self._port("control"), "GET", "/status")[1])["masterchain"]["seqno"]

    def block(self, seqno: int) -> str:
        """A masterchain block as SEQNO:ROOT_HASH in hexadecimal."""
        path = f"/api/v2/lookupBlock?workchain=-1&shard={-(2**63)}&seqno={seqno}"
        found = json.loads(ask(self._port("http"), "GET", path)[1])["result"]
        return f"{seqno}:{base64.b64decode(found['root_hash']).hex()}"

    def trusted_block(self) -> dict:
        """The block that its global.config.json trusts, with hashes in hexadecimal."""
        block = json.loads(self.config.read_text())["validator"]["init_block"]
        hashes = {name: base64.b64decode(block[name]).hex() for name in ("root_hash", "file_hash")}
        return {"seqno": block["seqno"]} | hashes
