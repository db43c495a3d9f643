"""The golden files of the verifier's tests, from recorded manifests and a key that anyone can compute."""
import hashlib
from datetime import datetime, timezone
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gpu_golden import golden_json, sign
from rim import read_rim

DATA = Path("tests/data/attestation/nvidia")
AT = datetime(2025, 3, 1, tzinfo=timezone.utc)
KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"cocoon/1 test golden key").digest())
VBIOS = "NV_GPU_VBIOS_1010_0200_882_96005E0001"
DRIVER = "NV_GPU_DRIVER_GH100_550.144.03"
# name of the golden file -> its manifests: file, id
FILES = {
    "recorded": [("1010_0200_882_96005E0001_PROD.swidtag", VBIOS), (DRIVER + ".xml", DRIVER)],
    "vbios_mismatch": [(VBIOS + "_measurement_mismatch.xml", VBIOS)],
}


def make(name: str) -> tuple[bytes, bytes]:
    document = golden_json([read_rim((DATA / "rims" / file).read_bytes(), rim_id, AT) for file, rim_id in FILES[name]])
    return document, sign(document, KEY)


if __name__ == "__main__":
    for name in FILES:
        document, signature = make(name)
        (DATA / "golden" / f"{name}.json").write_bytes(document)
        (DATA / "golden" / f"{name}.json.sig").write_bytes(signature)
