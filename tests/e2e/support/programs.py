"""Starting, watching and ending the programs under test."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("COCOON_BUILD_DIR", ROOT / "build"))


class Failure(Exception):
    """The set-up of a suite did not come about."""


def program(name: str) -> Path:
    for folder in (BUILD / "bin", BUILD / "tests"):
        if (folder / name).exists():
            return folder / name
    raise Failure(f"{name} is not built in {BUILD}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


_RAISE = object()


def wait_for(what: str, check: Callable[[], object], seconds: float = 30.0, or_else: object = _RAISE):
    """The first truthy value of `check`, an OSError of it counting as not yet; at last `or_else` or a Failure."""
    until = time.monotonic() + seconds
    while True:
        try:
            value = check()
        except OSError:
            value = None
        if value:
            return value
        if time.monotonic() > until:
            if or_else is not _RAISE:
                return or_else
            raise Failure(f"{what}: nothing within {seconds} s")
        time.sleep(0.03)


class Program:
    """A child with a log of its own, ended with its suite."""

    def __init__(self, arguments: list[str | Path], log: Path, scratch: Path | None = None):
        self.name = Path(arguments[0]).name
        self.log_file = log
        self._arguments = [str(argument) for argument in arguments]
        self._environment = dict(os.environ)
        if scratch is not None:
            self._environment["TMPDIR"] = str(scratch)
        self.start()

    def start(self) -> None:
        """Also once more, after its end; the log goes on."""
        with self.log_file.open("ab") as out:
            self.child = subprocess.Popen(
                self._arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self._environment
            )

    @property
    def pid(self) -> int:
        return self.child.pid

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def is_running(self) -> bool:
        return self.child.poll() is None

    def wait_for_log(self, pattern: str, seconds: float = 30.0, since: int = 0) -> re.Match:
        """The first match in what was logged from byte `since` on."""

        def look() -> re.Match | None:
            found = re.search(pattern, self.log()[since:])
            if found is None and not self.is_running():
                raise Failure(f"{self.name} ended with {self.child.returncode}:\n{self.log()[-2000:]}")
            return found

        try:
            return wait_for(f"{self.name} logs {pattern!r}", look, seconds)
        except Failure as failure:
            raise Failure(f"{failure}\n{self.log()[-2000:]}") from None

    def wait_exit(self, seconds: float = 30.0) -> int:
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {seconds} s:\n{self.log()[-2000:]}") from None

    def kill(self) -> None:
        """As the kernel would: at once, without a word to anybody."""
        self.child.kill()
        self.child.wait()

    def stop(self, seconds: float = 20.0) -> int | None:
        if self.is_running():
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        return self.child.returncode


class FakeEngine(Program):
    """tests/fakes' engine on a port of its own."""

    def __init__(self, folder: Path, *options: str, alias: str = "fake-model"):
        self.port = free_port()
        self.model = alias
        super().__init__(
            [program("fake-engine"), "--port", str(self.port), "--alias", alias, *options], folder / "fake-engine.log"
        )
        self.url = f"http://127.0.0.1:{self.port}"
        wait_for("fake-engine", lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() or True)
