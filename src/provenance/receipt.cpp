#include "provenance/receipt.h"

#include <algorithm>
#include <limits>

#include "codec/cbor.h"
#include "crypto/hash.h"
#include "provenance/signed_document.h"

namespace cocoon::provenance {
namespace {

using codec::Cbor;
using codec::CborFields;

constexpr std::uint64_t kVersion = 1;

// Keys of the payload's map (docs/formats/receipt.md).
enum Key : std::int64_t {
  kKeyVersion = 0,
  kKeyRequestId = 1,
  kKeyKid = 2,
  kKeyImageHash = 3,
  kKeyModelHash = 4,
  kKeyParams = 5,
  kKeyPrompt = 6,
  kKeyOutputRoot = 7,
  kKeyOutputChunks = 8,
  kKeyTokensInput = 9,
  kKeyTokensCached = 10,
  kKeyTokensOutput = 11,
  kKeyTokensReasoning = 12,
  kKeyStartedAt = 13,
  kKeyEndedAt = 14,
  kKeyStatus = 15,
  kKeyTermsHash = 16,
  kKeyPrice = 17,
  kKeyParents = 18,
  kKeySeqno = 19,
};

BytesView context() { return label("cocoon/1 receipt"); }

std::unexpected<Error> contradiction(const char* what) {
  return fail(ProvenanceError::kMalformed, what);
}

Status validate(const Receipt& receipt) {
  if (receipt.tokens.cached > receipt.tokens.input) {
    return contradiction("receipt with more cached than input tokens");
  }
  if (receipt.tokens.reasoning > receipt.tokens.output) {
    return contradiction("receipt with more reasoning than output tokens");
  }
  if (receipt.ended_at < receipt.started_at) {
    return contradiction("receipt that ends before it starts");
  }
  if (receipt.parents.size() > kReceiptParentsMax) {
    return fail(ProvenanceError::kLimit, "receipt with too many parents");
  }
  std::vector<ReceiptHash> sorted = receipt.parents;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) {
    return contradiction("receipt with a parent named twice");
  }
  return {};
}

template <class Number>
Result<Number> number(CborFields& fields, Key key) {
  TRY(const std::uint64_t value, fields.unsigned_integer(key));
  using Representation = typename Number::Representation;
  if (value > std::numeric_limits<Representation>::max()) {
    return contradiction("receipt with a number out of range");
  }
  return Number(static_cast<Representation>(value));
}

Result<TokenUsage> decode_tokens(CborFields& fields) {
  TokenUsage tokens;
  TRY(tokens.input, number<TokenCount>(fields, kKeyTokensInput));
  TRY(tokens.cached, number<TokenCount>(fields, kKeyTokensCached));
  TRY(tokens.output, number<TokenCount>(fields, kKeyTokensOutput));
  TRY(tokens.reasoning, number<TokenCount>(fields, kKeyTokensReasoning));
  return tokens;
}

Result<OutputCommitment> decode_output(CborFields& fields) {
  using ChunkCount = TaggedNumber<struct ChunkCountTag, std::uint32_t>;
  OutputCommitment output;
  TRY(output.root, fields.tagged_bytes<OutputRoot>(kKeyOutputRoot));
  TRY(const ChunkCount count, number<ChunkCount>(fields, kKeyOutputChunks));
  output.chunk_count = count.value();
  return output;
}

Result<std::vector<ReceiptHash>> decode_parents(CborFields& fields) {
  TRY(const Cbor* value, fields.required(kKeyParents));
  TRY(const Cbor::Array* items, value->as_array());
  std::vector<ReceiptHash> parents;
  for (const Cbor& item : *items) {
    TRY(const BytesView bytes, item.as_bytes());
    TRY(parents.emplace_back(), ReceiptHash::from(bytes));
  }
  return parents;
}

Result<Receipt> decode_fields(const Cbor& map) {
  TRY(CborFields fields, CborFields::of(map));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) {
    return fail(ProvenanceError::kUnsupportedVersion, "receipt of an unknown version");
  }
  Receipt receipt;
  TRY(receipt.request_id, fields.tagged_bytes<RequestId>(kKeyRequestId));
  TRY(receipt.kid, fields.tagged_bytes<Kid>(kKeyKid));
  TRY(receipt.image_hash, fields.tagged_bytes<ImageHash>(kKeyImageHash));
  TRY(receipt.model_hash, fields.tagged_bytes<ModelHash>(kKeyModelHash));
  TRY(receipt.params, fields.tagged_bytes<ParamsCommitment>(kKeyParams));
  TRY(receipt.prompt, fields.tagged_bytes<PromptCommitment>(kKeyPrompt));
  TRY(receipt.output, decode_output(fields));
  TRY(receipt.tokens, decode_tokens(fields));
  TRY(receipt.started_at, number<UnixMillis>(fields, kKeyStartedAt));
  TRY(receipt.ended_at, number<UnixMillis>(fields, kKeyEndedAt));
  TRY(const std::uint64_t status, fields.unsigned_integer(kKeyStatus));
  TRY(receipt.status, answer_status_from(status));
  TRY(receipt.terms_hash, fields.tagged_bytes<TermsHash>(kKeyTermsHash));
  TRY(const std::uint64_t nano, fields.unsigned_integer(kKeyPrice));
  TRY(receipt.price, NanoTon::from_nano(nano));
  TRY(receipt.parents, decode_parents(fields));
  TRY(receipt.masterchain_seqno, number<Seqno>(fields, kKeySeqno));
  TRY_VOID(fields.finish());
  TRY_VOID(validate(receipt));
  return receipt;
}

Cbor unsigned_item(std::uint64_t value) { return Cbor::unsigned_integer(value); }

}  // namespace

Result<Bytes> Receipt::encode() const {
  TRY_VOID(validate(*this));
  Cbor::Array parent_items;
  for (const ReceiptHash& parent : parents) parent_items.push_back(Cbor::bytes(parent.view()));
  Cbor::Map map;
  const auto put = [&map](Key key, Cbor value) {
    map.emplace_back(Cbor::integer(key), std::move(value));
  };
  put(kKeyVersion, unsigned_item(kVersion));
  put(kKeyRequestId, Cbor::bytes(request_id.view()));
  put(kKeyKid, Cbor::bytes(kid.view()));
  put(kKeyImageHash, Cbor::bytes(image_hash.view()));
  put(kKeyModelHash, Cbor::bytes(model_hash.view()));
  put(kKeyParams, Cbor::bytes(params.view()));
  put(kKeyPrompt, Cbor::bytes(prompt.view()));
  put(kKeyOutputRoot, Cbor::bytes(output.root.view()));
  put(kKeyOutputChunks, unsigned_item(output.chunk_count));
  put(kKeyTokensInput, unsigned_item(tokens.input.value()));
  put(kKeyTokensCached, unsigned_item(tokens.cached.value()));
  put(kKeyTokensOutput, unsigned_item(tokens.output.value()));
  put(kKeyTokensReasoning, unsigned_item(tokens.reasoning.value()));
  put(kKeyStartedAt, unsigned_item(started_at.value()));
  put(kKeyEndedAt, unsigned_item(ended_at.value()));
  put(kKeyStatus, unsigned_item(static_cast<std::uint64_t>(status)));
  put(kKeyTermsHash, Cbor::bytes(terms_hash.view()));
  put(kKeyPrice, unsigned_item(price.nano()));
  put(kKeyParents, Cbor::array(std::move(parent_items)));
  put(kKeySeqno, unsigned_item(masterchain_seqno.value()));
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

Result<Receipt> Receipt::decode(BytesView payload) {
  Result<Cbor> map = codec::decode_cbor(payload, {.depth = 2, .items = 256});
  if (!map) return std::unexpected(as_malformed(std::move(map).error()));
  Result<Receipt> receipt = decode_fields(*map);
  if (!receipt) return std::unexpected(as_malformed(std::move(receipt).error()));
  return receipt;
}

Result<Bytes> sign_receipt(const Receipt& receipt, const crypto::Ed25519KeyPair& identity) {
  TRY(const Bytes payload, receipt.encode());
  return sign_document(payload, identity, context());
}

Result<Receipt> verify_receipt(BytesView signed_receipt, const crypto::Ed25519PublicKey& identity) {
  TRY(const Bytes payload, open_document(signed_receipt, identity, context()));
  return Receipt::decode(payload);
}

Result<Receipt> parse_unverified_receipt(BytesView signed_receipt) {
  TRY(const Bytes payload, peek_document(signed_receipt));
  return Receipt::decode(payload);
}

ReceiptHash receipt_hash(BytesView signed_receipt) {
  return ReceiptHash(crypto::sha256(signed_receipt));
}

}  // namespace cocoon::provenance
