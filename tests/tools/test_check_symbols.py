"""check_symbols.py finds forbidden code in a proxy, and notices when it could not have found any."""

import copy
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from check_symbols import FORBIDDEN, PROXY, library  # noqa: E402

COMPILER = "clang++-19"


class Build:
    """A build folder with one function for each forbidden room, and programs that call some of them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.functions = {}
        (folder / "bin").mkdir()
        for room in FORBIDDEN:
            name = "secret_of_" + room.replace("/", "_")
            self.functions[room] = name
            archive = library(folder, room)
            archive.parent.mkdir(parents=True, exist_ok=True)
            source = archive.with_suffix(".cpp")
            source.write_text(f"namespace cocoon {{ int {name}() {{ return 1; }} }}\n")
            self.run(COMPILER, "-c", source, "-o", archive.with_suffix(".o"))
            self.run("ar", "rcs", archive, archive.with_suffix(".o"))
        self.link("cocoon-client", list(FORBIDDEN))
        self.link("cocoon-worker", list(FORBIDDEN))
        self.link(PROXY, [])

    def run(self, *command) -> None:
        subprocess.run(command, check=True, capture_output=True)

    def link(self, program: str, rooms: list[str], more: str = "") -> None:
        source = self.folder / f"{program}.cpp"
        declarations = "".join(f"int {self.functions[room]}();" for room in rooms)
        calls = "".join(f" + cocoon::{self.functions[room]}()" for room in rooms)
        source.write_text(f"namespace cocoon {{ {declarations} {more} }}\nint main() {{ return 0{calls}; }}\n")
        self.run(COMPILER, source, "-o", self.folder / "bin" / program, *(library(self.folder, room) for room in rooms))

    def check(self) -> tuple[int, str]:
        run = subprocess.run(
            [sys.executable, TOOLS / "check_symbols.py", "--build", self.folder], capture_output=True, text=True, check=False
        )
        return run.returncode, run.stdout


class CheckSymbols(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.good = Build(Path(folder.name))

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shutil.copytree(self.good.folder, folder.name, dirs_exist_ok=True)
        self.build = copy.copy(self.good)
        self.build.folder = Path(folder.name)

    def assert_caught(self, text: str) -> None:
        status, output = self.build.check()
        self.assertEqual(status, 1, output)
        self.assertIn(text, output)

    def test_passes_a_proxy_without_forbidden_code(self):
        status, output = self.build.check()
        self.assertEqual(status, 0, output)

    def test_catches_one_function_of_a_forbidden_library(self):
        for room in ("hpke", "sealed/schedule"):
            self.build.link(PROXY, [room])
            self.assert_caught(f"cocoon-proxy contains cocoon::{self.build.functions[room]}() ({room})")

    def test_catches_forbidden_namespaces_whatever_library_they_come_from(self):
        self.build.link(PROXY, [], "namespace openai { int peek() { return 2; } }")
        self.assert_caught("cocoon-proxy contains cocoon::openai::peek()")

    def test_a_stripped_control_program_does_not_pass(self):
        self.build.run("strip", self.build.folder / "bin/cocoon-client")
        self.assert_caught("the search itself is broken")

    def test_a_stripped_proxy_does_not_pass(self):
        self.build.run("strip", self.build.folder / "bin" / PROXY)
        self.assert_caught("no symbol table")

    def test_a_missing_program_or_library_does_not_pass(self):
        library(self.build.folder, "hpke").unlink()
        self.assert_caught("its library is not there")
        (self.build.folder / "bin" / PROXY).unlink()
        self.assert_caught("cocoon-proxy not built")


if __name__ == "__main__":
    unittest.main()
