#!/usr/bin/env python3
"""Writes bundle.json into a folder: bundles as docs/formats/bundle.md describes the bytes, around the receipt of receipt.json.

Evidence and collateral are bytes that are easy to recognise: what they must be is other pages' business.
"""
import hashlib
import hmac
import json
import sys
from pathlib import Path

from cbor import cbor

RECEIPT = json.loads(Path("tests/data/formats/receipt.json").read_text())
POLICY = bytes.fromhex(json.loads(Path("tests/data/formats/policy.json").read_text())["policy_cbor"])
PARTS = ("receipt", "shown", "evidence", "collateral", "block", "registry", "log", "parents")


def filled(value: int, length: int) -> bytes:
    return bytes([value]) * length


def expand(key: bytes, info: bytes, length: int) -> bytes:
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


def shown(with_texts: bool) -> bytes:
    root = bytes.fromhex(RECEIPT["salt_root"])
    if not with_texts:
        proof = RECEIPT["chunk_proof"]
        chunk = [proof["choice"], proof["part"], proof["field"], proof["index"], bytes.fromhex(proof["salt"]), proof["text"],
                 proof["leaf_index"], [bytes.fromhex(one) for one in proof["path"]]]
        return cbor({7: [chunk]})
    runs = [[run["choice"], run["part"], run["field"], run["text"]] for run in RECEIPT["answer"]]
    return cbor({1: expand(root, b"cocoon/1 salt prompt\0", 16), 2: expand(root, b"cocoon/1 salt params\0", 16),
                 3: expand(root, b"cocoon/1 salt output\0", 32), 4: RECEIPT["prompt"].encode(), 5: RECEIPT["params"].encode(),
                 6: runs})


def case(with_texts: bool, log: str, parents: list[bytes]) -> dict:
    signed = bytes.fromhex(RECEIPT["signed"])
    parts = {
        "receipt": signed,
        "shown": shown(with_texts),
        "evidence": filled(0x31, 300),
        "collateral": filled(0x32, 200) if with_texts else b"",
        "block": cbor({1: RECEIPT["receipt"]["masterchain_seqno"], 2: filled(0x33, 32), 3: 1_780_000_000}),
        "registry": cbor({1: POLICY, 2: "test-model", 3: bytes.fromhex(RECEIPT["receipt"]["model_hash"]), 4: filled(0x34, 32)}),
        "log": log.encode(),
        "parents": cbor(parents),
    }
    framed = {0: 1}
    for number, name in enumerate(PARTS, 1):
        digest = hashlib.sha256(b"cocoon/1 bundle part\0" + bytes([number]) + parts[name]).digest()
        framed[number] = [digest, parts[name]]
    return {"parts": {name: part.hex() for name, part in parts.items()}, "cbor": cbor(framed).hex()}


CASES = [case(True, "c2sp.org/tlog-proof@v1\n", [filled(0x41, 100), filled(0x42, 24)]), case(False, "", [])]
Path(sys.argv[1], "bundle.json").write_text(json.dumps({"cases": CASES}, indent=1) + "\n")
