#!/usr/bin/env python3
"""Prints "passed failed skipped" for one stage of tools/test.

count_tests.py junit FILE    ctest's report; a doctest program counts with its own test cases
count_tests.py log FILE      a log whose runner closes with "N passed, N failed[, N skipped]", with Python's "Ran N
                             tests" or with node's "# pass N"; no such line counts as one test, by --status
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped")
PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.MULTILINE)
UNITTEST = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)
UNITTEST_BAD = re.compile(r"(failures|errors|skipped)=(\d+)")
NODE = re.compile(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)\s*$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def count_junit(path: Path) -> tuple[int, int, int]:
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).iter("testcase"):
        output = COLOUR.sub("", case.findtext("system-out") or "")
        broken = case.get("status") == "fail" or case.find("failure") is not None
        if summaries := DOCTEST.findall(output):
            _, good, bad, left_out = (int(number) for number in summaries[-1])
            passed += good
            failed += max(bad, 1) if broken else bad
            skipped += left_out
            if good + bad == 0:
                print(f"{case.get('name')} ran no test case", file=sys.stderr)
                failed += 1
        elif broken:
            failed += 1
        elif case.get("status") in ("notrun", "disabled"):
            failed += 1  # a program that should be there and is not
        else:
            passed += 1
    return passed, failed, skipped


def count_log(path: Path, status: int) -> tuple[int, int, int]:
    text = COLOUR.sub("", path.read_text(errors="replace"))
    passed = failed = skipped = 0
    if plain := PLAIN.findall(text):
        passed, failed, skipped = (int(number or 0) for number in plain[-1])
    elif ran := UNITTEST.findall(text):
        bad = {name: int(number) for name, number in UNITTEST_BAD.findall(text)}
        failed = bad.get("failures", 0) + bad.get("errors", 0)
        skipped = bad.get("skipped", 0)
        # A class that cannot be set up is an error and no test that ran.
        passed = max(0, int(ran[-1]) - failed - skipped)
    elif node := dict(NODE.findall(text)):
        passed, failed, skipped = (int(node.get(name, 0)) for name in ("pass", "fail", "skipped"))
    else:
        passed = 1 if status == 0 else 0
    if status != 0 and failed == 0:
        failed = 1
    return passed, failed, skipped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["junit", "log"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--status", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.kind == "junit":
        print(*count_junit(arguments.file))
    else:
        print(*count_log(arguments.file, arguments.status))


if __name__ == "__main__":
    main()
