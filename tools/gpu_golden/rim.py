"""Reads one reference integrity manifest of NVIDIA's and vouches for it.

Structure: ISO/IEC 19770-2 SWID tag with TCG's RIM extensions; signature: W3C XML-DSig, enveloped, ECDSA with SHA-384.
"""
import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier
from signxml.exceptions import SignXMLException

SWID = "{http://standards.iso.org/iso/19770/-2/2015/schema.xsd}"
HASH = "{http://www.w3.org/2001/04/xmlenc#sha384}Hash"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
# SHA-256 of the DER of "NVIDIA CoRIM signing Root CA".
NVIDIA_RIM_ROOT = "12977b5115acb0381179279fffeb5a8c4d264971ebb32298023a465fa41df5d1"
FILE_BYTES_MAX = 1 << 20
CHAIN_LENGTH = 4
INDEX_MAX = 254
ALTERNATIVES_MAX = 64


class RimError(Exception):
    """The manifest is not what NVIDIA signed, or not of this form."""


@dataclass(frozen=True)
class Rim:
    kind: str  # "driver" or "vbios"
    id: str
    version: str
    measurements: dict[int, list[str]]  # by index, lower-case hexadecimal digests
    sha256: str  # of the file


def read_rim(data: bytes, rim_id: str, at: datetime, root: str = NVIDIA_RIM_ROOT) -> Rim:
    """The manifest in `data`, which its publisher calls `rim_id`, as valid at `at`."""
    if len(data) > FILE_BYTES_MAX:
        raise RimError("file too long")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        document = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise RimError(f"not XML: {error}") from None
    if document.getroottree().docinfo.doctype:
        raise RimError("a document type is declared")
    signer = check_certificates(embedded_certificates(document), at, root)
    return parse_signed(verify_signature(document, signer, at), rim_id, hashlib.sha256(data).hexdigest())


def embedded_certificates(document: etree._Element) -> list[x509.Certificate]:
    out = []
    for element in document.iterfind(f"{DSIG}Signature/{DSIG}KeyInfo/{DSIG}X509Data/{DSIG}X509Certificate"):
        try:
            out.append(x509.load_der_x509_certificate(base64.b64decode("".join((element.text or "").split()), validate=True)))
        except (ValueError, binascii.Error) as error:
            raise RimError(f"certificate: {error}") from None
    return out


def check_certificates(chain: list[x509.Certificate], at: datetime, root: str) -> x509.Certificate:
    """Leaf first: each signed by the next, each valid at `at`, each issuer an authority, the last one the pinned root."""
    if len(chain) != CHAIN_LENGTH:
        raise RimError(f"certificates: {len(chain)} instead of {CHAIN_LENGTH}")
    if hashlib.sha256(chain[-1].public_bytes(serialization.Encoding.DER)).hexdigest() != root:
        raise RimError("certificates: the root is not NVIDIA's")
    for certificate, issuer in zip(chain, chain[1:] + chain[-1:]):
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise RimError(f"certificates: {certificate.subject.rfc4514_string()} is outside its validity")
        try:
            constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
            usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
            certificate.verify_directly_issued_by(issuer)
        except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature) as error:
            raise RimError(f"certificates: {certificate.subject.rfc4514_string()}: {error!r}") from None
        if not constraints.ca or not usage.key_cert_sign:
            raise RimError(f"certificates: {issuer.subject.rfc4514_string()} is no authority")
    if not isinstance(chain[0].public_key(), ec.EllipticCurvePublicKey):
        raise RimError("certificates: the signer's key")
    return chain[0]


def verify_signature(document: etree._Element, signer: x509.Certificate, at: datetime) -> etree._Element:
    """The element that the signature covers; only that may be read further."""
    config = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=frozenset({SignatureMethod.ECDSA_SHA384}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA384}),
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_1,
        verification_time=at,
    )
    try:
        result = XMLVerifier().verify(document, x509_cert=signer, expect_config=config)
    except (SignXMLException, InvalidSignature, ValueError) as error:
        raise RimError(f"signature: {error}") from None
    signed = result.signed_xml
    if signed is None or signed.tag != f"{SWID}SoftwareIdentity":
        raise RimError("signature: covers something else than the manifest")
    return signed


def parse_signed(document: etree._Element, rim_id: str, sha256: str) -> Rim:
    metas = document.findall(f"{SWID}Meta")
    payloads = document.findall(f"{SWID}Payload")
    if len(metas) != 1 or len(payloads) != 1:
        raise RimError("not exactly one Meta and one Payload")
    version = metas[0].get("colloquialVersion") or ""
    measurements: dict[int, list[str]] = {}
    for resource in payloads[0]:
        if resource.tag != f"{SWID}Resource" or resource.get("type") != "Measurement":
            raise RimError("a payload that is no measurement")
        index, digests = parse_resource(resource)
        if index in measurements:
            raise RimError(f"index {index} twice")
        if resource.get("active") == "True":
            measurements[index] = digests
        elif resource.get("active") != "False":
            raise RimError(f"index {index}: neither active nor not")
    if not measurements:
        raise RimError("no active measurement")
    return Rim(kind_of(rim_id, version), rim_id, version, measurements, sha256)


def parse_resource(resource: etree._Element) -> tuple[int, list[str]]:
    index_text, count_text = resource.get("index") or "", resource.get("alternatives") or ""
    if not re.fullmatch(r"\d{1,3}", index_text) or int(index_text) > INDEX_MAX:
        raise RimError("index")
    if not re.fullmatch(r"\d{1,2}", count_text) or not 1 <= int(count_text) <= ALTERNATIVES_MAX:
        raise RimError(f"index {index_text}: alternatives")
    digests = []
    for number in range(int(count_text)):
        digest = (resource.get(f"{HASH}{number}") or "").lower()
        if not re.fullmatch(r"[0-9a-f]{96}", digest):
            raise RimError(f"index {index_text}: digest {number}")
        digests.append(digest)
    return int(index_text), list(dict.fromkeys(digests))


def kind_of(rim_id: str, version: str) -> str:
    """Also holds the publisher's name to the version that was signed, so that no manifest passes for another."""
    if re.fullmatch(r"NV_GPU_(CC_)?DRIVER_[A-Z0-9]+_" + re.escape(version), rim_id):
        return "driver"
    if re.fullmatch(r"NV_GPU_VBIOS_[A-Z0-9]+_[A-Z0-9]+_[A-Z0-9]+_" + re.escape(version.replace(".", "")), rim_id):
        return "vbios"
    raise RimError(f"{rim_id} does not name the signed version {version}")
