#!/usr/bin/env python3
"""Checks that the proxy's program contains nothing that could open, seal or read a prompt.

Forbidden are all functions and data that only the libraries of FORBIDDEN define, and every symbol of the namespaces
that belong to them alone. Positive controls: the same search finds each of those libraries in the program that must
have it, so a stripped binary or a renamed library cannot pass unnoticed.
"""

import argparse
import subprocess
import sys
from pathlib import Path

# room -> a program that must contain it
FORBIDDEN = {
    "hpke": "cocoon-client",
    "sealed/seal_request": "cocoon-client",
    "sealed/open_response": "cocoon-client",
    "openai": "cocoon-client",
    "sealed/open_request": "cocoon-worker",
    "sealed/seal_response": "cocoon-worker",
    "sealed/schedule": "cocoon-worker",
}
FORBIDDEN_NAMESPACES = ("cocoon::hpke::", "cocoon::openai::")
PROXY = "cocoon-proxy"
STRONG = set("TtDdBbRr")


def symbols(file: Path) -> dict[str, str]:
    """Mangled name -> kind letter, of everything that this archive or program defines."""
    run = subprocess.run(["nm", "--defined-only", "--format=posix", file], capture_output=True, text=True, check=True)
    found = {}
    for line in run.stdout.splitlines():
        words = line.split()
        if len(words) >= 2 and len(words[1]) == 1:
            found[words[0]] = words[1]
    return found


def demangle(names: list[str]) -> list[str]:
    run = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def library(build: Path, room: str) -> Path:
    return build / "src" / room / f"libcocoon_{room.replace('/', '_').replace('-', '_')}.a"


def own_symbols(build: Path, room: str) -> set[str]:
    """The functions and data that this library alone defines: template instances and inline functions are weak."""
    path = library(build, room)
    if not path.exists():
        return set()  # a room of headers only leaves no symbol of its own; its namespace is searched for all the same
    return {name for name, kind in symbols(path).items() if kind in STRONG and name.startswith("_ZN")}


def check(build: Path) -> list[str]:
    problems = []
    programs = {name: set(symbols(build / "bin" / name)) for name in {PROXY, *FORBIDDEN.values()}}
    for room, program in FORBIDDEN.items():
        own = own_symbols(build, room)
        if not own:
            problems.append(f"{room}: its library is not there, so nothing can be said about it")
            continue
        if not own & programs[program]:
            problems.append(f"{program} should contain {room} and does not: the search itself is broken")
        for name in demangle(sorted(own & programs[PROXY])):
            problems.append(f"{PROXY} contains {name} ({room})")
    if "main" not in programs[PROXY]:
        problems.append(f"{PROXY} has no symbol table, so nothing can be said about it")
    for name in demangle(sorted(programs[PROXY])):
        if any(space in name for space in FORBIDDEN_NAMESPACES):
            problems.append(f"{PROXY} contains {name}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path(__file__).resolve().parent.parent / "build")
    parser.add_argument("--if-built", action="store_true", help="succeed when there is no proxy program yet")
    arguments = parser.parse_args()
    needed = [arguments.build / "bin" / name for name in (PROXY, "cocoon-client", "cocoon-worker")]
    absent = [path.name for path in needed if not path.exists()]
    if absent:
        print(f"symbols: {', '.join(absent)} not built")
        return 0 if arguments.if_built else 1
    problems = check(arguments.build)
    for problem in problems:
        print(problem)
    print(f"symbols: {len(FORBIDDEN)} rooms kept out of {PROXY}, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
