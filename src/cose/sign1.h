#pragma once

#include <functional>

#include "base/bytes.h"
#include "codec/cbor.h"
#include "crypto/keys.h"

namespace cocoon::cose {

enum class CoseError : std::uint16_t {
  kMalformed = 1,  // not a COSE_Sign1 structure
  kUnsupportedAlgorithm =
      2,  // an algorithm outside the closed set, or none in the protected header
  kBadSignature = 3,
};
constexpr Library library_of(CoseError) { return Library::kCose; }

// Algorithms this library signs or verifies (IANA COSE registry).
enum class Algorithm : std::int8_t {
  kEd25519 = -19,  // RFC 9864, fully specified; the only one Cocoon signs with
  kEdDsa = -8,     // RFC 9053; verified for interoperability
  kEs256 = -7,     // RFC 9053; verified for interoperability
};

// A parsed COSE_Sign1 (RFC 9052 §4.2), tagged 18 or untagged. Nothing about it has been verified.
struct UnverifiedSign1 {
  Bytes protected_header;  // the encoded map, as signed
  codec::Cbor protected_map;
  codec::Cbor unprotected_map;
  Bytes payload;
  Bytes signature;
  Algorithm algorithm;  // from the protected header
};

// Refuses detached payloads, `crit`, labels that are neither integers nor text, a label in both
// headers, and CBOR that is not deterministic.
[[nodiscard]] Result<UnverifiedSign1> parse_sign1(BytesView bytes);

// The message under tag 18. Equal to what was parsed, unless that came without the tag.
[[nodiscard]] Bytes encode_sign1(const UnverifiedSign1& message);

// kUnsupportedAlgorithm if the message names an algorithm that is not the key's.
// Sig_structure = ["Signature1", protected, external_aad, payload] (RFC 9052 §4.4).
[[nodiscard]] Status verify_sign1(const UnverifiedSign1& message,
                                  const crypto::Ed25519PublicKey& key, BytesView external_aad = {});
[[nodiscard]] Status verify_sign1(const UnverifiedSign1& message, const crypto::P256PublicKey& key,
                                  BytesView external_aad = {});

// Signs with alg −19 and `extra_protected` in the protected header, none of whose labels may be alg
// or crit; tag 18.
[[nodiscard]] Bytes sign1(const crypto::Ed25519KeyPair& key, BytesView payload,
                          BytesView external_aad = {}, codec::Cbor::Map extra_protected = {});

}  // namespace cocoon::cose
