"""The Debian packages have what they promise, and what they install runs."""

import gzip
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = PROJECT / "build/packages"
VERSION = re.search(r"project\(cocoon VERSION (\S+)", (PROJECT / "CMakeLists.txt").read_text()).group(1)
PROGRAMS = {
    "cocoon": ["cocoon", "cocoon-client", "cocoon-proxy", "tdx-sim"],
    "cocoon-worker": ["cocoon-worker", "llama-server"],
}


def output(*command, **more) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command} gave {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


@unittest.skipUnless(shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"), "no Debian tools on this machine")
class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        output(PROJECT / "tools/package", "deb")
        cls.files = {path.name.split("_")[0]: path for path in PACKAGES.glob("*.deb")}
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = Path(cls.folder.name)
        for path in cls.files.values():
            output("dpkg-deb", "-x", path, cls.root)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def field(self, package: str, name: str) -> str:
        return output("dpkg-deb", "-f", self.files[package], name).strip()

    def test_there_are_two_packages(self):
        self.assertEqual(set(self.files), {"cocoon", "cocoon-worker"})

    def test_control_fields_are_complete(self):
        for package in PROGRAMS:
            self.assertEqual(self.field(package, "Package"), package)
            self.assertEqual(self.field(package, "Version"), VERSION)
            self.assertIn("libc6 (>=", self.field(package, "Depends"))
            self.assertIn("private answers", self.field(package, "Description"))
        self.assertIn(f"cocoon (= {VERSION})", self.field("cocoon-worker", "Depends"))
        self.assertNotIn("cocoon-worker", self.field("cocoon", "Depends"))

    def test_nothing_lies_outside_of_usr_and_nothing_is_writable_by_others(self):
        for package, path in self.files.items():
            for line in output("dpkg-deb", "-c", path).splitlines():
                mode, owner, *_, name = line.split(" -> ")[0].split()
                self.assertTrue(name.startswith("./usr/") or name == "./", f"{package}: {name}")
                self.assertEqual(owner, "root/root", name)
                self.assertTrue(mode.startswith("l") or mode[8] == "-", line)

    def test_maintainer_scripts_are_shell(self):
        for package, path in self.files.items():
            with tempfile.TemporaryDirectory() as control:
                output("dpkg-deb", "-e", path, control)
                for script in ("postinst", "prerm"):
                    self.assertTrue(os.access(Path(control) / script, os.X_OK), f"{package} {script}")
                    output("sh", "-n", Path(control) / script)

    def test_programs_are_stripped_and_run_where_they_are_installed(self):
        for package, programs in PROGRAMS.items():
            for program in programs:
                path = self.root / "usr/lib/cocoon/bin" / program
                self.assertNotIn(b".debug_info", path.read_bytes(), program)
                said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
                self.assertTrue((said.stdout + said.stderr).strip(), f"{package}: {program}")
        self.assertEqual(output(self.root / "usr/bin/cocoon", "--version").strip(), f"cocoon {VERSION}")

    def test_the_doctor_finds_the_installed_engine(self):
        done = subprocess.run([self.root / "usr/bin/cocoon", "doctor"], capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (0, 1))
        self.assertIn("usr/lib/cocoon/bin/llama-server", done.stdout)

    def test_units_name_the_installed_programs(self):
        for role in ("client", "proxy", "worker"):
            unit = (self.root / f"usr/lib/systemd/system/cocoon-{role}.service").read_text()
            program = re.search(r"(?m)^ExecStart=(\S+)", unit).group(1)
            self.assertEqual(program, f"/usr/lib/cocoon/bin/cocoon-{role}")
            self.assertTrue(os.access(self.root / program.lstrip("/"), os.X_OK))
        self.assertTrue((self.root / "usr/lib/sysusers.d/cocoon.conf").is_file())

    def test_licences_and_manual_are_there(self):
        for name in ("cocoon/copyright", "cocoon-worker/copyright", "cocoon-worker/llama-server.LICENSE",
                     "cocoon/changelog.gz", "cocoon/operations.md", "cocoon/formats/worker-config.md"):
            self.assertTrue((self.root / "usr/share/doc" / name).is_file(), name)

    def test_every_program_that_people_type_has_a_manual_page(self):
        for program in (self.root / "usr/bin").iterdir():
            page = gzip.decompress((self.root / f"usr/share/man/man1/{program.name}.1.gz").read_bytes()).decode()
            self.assertIn(f".SH NAME\n{program.name} \\- ", page)
            self.assertIn("EXIT STATUS", page.upper())

    def test_the_manual_of_cocoon_has_every_command(self):
        page = gzip.decompress((self.root / "usr/share/man/man1/cocoon.1.gz").read_bytes()).decode()
        for command in ("DEMO", "WORKER SETUP", "ATTEST VERIFY", "TON ACCOUNT", "WALLET SEND", "BENCH"):
            self.assertIn(f'.SH "{command}"\n', page)

    def test_example_configurations_are_read_by_the_programs(self):
        examples = self.root / "usr/share/doc/cocoon/examples"
        for role in ("client", "proxy", "worker"):
            file = examples / f"{role}.toml"
            self.assertEqual(tomllib.loads(file.read_text())["network"], -777)
            output(self.root / f"usr/bin/cocoon-{role}", "--config", file, "--check")

    def test_another_prefix_is_written_into_the_units(self):
        with tempfile.TemporaryDirectory() as destination:
            environment = os.environ | {"DESTDIR": destination, "PREFIX": "/opt/c"}
            output(PROJECT / "tools/package", "install", env=environment)
            unit = (Path(destination) / "opt/c/lib/systemd/system/cocoon-proxy.service").read_text()
            self.assertIn("ExecStart=/opt/c/lib/cocoon/bin/cocoon-proxy ", unit)
            self.assertEqual(output(Path(destination) / "opt/c/bin/cocoon", "--version").strip(), f"cocoon {VERSION}")


if __name__ == "__main__":
    unittest.main()
