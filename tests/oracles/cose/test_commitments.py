"""The commitments of our receipt vector, made anew from the response secret as docs/formats/receipt.md describes them."""
import hashlib
import hmac
import json
import pathlib
import struct
import unittest

VECTOR = json.loads(pathlib.Path("tests/data/formats/receipt.json").read_text())
CHUNK_BYTES = 256


def expand(key, info, length):
    """HKDF-Expand (RFC 5869 §2.3) of at most one block."""
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def chunks(text):
    while text:
        end = min(CHUNK_BYTES, len(text))
        while end < len(text) and text[end] & 0xC0 == 0x80:
            end -= 1
        yield text[:end]
        text = text[end:]


def root_of(leaves):
    """RFC 9162 §2.1.1, by its recursive definition."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01", root_of(leaves[:split]), root_of(leaves[split:]))


class Commitments(unittest.TestCase):
    def setUp(self):
        self.root = expand(bytes.fromhex(VECTOR["response_secret"]), b"cocoon/1 salt root\0", 32)

    def test_the_salt_root_is_the_response_secrets(self):
        self.assertEqual(self.root.hex(), VECTOR["salt_root"])

    def test_prompt_and_params(self):
        for name in ("prompt", "params"):
            salt = expand(self.root, f"cocoon/1 salt {name}\0".encode(), 16)
            committed = sha256(f"cocoon/1 {name}\0".encode(), salt, VECTOR[name].encode())
            self.assertEqual(committed.hex(), VECTOR["receipt"][name])

    def test_output(self):
        salts = expand(self.root, b"cocoon/1 salt output\0", 32)
        leaves = []
        for run in sorted(VECTOR["answer"], key=lambda run: (run["choice"], run["part"], run["field"])):
            for index, text in enumerate(chunks(run["text"].encode())):
                position = struct.pack(">IIBI", run["choice"], run["part"], run["field"], index)
                salt = expand(salts, b"cocoon/1 salt chunk\0" + position, 16)
                leaves.append(sha256(b"\x00", b"cocoon/1 chunk\0", salt, position, text))
        self.assertEqual(len(leaves), VECTOR["receipt"]["output_chunks"])
        self.assertEqual(root_of(leaves).hex(), VECTOR["receipt"]["output_root"])


if __name__ == "__main__":
    unittest.main()
