#!/usr/bin/env python3
"""Prints the worker's trusted computing base: the lines of every room that its program links, and the third-party
libraries beside them. Blank lines, comments, tests and fuzz targets do not count."""

import sys
from pathlib import Path

from check_layers import Checker, Table, is_test, ways_from

PROGRAM = "apps/worker"


def code_lines(path: Path) -> int:
    lines = (line.strip() for line in path.read_text().splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    rooms = Checker(root, Table.load(root / "tools/layers.toml")).read_house()
    closure = ways_from(rooms, PROGRAM)
    if not closure:
        print(f"trusted base: {PROGRAM} is not built yet")
        return 0
    counts = {}
    third_party = set()
    for name in closure:
        if name not in rooms:
            continue
        files = (path for path in rooms[name].path.iterdir() if path.suffix in (".h", ".cpp") and not is_test(path))
        counts[name] = sum(code_lines(path) for path in files)
        third_party |= set(rooms[name].third_party) - {"cocoon_asio"}
        if "cocoon_asio" in rooms[name].third_party:
            third_party |= {"Boost::asio", "OpenSSL::SSL"}
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        print(f"{count:7} {name}")
    print(f"{sum(counts.values()):7} lines in the worker's trusted base, {len(counts)} rooms")
    print(f"        with {', '.join(sorted(third_party))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
