"""systemd accepts the units, and finds them closed enough."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
UNITS = sorted((PROJECT / "packaging/systemd").glob("*.service"))
SYSTEMD_ANALYZE = shutil.which("systemd-analyze")
# On systemd's scale, 0 is closed and 10 open. What is left is the network, and in a worker CAP_DAC_OVERRIDE.
EXPOSURE_TIMES_TEN_MAX = 25


class Units(unittest.TestCase):
    def test_there_is_a_unit_of_every_role(self):
        self.assertEqual([unit.stem for unit in UNITS], ["cocoon-client", "cocoon-proxy", "cocoon-worker"])

    def test_every_unit_is_closed_and_ends_in_order(self):
        for unit in UNITS:
            settings = unit.read_text().splitlines()
            for wanted in (
                "NoNewPrivileges=yes",
                "ProtectSystem=strict",
                "PrivateTmp=yes",
                "MemoryDenyWriteExecute=yes",
                "LimitCORE=0",
                "Restart=on-failure",
                "KillMode=mixed",
                "UMask=0077",
            ):
                self.assertIn(wanted, settings, unit.name)
            self.assertRegex(unit.read_text(), r"(?m)^TimeoutStopSec=\d+$")
            self.assertRegex(unit.read_text(), r"(?m)^(DynamicUser=yes|User=cocoon)$")

    @unittest.skipUnless(SYSTEMD_ANALYZE, "systemd-analyze is not installed")
    def test_systemd_verifies_every_unit(self):
        with tempfile.TemporaryDirectory() as folder:
            copies = []
            for unit in UNITS:
                copy = Path(folder) / unit.name
                # The programs need not be installed where this runs, nor the manual.
                text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text())
                copy.write_text(text)
                copies.append(copy)
            done = subprocess.run(
                [SYSTEMD_ANALYZE, "verify", "--man=no", *copies], capture_output=True, text=True, check=False
            )
            complaints = [line for line in done.stderr.splitlines() if "cocoon-" in line]
            self.assertEqual((done.returncode, complaints), (0, []))

    @unittest.skipUnless(SYSTEMD_ANALYZE, "systemd-analyze is not installed")
    def test_no_unit_is_more_exposed_than_it_has_to_be(self):
        for unit in UNITS:
            done = subprocess.run(
                [SYSTEMD_ANALYZE, "security", "--offline=true", f"--threshold={EXPOSURE_TIMES_TEN_MAX}", unit],
                capture_output=True,
                text=True,
                check=False,
            )
            self.assertEqual(done.returncode, 0, done.stdout[-200:] + done.stderr)


if __name__ == "__main__":
    unittest.main()
