#include "provenance/signed_document.h"

#include "cose/sign1.h"

namespace cocoon::provenance {

Bytes sign_document(BytesView payload, const crypto::Ed25519KeyPair& key, BytesView context) {
  return cose::sign1(key, payload, context);
}

namespace {

Result<cose::UnverifiedSign1> parse_document(BytesView document) {
  Result<cose::UnverifiedSign1> message = cose::parse_sign1(document);
  if (!message) return std::unexpected(as_malformed(std::move(message).error()));
  const codec::Cbor only_algorithm = codec::Cbor::map(
      {{codec::Cbor::integer(1),
        codec::Cbor::integer(static_cast<std::int64_t>(cose::Algorithm::kEd25519))}});
  // Nothing that could be changed without breaking the signature may be in the bytes, because their
  // hash is a name.
  if (message->protected_map != only_algorithm ||
      message->unprotected_map != codec::Cbor::map({}) ||
      !equal(cose::encode_sign1(*message), document)) {
    return fail(ProvenanceError::kMalformed, "not the only form of a signed document");
  }
  return message;
}

}  // namespace

Result<Bytes> open_document(BytesView document, const crypto::Ed25519PublicKey& key,
                            BytesView context) {
  TRY(cose::UnverifiedSign1 message, parse_document(document));
  if (!cose::verify_sign1(message, key, context)) {
    return fail(ProvenanceError::kBadSignature, "signature does not verify");
  }
  return std::move(message.payload);
}

Result<Bytes> peek_document(BytesView document) {
  TRY(cose::UnverifiedSign1 message, parse_document(document));
  return std::move(message.payload);
}

Error as_malformed(Error error) {
  if (error.library() == Library::kProvenance) return error;
  return {ProvenanceError::kMalformed, error.message()};
}

}  // namespace cocoon::provenance
