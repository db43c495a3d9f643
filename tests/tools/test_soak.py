"""tools/soak runs every campaign, adds up what they count, and hides no failure."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Soak(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-soak-")
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        self.addCleanup(lambda: [log.unlink() for log in (ROOT / "build/log").glob("soak-tried-*.log")])

    def campaign(self, name: str, script: str) -> None:
        file = self.folder / f"tried-{name}"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def soak(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [ROOT / "tools/soak", *arguments], env=os.environ | {"SOAK_FOLDER": str(self.folder)}, capture_output=True,
            text=True, check=False,
        )

    def test_adds_up_all_campaigns_and_leaves_other_files_alone(self):
        self.campaign("a", "echo 3 passed, 0 failed, 1 skipped")
        self.campaign("b", "echo 4 passed, 0 failed, 0 skipped")
        (self.folder / "README.md").write_text("not a campaign")
        run = self.soak()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stdout.splitlines()[-1], "7 passed, 0 failed, 1 skipped")

    def test_a_campaign_that_fails_fails_the_whole_after_the_others_ran(self):
        self.campaign("a", "echo seed 17; exit 3")
        self.campaign("b", "echo 4 passed, 0 failed, 0 skipped")
        run = self.soak()
        self.assertEqual(run.returncode, 1)
        self.assertIn("seed 17", run.stdout)
        self.assertEqual(run.stdout.splitlines()[-1], "4 passed, 1 failed, 0 skipped")

    def test_a_name_runs_that_campaign_only_and_an_unknown_one_none(self):
        self.campaign("a", "exit 1")
        self.campaign("b", "echo 2 passed, 0 failed, 0 skipped")
        self.assertEqual(self.soak("tried-b").returncode, 0)
        self.assertEqual(self.soak("tried-c").returncode, 2)

    def test_nothing_that_ran_is_no_success(self):
        self.assertEqual(self.soak().returncode, 1)


if __name__ == "__main__":
    unittest.main()
