#!/usr/bin/env python3
"""Writes collateral-floors.json into a folder, as docs/formats/collateral-floors.md describes the bytes."""

import json
import sys
from pathlib import Path

from cbor import cbor


def encoded(floors: list[tuple[bytes, bytes, int]]) -> bytes:
    return cbor({1: 1, 2: [{1: root, 2: fmspc, 3: floor} for root, fmspc, floor in floors]})


FLOORS = [
    (b"\x11" * 32, bytes.fromhex("b0c06f000000"), 17),
    (b"\x11" * 32, bytes.fromhex("c0c000000001"), 1),
    (b"\x22" * 32, bytes.fromhex("00a06d080000"), 4294967295),
]
cases = [
    {
        "floors": [{"root": root.hex(), "fmspc": fmspc.hex(), "number": floor} for root, fmspc, floor in some],
        "cbor": encoded(some).hex(),
    }
    for some in ([], FLOORS)
]
Path(sys.argv[1], "collateral-floors.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
