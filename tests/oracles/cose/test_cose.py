"""Our signed documents, verified by an implementation of COSE that knows nothing of ours."""
import hashlib
import json
import pathlib
import unittest

import cbor2
import cwt

VECTORS = pathlib.Path("tests/data/formats")
KTY, ALG, CRV, X = 1, 3, -1, -2
OKP, ED25519_CURVE, ED25519 = 1, 6, -19
CONTEXTS = {"receipt": b"cocoon/1 receipt\0", "bill": b"cocoon/1 bill\0"}


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def key_of(public_key):
    return cwt.COSEKey.new({KTY: OKP, ALG: ED25519, CRV: ED25519_CURVE, X: public_key})


def verified(document, public_key, context):
    return cwt.COSE.new().decode(document, keys=[key_of(public_key)], external_aad=context)


class SignedDocuments(unittest.TestCase):
    def documents(self):
        for name, context in CONTEXTS.items():
            found = vector(name)
            yield name, context, bytes.fromhex(found["signed"]), bytes.fromhex(
                found["identity_public_key"]), found

    def test_a_receipt_and_a_bill_verify_and_say_what_was_meant(self):
        for name, context, document, key, found in self.documents():
            with self.subTest(name):
                payload = verified(document, key, context)
                self.assertEqual(payload.hex(), found["payload"])
                self.assertEqual(cbor2.loads(payload)[1].hex(), found[name]["request_id"])

    def test_a_receipt_is_named_by_the_hash_of_its_bytes(self):
        receipt = vector("receipt")
        self.assertEqual(hashlib.sha256(bytes.fromhex(receipt["signed"])).hexdigest(),
                         receipt["hash"])

    def test_neither_stands_in_for_the_other(self):
        for name, _, document, key, _ in self.documents():
            for other, context in CONTEXTS.items():
                if other == name:
                    continue
                with self.subTest(name), self.assertRaises(cwt.VerifyError):
                    verified(document, key, context)

    def test_another_key_is_refused(self):
        for name, context, document, _, _ in self.documents():
            with self.subTest(name), self.assertRaises(cwt.VerifyError):
                verified(document, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a"
                                                 "0ee172f3daa62325af021a68f707511a"), context)

    def test_every_changed_bit_of_payload_and_signature_is_refused(self):
        for name, context, document, key, found in self.documents():
            begin = document.index(bytes.fromhex(found["payload"]))
            end = begin + len(found["payload"]) // 2
            for byte in [*range(begin, end), *range(len(document) - 64, len(document))]:
                for bit in range(8):
                    changed = bytearray(document)
                    changed[byte] ^= 1 << bit
                    with self.subTest(name, byte=byte, bit=bit), self.assertRaises(cwt.VerifyError):
                        verified(bytes(changed), key, context)


if __name__ == "__main__":
    unittest.main()
