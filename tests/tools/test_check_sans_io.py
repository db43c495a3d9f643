"""check_sans_io.py finds what asks the system for something, only where a program would link it, and notices when it
could not have found any."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from check_sans_io import DENIED, check, kind_of, library  # noqa: E402

COMPILER = "clang++-19"
CLOSURE = ["attest", "base"]
# What the rooms of the positive controls must ask for.
CONTROLS = {
    "net": "int connect(); int RAND_bytes(); int f() { return connect() + RAND_bytes(); }",
    "files": "int open(); int f() { return open(); }",
    "store": "int pthread_create(); int f() { return pthread_create(); }",
    "async": "int clock_gettime(); int f() { return clock_gettime(); }",
}
GOOD = {
    "attest": {"judge": "int parse(); int memcmp(); int EVP_sha256(); int judge() { return parse() + memcmp() + EVP_sha256(); }"},
    "base": {
        "parse": "int strlen(); int parse() { return strlen(); }",
        "log": "int fwrite(); int log_line() { return fwrite(); }",  # in the archive, but nobody asks for it
    },
    **{room: {"f": source} for room, source in CONTROLS.items()},
}


def archive(folder: Path, room: str, sources: dict[str, str]) -> None:
    """The room's library, of one member for each source."""
    path = library(folder, room)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    objects = []
    for stem, source in sources.items():
        objects.append(path.with_name(f"{stem}.o"))
        command = [COMPILER, "-c", "-fno-builtin", "-x", "c++", "-", "-o", objects[-1]]
        subprocess.run(command, input=f'extern "C" {{ {source} }}\n', text=True, check=True)
    subprocess.run(["ar", "rcs", path, *objects], check=True)


class CheckSansIo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)

    def setUp(self):
        for room, sources in GOOD.items():
            if not library(self.folder, room).exists():
                archive(self.folder, room, sources)

    def problems(self, room: str = "", source: str = "") -> list[str]:
        """Of the good rooms, one of them with another source."""
        if room:
            archive(self.folder, room, {"changed": source})
            self.addCleanup(library(self.folder, room).unlink)
        return check(self.folder, CLOSURE)

    def test_passes_what_computes_only_and_members_that_nobody_links(self):
        self.assertEqual(self.problems(), [])

    def test_finds_each_kind_in_the_room_itself(self):
        asked = {"sockets": "recvfrom", "files": "fopen", "threads": "pthread_create", "clocks": "time", "random numbers": "getrandom"}
        self.assertEqual(asked.keys(), DENIED.keys())
        source = "".join(f"int {each}(); int judge_{each}() {{ return {each}(); }} " for each in asked.values())
        self.assertEqual(
            sorted(self.problems("attest", source)),
            sorted(f"libcocoon_attest.a[changed.o] asks for {function} ({kind})" for kind, function in asked.items()),
        )

    def test_finds_what_a_room_below_brings_along(self):
        source = "int log_line(); int judge() { return log_line(); }"
        self.assertEqual(self.problems("attest", source), ["libcocoon_base.a[log.o] asks for fwrite (files)"])

    def test_knows_no_function_that_is_not_listed(self):
        source = "int ptrace(); int judge() { return ptrace(); }"
        self.assertEqual(
            self.problems("attest", source),
            ["libcocoon_attest.a[changed.o] asks for ptrace, which tools/check_sans_io.py does not know"],
        )

    def test_notices_a_search_that_would_find_nothing(self):
        self.assertEqual(
            self.problems("async", "int f() { return 1; }"),
            ["async should ask for clocks and does not: the search itself is broken"],
        )

    def test_knows_the_names_of_cpp(self):
        for name, kind in {
            "std::chrono::_V2::system_clock::now()": "clocks",
            "std::filesystem::status(std::filesystem::__cxx11::path const&)": "files",
            "std::basic_ifstream<char, std::char_traits<char> >::basic_ifstream(char const*)": "files",
            "std::basic_filebuf<char, std::char_traits<char> >::close()": "files",
            "std::thread::join()": "threads",
            "std::random_device::_M_getval()": "random numbers",
            "std::basic_streambuf<char, std::char_traits<char> >::sync()": None,
            "cocoon::codec::parse_rfc3339(std::basic_string_view<char, std::char_traits<char> >)": None,
        }.items():
            with self.subTest(name):
                self.assertEqual(kind_of(name), kind)


if __name__ == "__main__":
    unittest.main()
