#include "channel/terms.h"

#include "codec/cbor.h"
#include "crypto/hash.h"
#include "provenance/signed_document.h"

namespace cocoon::channel {
namespace {

using codec::Cbor;
using codec::CborFields;

constexpr std::uint64_t kVersion = 1;

BytesView worker_context() { return label("cocoon/1 terms"); }
BytesView proxy_context() { return label("cocoon/1 proxy terms"); }

// Another room's failure, as this one's.
Error as_own(Error error) {
  if (error.library() == Library::kChannel) return error;
  if (error.is(provenance::ProvenanceError::kBadSignature))
    return {ChannelError::kBadSignature, error.message()};
  return {ChannelError::kMalformed, error.message()};
}

// Keys 0, 1, 2, … (docs/formats/terms.md).
Bytes encode_fields(std::initializer_list<std::uint64_t> values) {
  Cbor::Map map;
  for (const std::uint64_t value : values) {
    map.emplace_back(Cbor::unsigned_integer(map.size()), Cbor::unsigned_integer(value));
  }
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

template <std::size_t N>
Result<std::array<std::uint64_t, N>> decode_fields(const Cbor& map) {
  TRY(CborFields fields, CborFields::of(map));
  std::array<std::uint64_t, N> values{};
  for (std::size_t key = 0; key < N; ++key) {
    TRY(values[key], fields.unsigned_integer(static_cast<std::int64_t>(key)));
    if (key == 0 && values[0] != kVersion)
      return fail(ChannelError::kUnsupportedVersion, "terms of an unknown version");
  }
  TRY_VOID(fields.finish());
  return values;
}

template <std::size_t N>
Result<std::array<std::uint64_t, N>> decode_numbers(BytesView payload) {
  Result<Cbor> map = codec::decode_cbor(payload, {.depth = 1, .items = 16});
  if (!map) return std::unexpected(as_own(std::move(map).error()));
  Result<std::array<std::uint64_t, N>> values = decode_fields<N>(*map);
  if (!values) return std::unexpected(as_own(std::move(values).error()));
  return values;
}

Result<NanoTon> price_from(std::uint64_t nano) {
  if (nano > kPriceNanoMax) return fail(ChannelError::kAmount, "an absurd price");
  return NanoTon::from_nano(nano);
}

TermsHash hash_of(BytesView context, BytesView payload) {
  return TermsHash(crypto::sha256({context, payload}));
}

Result<Bytes> open(BytesView document, const crypto::Ed25519PublicKey& key, BytesView context) {
  Result<Bytes> payload = provenance::open_document(document, key, context);
  if (!payload) return std::unexpected(as_own(std::move(payload).error()));
  return payload;
}

}  // namespace

Result<Bytes> WorkerTerms::encode() const {
  for (const NanoTon price : {input, cached, output, reasoning, minimum}) {
    TRY_VOID(price_from(price.nano()));
  }
  return encode_fields(
      {kVersion, input.nano(), cached.nano(), output.nano(), reasoning.nano(), minimum.nano()});
}

Result<WorkerTerms> WorkerTerms::decode(BytesView payload) {
  TRY(const auto values, decode_numbers<6>(payload));
  WorkerTerms terms;
  TRY(terms.input, price_from(values[1]));
  TRY(terms.cached, price_from(values[2]));
  TRY(terms.output, price_from(values[3]));
  TRY(terms.reasoning, price_from(values[4]));
  TRY(terms.minimum, price_from(values[5]));
  return terms;
}

Result<TermsHash> WorkerTerms::hash() const {
  TRY(const Bytes payload, encode());
  return hash_of(worker_context(), payload);
}

Result<Bytes> ProxyTerms::encode() const {
  if (fee_basis_points > kFeeBasisPointsMax)
    return fail(ChannelError::kAmount, "a fee above the price itself");
  return encode_fields({kVersion, fee_basis_points});
}

Result<ProxyTerms> ProxyTerms::decode(BytesView payload) {
  TRY(const auto values, decode_numbers<2>(payload));
  if (values[1] > kFeeBasisPointsMax)
    return fail(ChannelError::kAmount, "a fee above the price itself");
  return ProxyTerms{.fee_basis_points = static_cast<std::uint16_t>(values[1])};
}

Result<TermsHash> ProxyTerms::hash() const {
  TRY(const Bytes payload, encode());
  return hash_of(proxy_context(), payload);
}

Result<Bytes> sign_terms(const WorkerTerms& terms, const crypto::Ed25519KeyPair& identity) {
  TRY(const Bytes payload, terms.encode());
  return provenance::sign_document(payload, identity, worker_context());
}

Result<Bytes> sign_terms(const ProxyTerms& terms, const crypto::Ed25519KeyPair& registry_key) {
  TRY(const Bytes payload, terms.encode());
  return provenance::sign_document(payload, registry_key, proxy_context());
}

Result<WorkerTerms> verify_worker_terms(BytesView signed_terms,
                                        const crypto::Ed25519PublicKey& identity) {
  TRY(const Bytes payload, open(signed_terms, identity, worker_context()));
  return WorkerTerms::decode(payload);
}

Result<ProxyTerms> verify_proxy_terms(BytesView signed_terms,
                                      const crypto::Ed25519PublicKey& registry_key) {
  TRY(const Bytes payload, open(signed_terms, registry_key, proxy_context()));
  return ProxyTerms::decode(payload);
}

}  // namespace cocoon::channel
