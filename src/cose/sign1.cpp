#include "cose/sign1.h"

#include <algorithm>

#include "base/check.h"

namespace cocoon::cose {
namespace {

using codec::Cbor;

constexpr std::uint64_t kSign1Tag = 18;
constexpr std::int64_t kLabelAlgorithm = 1;
constexpr std::int64_t kLabelCritical = 2;

std::unexpected<Error> malformed(const char* what) { return fail(CoseError::kMalformed, what); }

const Cbor* find(const Cbor::Map& map, std::int64_t label) {
  const auto it = std::ranges::find(map, Cbor::integer(label), &Cbor::Map::value_type::first);
  return it == map.end() ? nullptr : &it->second;
}

// label = int / tstr (RFC 9052 §1.4).
Status check_labels(const Cbor::Map& map) {
  for (const auto& [label, value] : map) {
    if (!label.as_integer() && !label.as_text())
      return malformed("COSE header label of no such type");
  }
  return {};
}

// Labels may not occur in both headers (RFC 9052 §3).
Status check_disjoint(const Cbor::Map& protected_map, const Cbor::Map& unprotected_map) {
  for (const auto& [label, value] : unprotected_map) {
    if (std::ranges::find(protected_map, label, &Cbor::Map::value_type::first) !=
        protected_map.end()) {
      return malformed("COSE header label in both headers");
    }
  }
  return {};
}

Result<Algorithm> algorithm_of(const Cbor::Map& protected_map) {
  const Cbor* value = find(protected_map, kLabelAlgorithm);
  if (value == nullptr) {
    return fail(CoseError::kUnsupportedAlgorithm, "no COSE algorithm in the protected header");
  }
  const Result<std::int64_t> number = value->as_integer();
  if (number) {
    for (const Algorithm known : {Algorithm::kEd25519, Algorithm::kEdDsa, Algorithm::kEs256}) {
      if (*number == static_cast<std::int64_t>(known)) return known;
    }
  }
  return fail(CoseError::kUnsupportedAlgorithm, "unsupported COSE algorithm");
}

// empty_or_serialized_map (RFC 9052 §3).
Result<Cbor> decode_protected(BytesView encoded) {
  if (encoded.empty()) return Cbor::map({});
  Result<Cbor> map = codec::decode_cbor(encoded);
  if (!map || !map->as_map()) return malformed("COSE protected header is not a map");
  return map;
}

Result<const Cbor::Array*> untag(const Cbor& document) {
  if (const auto content = document.as_tagged(kSign1Tag)) {
    if (const auto parts = (*content)->as_array()) return parts;
  } else if (const auto parts = document.as_array()) {
    return parts;
  }
  return malformed("not a COSE_Sign1");
}

Bytes signed_bytes(BytesView protected_header, BytesView payload, BytesView external_aad) {
  return codec::encode_cbor(Cbor::array({Cbor::text("Signature1"), Cbor::bytes(protected_header),
                                         Cbor::bytes(external_aad), Cbor::bytes(payload)}));
}

// Takes the signature only at its exact length.
template <class Signature>
Result<Signature> signature_of(const UnverifiedSign1& message) {
  Result<Signature> signature = Signature::from(message.signature);
  if (!signature) return fail(CoseError::kBadSignature, "COSE signature of the wrong length");
  return signature;
}

Status wrong_algorithm() {
  return fail(CoseError::kUnsupportedAlgorithm, "COSE algorithm is not the key's");
}

Status as_cose(const Status& verified) {
  if (!verified) return fail(CoseError::kBadSignature, "COSE signature does not verify");
  return {};
}

}  // namespace

Result<UnverifiedSign1> parse_sign1(BytesView bytes) {
  const Result<Cbor> document = codec::decode_cbor(bytes);
  if (!document) return malformed("COSE message is not deterministic CBOR");
  TRY(const Cbor::Array* parts, untag(*document));
  if (parts->size() != 4) return malformed("COSE_Sign1 does not have four parts");
  const auto protected_header = (*parts)[0].as_bytes();
  const auto unprotected = (*parts)[1].as_map();
  const auto payload = (*parts)[2].as_bytes();
  const auto signature = (*parts)[3].as_bytes();
  if (!protected_header || !unprotected || !payload || !signature) {
    return malformed("COSE_Sign1 with a part of the wrong type");
  }
  TRY(Cbor protected_map, decode_protected(*protected_header));
  TRY(const Cbor::Map* entries, protected_map.as_map());
  TRY_VOID(check_labels(*entries));
  TRY_VOID(check_labels(**unprotected));
  TRY_VOID(check_disjoint(*entries, **unprotected));
  if (find(*entries, kLabelCritical) != nullptr || find(**unprotected, kLabelCritical) != nullptr) {
    return malformed("COSE header with critical parameters");
  }
  TRY(const Algorithm algorithm, algorithm_of(*entries));
  return UnverifiedSign1{.protected_header = to_bytes(*protected_header),
                         .protected_map = std::move(protected_map),
                         .unprotected_map = (*parts)[1],
                         .payload = to_bytes(*payload),
                         .signature = to_bytes(*signature),
                         .algorithm = algorithm};
}

Bytes encode_sign1(const UnverifiedSign1& message) {
  return codec::encode_cbor(Cbor::tagged(
      kSign1Tag, Cbor::array({Cbor::bytes(message.protected_header), message.unprotected_map,
                              Cbor::bytes(message.payload), Cbor::bytes(message.signature)})));
}

Status verify_sign1(const UnverifiedSign1& message, const crypto::Ed25519PublicKey& key,
                    BytesView external_aad) {
  switch (message.algorithm) {
    case Algorithm::kEd25519:
    case Algorithm::kEdDsa:
      break;
    case Algorithm::kEs256:
      return wrong_algorithm();
  }
  TRY(const auto signature, signature_of<crypto::Ed25519Signature>(message));
  const Bytes covered = signed_bytes(message.protected_header, message.payload, external_aad);
  return as_cose(crypto::verify_ed25519(key, covered, signature));
}

Status verify_sign1(const UnverifiedSign1& message, const crypto::P256PublicKey& key,
                    BytesView external_aad) {
  switch (message.algorithm) {
    case Algorithm::kEs256:
      break;
    case Algorithm::kEd25519:
    case Algorithm::kEdDsa:
      return wrong_algorithm();
  }
  TRY(const auto signature, signature_of<crypto::P256Signature>(message));
  const Bytes covered = signed_bytes(message.protected_header, message.payload, external_aad);
  return as_cose(crypto::verify_p256(key, covered, signature));
}

Bytes sign1(const crypto::Ed25519KeyPair& key, BytesView payload, BytesView external_aad,
            Cbor::Map extra_protected) {
  COCOON_CHECK(find(extra_protected, kLabelAlgorithm) == nullptr);
  COCOON_CHECK(find(extra_protected, kLabelCritical) == nullptr);
  extra_protected.emplace_back(Cbor::integer(kLabelAlgorithm),
                               Cbor::integer(static_cast<std::int64_t>(Algorithm::kEd25519)));
  Cbor protected_map = Cbor::map(std::move(extra_protected));
  Bytes protected_header = codec::encode_cbor(protected_map);
  const auto signature = key.sign(signed_bytes(protected_header, payload, external_aad));
  return encode_sign1({.protected_header = std::move(protected_header),
                       .protected_map = std::move(protected_map),
                       .unprotected_map = Cbor::map({}),
                       .payload = to_bytes(payload),
                       .signature = to_bytes(signature.view()),
                       .algorithm = Algorithm::kEd25519});
}

}  // namespace cocoon::cose
