#!/usr/bin/env python3
"""Writes gpu-evidence.json, snp-evidence.json and verdict.json into a folder, as their pages in docs/formats describe the bytes.

What the envelopes hold is not evidence: bytes that are easy to recognise stand in its place.
"""
import hashlib
import json
import sys
from pathlib import Path

from cbor import cbor


def filled(value: int, length: int) -> bytes:
    return bytes([value]) * length


def gpu_case(gpus: list[tuple[bytes, list[bytes]]], golden: bytes, signature: bytes) -> dict:
    encoded = cbor({1: 2, 2: [{1: report, 2: certificates} for report, certificates in gpus], 3: golden, 4: signature})
    return {
        "gpus": [{"report": report.hex(), "certificates": [one.hex() for one in certificates]} for report, certificates in gpus],
        "golden": golden.hex(), "signature": signature.hex(), "cbor": encoded.hex(),
    }


def gpu(seed: int) -> tuple[bytes, list[bytes]]:
    return filled(seed, 300), [filled(seed + i, 20 + i) for i in range(1, 6)]


identity_key, block = filled(0x21, 32), filled(0x22, 32)
GPUS = {
    "cases": [gpu_case([gpu(0x30)], b"{}", filled(0x40, 64)), gpu_case([gpu(0x50), gpu(0x60)], b"[]", filled(0x41, 64))],
    "nonce": {
        "identity_key": identity_key.hex(), "block_root_hash": block.hex(),
        "nonce": hashlib.sha256(b"cocoon/1 gpu\0" + identity_key + block).hexdigest(),
    },
}


def snp_case(report: bytes, certificates: list[bytes]) -> dict:
    return {
        "report": report.hex(), "certificates": [one.hex() for one in certificates],
        "cbor": cbor({1: 1, 2: report, 3: certificates}).hex(),
    }


SNP = {"cases": [snp_case(filled(0x31, 1184), [filled(0x32, 600)]),
                 snp_case(filled(0x33, 1184), [filled(0x34, 30), filled(0x35, 31), filled(0x36, 32)])]}


def verdict_case(outcome: int, status: str, reasons: list[str], advisories: list[str], at: int, policy: bytes) -> dict:
    quote, collateral = filled(0x11, 32), filled(0x12, 32)
    record = {1: 1, 2: outcome, 3: status, 4: reasons, 5: advisories, 6: quote, 7: collateral, 8: at, 9: policy}
    return {
        "outcome": outcome, "tcb_status": status, "reasons": reasons, "advisories": advisories, "quote_digest": quote.hex(),
        "collateral_digest": collateral.hex(), "at": at, "policy": policy.hex(), "cbor": cbor(record).hex(),
    }


VERDICTS = {"cases": [
    verdict_case(1, "UpToDate", [], [], 1_784_102_583, b""),
    verdict_case(0, "OutOfDate", ["tcb-status: the platform is OutOfDate", "banned: the policy bans this machine"],
                 ["INTEL-SA-00960", "INTEL-SA-00982"], 4_294_967_295, filled(0x13, 32)),
    verdict_case(0, "", ["bad-signature: quote"], [], 0, b""),
]}

for name, vectors in (("gpu-evidence", GPUS), ("snp-evidence", SNP), ("verdict", VERDICTS)):
    Path(sys.argv[1], f"{name}.json").write_text(json.dumps(vectors, indent=1) + "\n")
