"""check_layers.py catches each kind of violation, and passes a house without any."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = PROJECT / "tools/check_layers.py"

TABLE = """
[floors]
L0 = ["base"]
L1 = ["crypto", "codec", "cose"]
L2 = ["hpke"]
L3 = ["roles/proxy", "net"]

[same_floor]
cose = ["crypto"]

[[never]]
why = "a proxy must not be able to read a prompt"
from = ["roles/proxy"]
to = ["hpke"]

[third_party_in_public_headers]
base = ["boost/asio"]

[limits]
file_lines_max = 20
"""


class House:
    """A small house without violations, to be damaged by one test each."""

    def __init__(self, root: Path):
        self.root = root
        self.write("tools/layers.toml", TABLE)
        self.write("CMakeLists.txt", "foreach(room\n base # L0\n crypto codec cose hpke roles/proxy net)\nendforeach()\n")
        self.write("src/README.md", "house")
        self.write("src/roles/README.md", "roles")
        self.room("base", "")
        self.room("crypto", "PUBLIC base")
        self.room("codec", "PUBLIC base")
        self.room("cose", "PUBLIC base PRIVATE crypto")
        self.room("hpke", "PUBLIC base crypto")
        self.room("net", "PUBLIC base")
        self.room("roles/proxy", "PUBLIC base PRIVATE cose")
        self.write("src/base/bytes.h", "#pragma once\n#include <vector>\n")
        self.write("src/crypto/hash.h", '#pragma once\n#include "base/bytes.h"\n')
        self.write("src/crypto/hash.cpp", '#include "crypto/hash.h"\n#include <openssl/sha.h>\n')
        self.write("src/cose/sign.h", '#pragma once\n#include "base/bytes.h"\n')
        self.write("src/cose/sign.cpp", '#include "cose/sign.h"\n#include "crypto/hash.h"\n')
        self.write("src/roles/proxy/relay.cpp", '#include "cose/sign.h"\n')

    def room(self, name: str, links: str) -> None:
        self.write(f"src/{name}/CMakeLists.txt", f"cocoon_library({links})\n")
        self.write(f"src/{name}/README.md", name)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def check(self) -> tuple[int, str]:
        run = subprocess.run(
            [sys.executable, SCRIPT, "--root", self.root], capture_output=True, text=True, check=False
        )
        return run.returncode, run.stdout + run.stderr


class CheckLayers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.house = House(Path(folder.name))

    def assert_caught(self, *texts: str) -> None:
        status, output = self.house.check()
        self.assertEqual(status, 1, output)
        for text in texts:
            self.assertIn(text, output)
        self.assertIn("1 problems", output)

    def test_passes_a_house_without_violations(self):
        status, output = self.house.check()
        self.assertEqual(status, 0, output)
        self.assertIn("0 problems", output)

    def test_catches_a_lower_floor_that_includes_a_higher_one(self):
        self.house.write("src/base/bytes.cpp", '#include "base/bytes.h"\n#include "crypto/hash.h"\n')
        status, output = self.house.check()
        self.assertEqual(status, 1)
        self.assertIn("base (L0) may not include crypto (L1)", output)

    def test_catches_a_link_upwards(self):
        self.house.write("src/base/CMakeLists.txt", "cocoon_library(PRIVATE crypto)\n")
        self.assert_caught("base (L0) may not link crypto (L1)")

    def test_catches_an_edge_on_one_floor_that_is_not_listed(self):
        self.house.write("src/codec/CMakeLists.txt", "cocoon_library(PUBLIC base PRIVATE crypto)\n")
        self.assert_caught("codec (L1) may not link crypto (L1)")

    def test_catches_an_include_without_its_link(self):
        self.house.write("src/net/net.cpp", '#include "crypto/hash.h"\n')
        self.assert_caught("includes crypto, which its CMakeLists.txt does not link as PUBLIC or PRIVATE")

    def test_catches_a_header_that_includes_what_is_linked_privately(self):
        self.house.write("src/cose/sign.h", '#pragma once\n#include "crypto/hash.h"\n')
        self.assert_caught("includes crypto, which its CMakeLists.txt does not link as PUBLIC")

    def test_lets_a_header_of_the_room_alone_include_what_is_linked_privately(self):
        self.house.write("src/cose/inner.h", '#pragma once\n#include "crypto/hash.h"\n')
        self.assertEqual(self.house.check()[0], 0)

    def test_catches_a_forbidden_room_however_indirect(self):
        self.house.room("net", "PUBLIC base hpke")
        table = (self.house.root / "tools/layers.toml").read_text()
        self.house.write("tools/layers.toml", table.replace('cose = ["crypto"]', '"roles/proxy" = ["net"]\ncose = ["crypto"]'))
        self.house.room("roles/proxy", "PUBLIC base PRIVATE cose net")
        self.assert_caught("a proxy must not be able to read a prompt: roles/proxy → net → hpke")

    def test_catches_a_missing_pragma_once(self):
        self.house.write("src/base/text.h", "#include <string>\n")
        self.assert_caught("no #pragma once")

    def test_catches_a_source_that_does_not_include_its_own_header_first(self):
        self.house.write("src/crypto/hash.cpp", '#include <openssl/sha.h>\n#include "crypto/hash.h"\n')
        self.assert_caught("does not include its own header first")

    def test_catches_a_file_that_is_too_long(self):
        self.house.write("src/base/long.cpp", "\n" * 21)
        self.assert_caught("21 lines, over 20")

    def test_catches_a_folder_without_readme(self):
        (self.house.root / "src/hpke/README.md").unlink()
        self.assert_caught("src/hpke: no README.md")

    def test_catches_a_third_party_header_in_a_public_header(self):
        self.house.write("src/crypto/hash.h", '#pragma once\n#include "base/bytes.h"\n#include <openssl/evp.h>\n')
        self.assert_caught("public header includes third-party <openssl/evp.h>")

    def test_allows_third_party_headers_in_headers_that_no_other_room_sees(self):
        self.house.write("src/crypto/inner.h", "#pragma once\n#include <openssl/evp.h>\n")
        self.assertEqual(self.house.check()[0], 0)

    def test_catches_a_room_that_is_not_in_the_table(self):
        self.house.room("attic", "PUBLIC base")
        self.assert_caught("this room is on no floor")

    def test_catches_a_room_that_the_root_does_not_build(self):
        self.house.write("CMakeLists.txt", "foreach(room\n base crypto codec cose # hpke\n roles/proxy net)\nendforeach()\n")
        self.assert_caught("does not build hpke")

    def test_lets_tests_and_fuzz_targets_use_any_room(self):
        self.house.write("src/base/base_test.cpp", '#include "hpke/none.h"\n#include "crypto/hash.h"\n')
        self.house.write("src/base/base_fuzz.cpp", '#include "crypto/hash.h"\n')
        self.assertEqual(self.house.check()[0], 0)


if __name__ == "__main__":
    unittest.main()
