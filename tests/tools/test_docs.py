"""Links of the documentation lead somewhere, and the readme opens as promised."""

import re
import subprocess
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "-C", PROJECT, "ls-files", "*.md"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    # What tests read as data is not ours to mend.
    return [PROJECT / name for name in listed if not name.startswith("tests/data/")]


class Documentation(unittest.TestCase):
    def test_relative_links_lead_to_files_of_the_project(self):
        broken = []
        for page in pages():
            for target in LINK.findall(FENCE.sub("", page.read_text())):
                if "://" not in target and not (page.parent / target).exists():
                    broken.append(f"{page.relative_to(PROJECT)}: {target}")
        self.assertEqual(broken, [])

    def test_the_readme_opens_with_exactly_two_commands(self):
        lines = (PROJECT / "README.md").read_text().splitlines()
        self.assertEqual(lines[:4], ["```", "make demo", "make test", "```"])

    def test_make_lists_every_target_that_the_pages_name(self):
        listed = subprocess.run(["make", "-C", PROJECT, "help"], capture_output=True, text=True, check=True).stdout
        targets = set(re.findall(r"^  make (\S+)", listed, re.MULTILINE))
        named = set()
        for page in pages():
            named |= set(re.findall(r"(?:`|^|[|=] ?)make ([a-z]+)", page.read_text(), re.MULTILINE))
        self.assertLessEqual({"demo", "test", "layers"}, named)
        self.assertEqual(named - targets, set())


if __name__ == "__main__":
    unittest.main()
