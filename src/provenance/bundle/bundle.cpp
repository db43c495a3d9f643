#include "provenance/bundle/bundle.h"

#include "base/reader.h"
#include "codec/cbor.h"
#include "provenance/log/proof.h"
#include "provenance/signed_document.h"

namespace cocoon::provenance::bundle {
namespace {

using codec::Cbor;
using codec::CborFields;

constexpr std::uint64_t kVersion = 1;
constexpr std::int64_t kKeyVersion = 0;
constexpr std::size_t kReceiptBytesMax = 16 * 1024;
constexpr Part kParts[] = {Part::kReceipt, Part::kShown,    Part::kEvidence, Part::kCollateral,
                           Part::kBlock,   Part::kRegistry, Part::kLog,      Part::kParents};

Cbor key(std::int64_t number) { return Cbor::integer(number); }

using PartDigest = crypto::Sha256Digest;
PartDigest digest_of(Part part, BytesView bytes) {
  const ByteArray<1> number{static_cast<std::byte>(part)};
  return crypto::sha256({label("cocoon/1 bundle part"), number, bytes});
}

std::unexpected<Error> malformed(const char* why) { return fail(ProvenanceError::kMalformed, why); }

Result<std::vector<Bytes>> decode_parents(BytesView cbor) {
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 2, .items = 128}));
  TRY(const Cbor::Array* const items, item.as_array());
  if (items->size() > kReceiptParentsMax) return malformed("too many");
  std::vector<Bytes> out;
  for (const Cbor& one : *items) {
    TRY(const BytesView bytes, one.as_bytes());
    if (bytes.size() > kReceiptBytesMax) return malformed("too long");
    out.push_back(to_bytes(bytes));
  }
  return out;
}

Bytes encode_parents(const std::vector<Bytes>& parents) {
  Cbor::Array items;
  for (const Bytes& parent : parents) items.push_back(Cbor::bytes(parent));
  return codec::encode_cbor(Cbor::array(std::move(items)));
}

Result<Bytes> at_most(BytesView bytes, std::size_t bytes_max) {
  if (bytes.size() > bytes_max) return malformed("too long");
  return to_bytes(bytes);
}

// Takes one part into its place.
Status take(Bundle& bundle, Part part, BytesView bytes) {
  switch (part) {
    case Part::kReceipt: {
      TRY(bundle.receipt, at_most(bytes, kReceiptBytesMax));
      return {};
    }
    case Part::kShown: {
      TRY(bundle.shown, Shown::decode(bytes));
      return {};
    }
    case Part::kEvidence: {
      TRY(bundle.evidence, at_most(bytes, attest::kEvidenceBytesMax));
      return {};
    }
    case Part::kCollateral: {
      TRY(bundle.collateral, at_most(bytes, attest::kCollateralBytesMax));
      return {};
    }
    case Part::kBlock: {
      TRY(bundle.block, decode_block(bytes));
      return {};
    }
    case Part::kRegistry: {
      TRY(bundle.registry, RegistryRecord::decode(bytes));
      return {};
    }
    case Part::kLog: {
      TRY(const Bytes proof, at_most(bytes, log::kProofBytesMax));
      bundle.log_proof = as_text(proof);
      return {};
    }
    case Part::kParents: {
      TRY(bundle.parents, decode_parents(bytes));
      return {};
    }
  }
  return malformed("unknown part");
}

Result<BytesView> intact_part(const Cbor& item, Part part) {
  TRY(const Cbor::Array* const pair, item.as_array());
  if (pair->size() != 2) return malformed("not a part");
  TRY(const BytesView digest, (*pair)[0].as_bytes());
  TRY(const BytesView bytes, (*pair)[1].as_bytes());
  if (!equal(digest_of(part, bytes), digest)) return malformed("damaged: not what its digest says");
  return bytes;
}

std::unexpected<Damage> damaged(std::optional<Part> part, Error why) {
  return std::unexpected(Damage{.part = part, .why = as_malformed(std::move(why))});
}

Result<Cbor> decode_frame(BytesView cbor) {
  if (cbor.size() > kBundleBytesMax) return malformed("too long for a bundle");
  return codec::decode_cbor(cbor, {.depth = 3, .items = 64});
}

Status check_version(CborFields& fields) {
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) {
    return fail(ProvenanceError::kUnsupportedVersion, "a bundle of an unknown version");
  }
  return {};
}

}  // namespace

std::string_view name_of(Part part) {
  switch (part) {
    case Part::kReceipt:
      return "receipt";
    case Part::kShown:
      return "shown";
    case Part::kEvidence:
      return "evidence";
    case Part::kCollateral:
      return "collateral";
    case Part::kBlock:
      return "block";
    case Part::kRegistry:
      return "registry";
    case Part::kLog:
      return "log";
    case Part::kParents:
      return "parents";
  }
  return "unknown";
}

Bytes RegistryRecord::encode() const {
  return codec::encode_cbor(Cbor::map({{key(1), Cbor::bytes(policy)},
                                       {key(2), Cbor::text(model.name)},
                                       {key(3), Cbor::bytes(model.hash.view())},
                                       {key(4), Cbor::bytes(log_key.view())}}));
}

Result<RegistryRecord> RegistryRecord::decode(BytesView cbor) {
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 2, .items = 16}));
  TRY(CborFields fields, CborFields::of(item));
  RegistryRecord out;
  TRY(const BytesView policy, fields.bytes(1));
  out.policy = to_bytes(policy);
  TRY(const std::string_view name, fields.text(2));
  out.model.name = name;
  TRY(out.model.hash, fields.tagged_bytes<ModelHash>(3));
  TRY(out.log_key, fields.tagged_bytes<crypto::Ed25519PublicKey>(4));
  TRY_VOID(fields.finish());
  return out;
}

PolicyHash RegistryRecord::policy_hash() const {
  return PolicyHash(crypto::sha256({label("cocoon/1 policy"), policy}));
}

Bytes encode_block(const attest::ProvenBlock& block) {
  return codec::encode_cbor(
      Cbor::map({{key(1), Cbor::unsigned_integer(block.seqno.value())},
                 {key(2), Cbor::bytes(block.root_hash.view())},
                 {key(3), Cbor::unsigned_integer(block.generated_at.value())}}));
}

Result<attest::ProvenBlock> decode_block(BytesView cbor) {
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 2, .items = 16}));
  TRY(CborFields fields, CborFields::of(item));
  TRY(const std::uint64_t seqno, fields.unsigned_integer(1));
  TRY(const BlockHash root_hash, fields.tagged_bytes<BlockHash>(2));
  TRY(const std::uint64_t generated_at, fields.unsigned_integer(3));
  TRY_VOID(fields.finish());
  if (seqno > UINT32_MAX || generated_at > UINT32_MAX) return malformed("a number out of range");
  return attest::ProvenBlock{.seqno = Seqno(static_cast<std::uint32_t>(seqno)),
                             .root_hash = root_hash,
                             .generated_at = UnixSeconds(static_cast<std::uint32_t>(generated_at))};
}

Result<Bytes> Bundle::encode() const {
  Cbor::Map map{{key(kKeyVersion), Cbor::unsigned_integer(kVersion)}};
  const auto put = [&](Part part, BytesView bytes) {
    map.emplace_back(key(static_cast<std::int64_t>(part)),
                     Cbor::array({Cbor::bytes(digest_of(part, bytes)), Cbor::bytes(bytes)}));
  };
  put(Part::kReceipt, receipt);
  put(Part::kShown, shown.encode());
  put(Part::kEvidence, evidence);
  put(Part::kCollateral, collateral);
  put(Part::kBlock, encode_block(block));
  put(Part::kRegistry, registry.encode());
  put(Part::kLog, as_bytes(log_proof));
  put(Part::kParents, encode_parents(parents));
  Bytes out = codec::encode_cbor(Cbor::map(std::move(map)));
  if (const auto read = decode(out); !read)
    return fail(ProvenanceError::kLimit, read.error().why.message());
  return out;
}

std::expected<Bundle, Damage> Bundle::decode(BytesView cbor) {
  auto frame = decode_frame(cbor);
  if (!frame) return damaged(std::nullopt, std::move(frame).error());
  auto fields = CborFields::of(*frame);
  if (!fields) return damaged(std::nullopt, std::move(fields).error());
  if (auto checked = check_version(*fields); !checked) {
    return damaged(std::nullopt, std::move(checked).error());
  }
  Bundle out;
  for (const Part part : kParts) {
    const auto item = fields->required(static_cast<std::int64_t>(part));
    if (!item) return damaged(part, item.error());
    const auto bytes = intact_part(**item, part);
    if (!bytes) return damaged(part, bytes.error());
    if (auto taken = take(out, part, *bytes); !taken)
      return damaged(part, std::move(taken).error());
  }
  if (auto finished = fields->finish(); !finished) {
    return damaged(std::nullopt, std::move(finished).error());
  }
  return out;
}

}  // namespace cocoon::provenance::bundle
