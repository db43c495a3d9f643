"""A TON devnet of one's own, with everything about it that a test may bend."""

import atexit
import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from support.programs import ROOT, Failure

START_SECONDS = 120
# As `cocoon up` has it; the registry of a lab names the same interval.
STATEMENT_INTERVAL = 16


class TonDevnet:
    """One process, ended with stop(). Without options a block each 5 s, two lite-servers, and one block at least that a
    statement may name."""

    def __init__(self, folder: Path, *options: str):
        self.folder = folder
        command = os.environ.get("COCOON_DEVNET", f"{ROOT / 'tools/devnet'} run").split()
        usual = ["--out", str(folder), "--interval-ms", "5000", "--begin-at-multiple", str(3 * STATEMENT_INTERVAL)]
        self.process = subprocess.Popen([*command, *usual, *options], stdout=subprocess.PIPE, text=True, start_new_session=True)
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.stop()
            raise Failure("the TON devnet did not start")
        self.facts = json.loads(line)
        self.config = folder / "global.config.json"

    @property
    def trusted_block(self) -> str:
        """Root hash of the block that its clients trust."""
        pinned = json.loads(self.config.read_text())["validator"]["init_block"]["root_hash"]
        return base64.b64decode(pinned).hex()

    def control(self, path: str, **body) -> dict:
        request = urllib.request.Request(
            self.facts["control"] + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.load(answer)

    def make_blocks(self, count: int) -> dict:
        """The newest of them: seqno, root_hash, gen_utime."""
        return self.control("/blocks", count=count)["masterchain"]

    def pause(self) -> None:
        """Silent from now on, as a machine that hangs."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.go_on()
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=30)
        self.process.stdout.close()


_shared: list[TonDevnet] = []


def shared() -> TonDevnet:
    """One for all tests of this process that only need a chain."""
    if not _shared:
        folder = Path(tempfile.mkdtemp(prefix="cocoon-ton-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _shared.append(TonDevnet(folder))
        atexit.register(_shared[0].stop)
    return _shared[0]
