"""`cocoon up` as people use it, on ports that nobody else has."""

import json
import subprocess
from pathlib import Path

from support.http1 import ask
from support.programs import Failure, Program, free_port, program, wait_for


class Network:
    def __init__(self, state: Path, *options: str | Path):
        self.state = state
        self._extra: list[Program] = []
        up = self._cocoon("up", "--ports", "free", "--json", *options, seconds=240)
        if up.returncode != 0:
            logs = "\n".join(f"--- {log}\n{log.read_text(errors='replace')[-1500:]}" for log in state.rglob("*.log"))
            raise Failure(f"cocoon up failed: {up.stdout}{up.stderr}\n{logs}")
        self.facts: dict = json.loads(up.stdout)
        self.port: int = self.facts["client"]["port"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.model: str = self.facts["model"]

    def _cocoon(self, command: str, *options: str | Path, seconds: float) -> subprocess.CompletedProcess:
        return subprocess.run(
            [program("cocoon"), command, "--state", self.state, *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def status(self) -> dict:
        """What `cocoon status` says, health included."""
        return json.loads(self._cocoon("status", "--json", seconds=30).stdout)

    def second_client(self, listen: str, more: str = "") -> str:
        """Another client of the same network, with these lines in its [listen], and these before it. Its URL."""
        port, admin = free_port(), free_port()
        folder = self.state.parent / "second-client"
        folder.mkdir()
        config = folder / "client.toml"
        config.write_text(
            f'network = -777\nstate_dir = "{folder}/state"\nadmin.port = {admin}\n'
            f'registry.address = "{self.facts["registry"]}"\nchain.global_config = "{self.state}/ton/global.config.json"\n'
            f"{more}[listen]\nport = {port}\n{listen}\n"
        )
        config.chmod(0o600)
        self._extra.append(Program([program("cocoon-client"), "--config", config], folder / "client.log"))
        wait_for("the second client", lambda: ask(admin, "GET", "/healthz")[0] == 200)
        return f"http://127.0.0.1:{port}"

    def down(self) -> subprocess.CompletedProcess:
        for extra in self._extra:
            extra.stop()
        return self._cocoon("down", "--json", seconds=60)
