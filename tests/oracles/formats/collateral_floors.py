#!/usr/bin/env python3
"""Writes collateral-floors.json into a folder, as docs/formats/collateral-floors.md describes the bytes."""

import json
import sys
from pathlib import Path


def head(major: int, argument: int) -> bytes:
    """The shortest head of a CBOR item (RFC 8949 §3)."""
    for bits, size in ((24, 1), (25, 2), (26, 4)):
        if argument < 24:
            return bytes([major << 5 | argument])
        if argument < 1 << 8 * size:
            return bytes([major << 5 | bits]) + argument.to_bytes(size, "big")
    raise ValueError("too large")


def number(value: int) -> bytes:
    return head(0, value)


def text_of_bytes(value: bytes) -> bytes:
    return head(2, len(value)) + value


def mapping(*values: bytes) -> bytes:
    """Keys 1, 2, 3, …"""
    return head(5, len(values)) + b"".join(number(i) + value for i, value in enumerate(values, 1))


def encoded(floors: list[tuple[bytes, bytes, int]]) -> bytes:
    items = [mapping(text_of_bytes(root), text_of_bytes(fmspc), number(floor)) for root, fmspc, floor in floors]
    return mapping(number(1), head(4, len(items)) + b"".join(items))


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
