#include "provenance/bill.h"

#include "codec/cbor.h"
#include "provenance/signed_document.h"

namespace cocoon::provenance {
namespace {

using codec::Cbor;
using codec::CborFields;

constexpr std::uint64_t kVersion = 1;

// Keys of the payload's map (docs/formats/bill.md).
enum Key : std::int64_t {
  kKeyVersion = 0,
  kKeyRequestId = 1,
  kKeyKid = 2,
  kKeyInputBuckets = 3,
  kKeyCachedBuckets = 4,
  kKeyOutputBuckets = 5,
  kKeyReasoningBuckets = 6,
  kKeyPrice = 7,
  kKeyStatus = 8,
  kKeyReceipt = 9,
};

BytesView context() { return label("cocoon/1 bill"); }

std::uint64_t rounded_up(TokenCount tokens, std::uint64_t bucket) {
  return tokens.value() / bucket + (tokens.value() % bucket != 0 ? 1 : 0);
}

Result<Bill> decode_fields(const Cbor& map) {
  TRY(CborFields fields, CborFields::of(map));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) {
    return fail(ProvenanceError::kUnsupportedVersion, "bill of an unknown version");
  }
  Bill bill;
  TRY(bill.request_id, fields.tagged_bytes<RequestId>(kKeyRequestId));
  TRY(bill.kid, fields.tagged_bytes<Kid>(kKeyKid));
  TRY(bill.buckets.input, fields.unsigned_integer(kKeyInputBuckets));
  TRY(bill.buckets.cached, fields.unsigned_integer(kKeyCachedBuckets));
  TRY(bill.buckets.output, fields.unsigned_integer(kKeyOutputBuckets));
  TRY(bill.buckets.reasoning, fields.unsigned_integer(kKeyReasoningBuckets));
  if (bill.buckets.cached > bill.buckets.input || bill.buckets.reasoning > bill.buckets.output)
    return fail(ProvenanceError::kMalformed, "bill with a part that exceeds its whole");
  TRY(const std::uint64_t nano, fields.unsigned_integer(kKeyPrice));
  TRY(bill.price, NanoTon::from_nano(nano));
  TRY(const std::uint64_t status, fields.unsigned_integer(kKeyStatus));
  TRY(bill.status, answer_status_from(status));
  TRY(bill.receipt, fields.tagged_bytes<ReceiptHash>(kKeyReceipt));
  TRY_VOID(fields.finish());
  return bill;
}

}  // namespace

TokenBuckets buckets_of(const TokenUsage& tokens) {
  return {.input = rounded_up(tokens.input, kInputBucketTokens),
          .cached = tokens.cached.value() / kInputBucketTokens,
          .output = rounded_up(tokens.output, kOutputBucketTokens),
          .reasoning = tokens.reasoning.value() / kOutputBucketTokens};
}

Bytes Bill::encode() const {
  Cbor::Map map;
  const auto put = [&map](Key key, Cbor value) {
    map.emplace_back(Cbor::integer(key), std::move(value));
  };
  put(kKeyVersion, Cbor::unsigned_integer(kVersion));
  put(kKeyRequestId, Cbor::bytes(request_id.view()));
  put(kKeyKid, Cbor::bytes(kid.view()));
  put(kKeyInputBuckets, Cbor::unsigned_integer(buckets.input));
  put(kKeyCachedBuckets, Cbor::unsigned_integer(buckets.cached));
  put(kKeyOutputBuckets, Cbor::unsigned_integer(buckets.output));
  put(kKeyReasoningBuckets, Cbor::unsigned_integer(buckets.reasoning));
  put(kKeyPrice, Cbor::unsigned_integer(price.nano()));
  put(kKeyStatus, Cbor::unsigned_integer(static_cast<std::uint64_t>(status)));
  put(kKeyReceipt, Cbor::bytes(receipt.view()));
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

Result<Bill> Bill::decode(BytesView payload) {
  Result<Cbor> map = codec::decode_cbor(payload, {.depth = 1, .items = 32});
  if (!map) return std::unexpected(as_malformed(std::move(map).error()));
  Result<Bill> bill = decode_fields(*map);
  if (!bill) return std::unexpected(as_malformed(std::move(bill).error()));
  return bill;
}

Bytes sign_bill(const Bill& bill, const crypto::Ed25519KeyPair& identity) {
  return sign_document(bill.encode(), identity, context());
}

Result<Bill> verify_bill(BytesView signed_bill, const crypto::Ed25519PublicKey& identity) {
  TRY(const Bytes payload, open_document(signed_bill, identity, context()));
  return Bill::decode(payload);
}

}  // namespace cocoon::provenance
