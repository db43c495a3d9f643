import subprocess
import sys
import tempfile
import unittest
from datetime import datetime, timezone
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from golden_files import AT, DATA, DRIVER, FILES, KEY, VBIOS, make
from rim import RimError, kind_of, read_rim

RIMS = DATA / "rims"
LATER = datetime(2026, 3, 1, tzinfo=timezone.utc)


def read(file, rim_id, at=AT, change=lambda data: data, **more):
    return read_rim(change((RIMS / file).read_bytes()), rim_id, at, **more)


class Manifests(unittest.TestCase):
    def refused(self, reason, *arguments, **more):
        with self.assertRaisesRegex(RimError, reason):
            read(*arguments, **more)

    def test_accepts_what_nvidia_signed(self):
        vbios = read("1010_0200_882_96005E0001_PROD.swidtag", VBIOS)
        self.assertEqual((vbios.kind, vbios.version), ("vbios", "96.00.5E.00.01"))
        self.assertEqual(sorted(vbios.measurements), [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12])
        driver = read(DRIVER + ".xml", DRIVER)
        self.assertEqual((driver.kind, len(driver.measurements)), ("driver", 21))
        self.assertFalse(set(vbios.measurements) & set(driver.measurements))

    def test_a_genuine_manifest_with_other_measurements_is_for_the_verifier_to_refuse(self):
        other = read(VBIOS + "_measurement_mismatch.xml", VBIOS)
        genuine = read("1010_0200_882_96005E0001_PROD.swidtag", VBIOS)
        different = [i for i in genuine.measurements if genuine.measurements[i] != other.measurements[i]]
        self.assertEqual(different, [9])

    def test_refuses_bad_signatures(self):
        self.refused("signature", "incorrect_signature_driver_rim.xml", DRIVER)
        self.refused("signature: Digest", "NV_SWITCH_BIOS_5612_0002_890_9610550001_invalid_signature.xml", VBIOS)
        self.refused("signature: Digest", "NV_GPU_DRIVER_GH100_535.86.09_measurement_mismatch.xml",
                     "NV_GPU_DRIVER_GH100_535.86.09", LATER)

    def test_refuses_chains_that_do_not_lead_to_the_pinned_root(self):
        self.refused("certificates: 2 instead of 4", "incorrect_cert_chain_driver_rim.xml", DRIVER)
        self.refused("root is not NVIDIA's", DRIVER + ".xml", DRIVER, root="00" * 32)

    def test_refuses_expired_certificates(self):
        expired = "NV_GPU_DRIVER_GH100_570.124.03"
        self.refused("outside its validity", expired + "_expired.xml", expired)
        self.refused("outside its validity", "1010_0200_882_96005E0001_PROD.swidtag", VBIOS, LATER)

    def test_refuses_every_change_of_a_signed_byte(self):
        def digest(data):
            at = data.index(b'Hash0="c3f65e') + 7
            return data[:at] + b"d" + data[at + 1:]
        self.refused("signature", "1010_0200_882_96005E0001_PROD.swidtag", VBIOS, change=digest)
        self.refused("signature", DRIVER + ".xml", DRIVER, change=lambda data: data.replace(b'active="True"', b'active="False"', 1))

    def test_refuses_a_manifest_under_another_name(self):
        self.refused("does not name", DRIVER + ".xml", "NV_GPU_DRIVER_GH100_550.144.04")
        self.refused("does not name", DRIVER + ".xml", VBIOS)

    def test_knows_the_names_of_drivers_of_each_generation(self):
        self.assertEqual(kind_of("NV_GPU_DRIVER_GH100_550.144.03", "550.144.03"), "driver")
        self.assertEqual(kind_of("NV_GPU_CC_DRIVER_GB100_575.32", "575.32"), "driver")
        with self.assertRaisesRegex(RimError, "does not name"):
            kind_of("NV_GPU_OTHER_DRIVER_GB100_575.32", "575.32")

    def test_refuses_wrapped_signatures_and_hostile_xml(self):
        wrap = lambda data: b'<x xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd">' + data.split(b"?>")[-1] + b"</x>"
        self.refused("certificates: 0", DRIVER + ".xml", DRIVER, change=wrap)
        bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
        self.refused("document type", DRIVER + ".xml", DRIVER, change=lambda _: bomb)
        self.refused("not XML", DRIVER + ".xml", DRIVER, change=lambda data: data[:-20])
        self.refused("too long", DRIVER + ".xml", DRIVER, change=lambda data: data + b" " * (1 << 20))


class Golden(unittest.TestCase):
    def test_committed_files_are_what_the_tool_makes(self):
        for name in FILES:
            document, signature = make(name)
            self.assertEqual((DATA / "golden" / f"{name}.json").read_bytes(), document)
            self.assertEqual((DATA / "golden" / f"{name}.json.sig").read_bytes(), signature)

    def test_the_command_writes_both_files_or_none(self):
        with tempfile.TemporaryDirectory() as folder:
            key, out = Path(folder, "key.pem"), Path(folder, "golden.json")
            key.write_bytes(KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.NoEncryption()))
            def run(*rims):
                return subprocess.run([sys.executable, "tools/gpu_golden/gpu_golden.py", "--at", "2025-03-01T00:00:00Z",
                                       "--key", key, "--out", out, *rims], capture_output=True, text=True)
            bad = run(RIMS / "incorrect_signature_driver_rim.xml")
            self.assertEqual((bad.returncode, out.exists()), (1, False))
            good = run(RIMS / "1010_0200_882_96005E0001_PROD.swidtag", RIMS / (DRIVER + ".xml"))
            self.assertEqual(good.returncode, 0, good.stderr)
            self.assertEqual(out.read_bytes(), make("recorded")[0])
            self.assertEqual(Path(f"{out}.sig").read_bytes(), make("recorded")[1])


if __name__ == "__main__":
    unittest.main()
