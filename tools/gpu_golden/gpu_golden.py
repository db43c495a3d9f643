#!/usr/bin/env python3
"""Makes the signed golden measurements of GPUs out of NVIDIA's manifests: see README.md."""
import argparse
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rim import Rim, RimError, read_rim

LABEL = b"cocoon/1 gpu golden\0"


def rim_id_of(path: Path) -> str:
    """NVIDIA names a manifest by its file: NV_GPU_VBIOS_1010_0200_882_96005E0001.xml; older samples leave the front out."""
    name = path.stem.removesuffix("_PROD")
    return name if name.startswith("NV_") else "NV_GPU_VBIOS_" + name.upper()


def golden_json(rims: list[Rim]) -> bytes:
    manifests = [
        {
            "kind": rim.kind,
            "id": rim.id,
            "version": rim.version,
            "rim_sha256": rim.sha256,
            "measurements": [{"index": index, "sha384": rim.measurements[index]} for index in sorted(rim.measurements)],
        }
        for rim in sorted(rims, key=lambda rim: (rim.kind, rim.id))
    ]
    if len({(rim.kind, rim.id) for rim in rims}) != len(rims):
        raise RimError("one manifest twice")
    return (json.dumps({"version": 1, "manifests": manifests}, indent=1) + "\n").encode()


def sign(document: bytes, key: Ed25519PrivateKey) -> bytes:
    return key.sign(LABEL + document)


def read_key(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    return key


def parse_time(text: str) -> datetime:
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if time.tzinfo is None:
        raise ValueError("a time needs its zone")
    return time


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rims", nargs="+", type=Path, metavar="RIM", help="manifest, named as NVIDIA names it")
    parser.add_argument("--key", required=True, type=Path, help="Ed25519 key, PEM")
    parser.add_argument("--out", required=True, type=Path, help="golden JSON; the signature goes to OUT.sig")
    parser.add_argument("--at", type=parse_time, default=datetime.now(timezone.utc), help="when certificates must be valid")
    arguments = parser.parse_args()
    try:
        rims = []
        for path in arguments.rims:
            try:
                rims.append(read_rim(path.read_bytes(), rim_id_of(path), arguments.at))
            except RimError as error:
                raise RimError(f"{path.name}: {error}") from None
        document = golden_json(rims)
        signature = sign(document, read_key(arguments.key))
    except (RimError, OSError, ValueError) as error:
        print(f"gpu_golden: {error}", file=sys.stderr)
        return 1
    for path, data in ((arguments.out, document), (Path(f"{arguments.out}.sig"), signature)):
        temporary = path.with_name(path.name + ".new")
        temporary.write_bytes(data)
        os.replace(temporary, path)
    print(f"{len(rims)} manifests in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
