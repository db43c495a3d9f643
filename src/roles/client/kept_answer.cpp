#include "roles/client/kept_answer.h"

#include "codec/cbor.h"
#include "provenance/bundle/bundle.h"
#include "roles/client/error.h"

namespace cocoon::client {
namespace {

using codec::Cbor;
using codec::CborFields;
using provenance::bundle::decode_block;
using provenance::bundle::encode_block;

constexpr std::uint64_t kVersion = 1;

enum Key : std::int64_t {
  kKeyVersion = 0,
  kKeyReceipt = 1,
  kKeySalts = 2,
  kKeyParents = 3,
  kKeyOrigin = 4,
};
enum OriginKey : std::int64_t {
  kKeyProxy = 1,
  kKeyEvidence = 2,
  kKeyCollateral = 3,
  kKeyPolicy = 4,
  kKeyModelName = 5,
  kKeyBlock = 6,
};

Cbor key(std::int64_t number) { return Cbor::integer(number); }

Cbor encode_origin(const KeptOrigin& origin) {
  return Cbor::map({{key(kKeyProxy), Cbor::bytes(origin.proxy.view())},
                    {key(kKeyEvidence), Cbor::bytes(origin.evidence.view())},
                    {key(kKeyCollateral),
                     origin.collateral ? Cbor::bytes(origin.collateral->view()) : Cbor::bytes({})},
                    {key(kKeyPolicy), Cbor::bytes(origin.policy.view())},
                    {key(kKeyModelName), Cbor::text(origin.model_name)},
                    {key(kKeyBlock), Cbor::bytes(encode_block(origin.block))}});
}

Result<KeptOrigin> read_origin(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  KeptOrigin out;
  TRY(out.proxy, fields.tagged_bytes<crypto::Ed25519PublicKey>(kKeyProxy));
  TRY(out.evidence, fields.tagged_bytes<ports::DocumentDigest>(kKeyEvidence));
  TRY(const BytesView collateral, fields.bytes(kKeyCollateral));
  if (!collateral.empty()) {
    TRY(out.collateral, ports::DocumentDigest::from(collateral));
  }
  TRY(out.policy, fields.tagged_bytes<ports::DocumentDigest>(kKeyPolicy));
  TRY(const std::string_view name, fields.text(kKeyModelName));
  out.model_name = name;
  TRY(const BytesView block, fields.bytes(kKeyBlock));
  TRY(out.block, decode_block(block));
  TRY_VOID(fields.finish());
  return out;
}

Result<std::vector<RequestId>> read_parents(CborFields& fields) {
  TRY(const Cbor* const item, fields.required(kKeyParents));
  TRY(const Cbor::Array* const items, item->as_array());
  std::vector<RequestId> out;
  for (const Cbor& one : *items) {
    TRY(const BytesView bytes, one.as_bytes());
    TRY(out.emplace_back(), RequestId::from(bytes));
  }
  return out;
}

Result<KeptAnswer> read(BytesView cbor) {
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 3, .items = 128}));
  TRY(CborFields fields, CborFields::of(item));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) return fail(ClientError::kUnreadable, "unknown version");
  TRY(const BytesView receipt, fields.bytes(kKeyReceipt));
  TRY(const BytesView salts, fields.bytes(kKeySalts));
  TRY(provenance::SaltRoot root, provenance::SaltRoot::from(salts));
  KeptAnswer out{
      .receipt = to_bytes(receipt), .salts = std::move(root), .parents = {}, .origin = {}};
  TRY(out.parents, read_parents(fields));
  if (const Cbor* const origin = fields.optional(kKeyOrigin); origin != nullptr) {
    TRY(out.origin, read_origin(*origin));
  }
  TRY_VOID(fields.finish());
  return out;
}

}  // namespace

Bytes KeptAnswer::encode() const {
  Cbor::Array parent_items;
  for (const RequestId& parent : parents) parent_items.push_back(Cbor::bytes(parent.view()));
  Cbor::Map map{{key(kKeyVersion), Cbor::unsigned_integer(kVersion)},
                {key(kKeyReceipt), Cbor::bytes(receipt)},
                {key(kKeySalts), Cbor::bytes(salts.expose())},
                {key(kKeyParents), Cbor::array(std::move(parent_items))}};
  if (origin) map.emplace_back(key(kKeyOrigin), encode_origin(*origin));
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

Result<KeptAnswer> KeptAnswer::decode(BytesView cbor) {
  auto kept = read(cbor);
  if (!kept) return fail(ClientError::kUnreadable, "kept answer: " + kept.error().message());
  return kept;
}

}  // namespace cocoon::client
