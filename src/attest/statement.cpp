#include "attest/statement.h"

#include <algorithm>
#include <limits>

#include "attest/malformed.h"
#include "codec/cbor.h"

namespace cocoon::attest {
namespace {

using codec::Cbor;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kTextBytesMax = 128;

enum Key : std::int64_t {
  kKeyVersion = 1,
  kKeyNetwork = 2,
  kKeyRole = 3,
  kKeyIdentityKey = 4,
  kKeyHpkeSuite = 5,
  kKeyHpkeKey = 6,
  kKeyKeyEpoch = 7,
  kKeyBootId = 8,
  kKeyOwnerAddress = 9,
  kKeySlotId = 10,
  kKeyModelName = 11,
  kKeyModelHash = 12,
  kKeyConfigHash = 13,
  kKeyGpuEvidenceDigest = 14,
  kKeyBlockSeqno = 15,
  kKeyBlockRootHash = 16,
};

Result<std::uint32_t> u32_field(codec::CborFields& fields, Key key) {
  TRY(const std::uint64_t value, fields.unsigned_integer(key));
  if (value > std::numeric_limits<std::uint32_t>::max()) {
    return fail(AttestError::kMalformed, "number over 32 bits");
  }
  return static_cast<std::uint32_t>(value);
}

Result<std::string> text_field(codec::CborFields& fields, Key key) {
  TRY(const std::string_view text, fields.text(key));
  const bool printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
  if (text.size() > kTextBytesMax || !printable) {
    return fail(AttestError::kMalformed, "text that is not up to 128 printable ASCII characters");
  }
  return std::string(text);
}

Result<NetworkId> network_field(codec::CborFields& fields) {
  TRY(const std::int64_t value, fields.integer(kKeyNetwork));
  if (value < std::numeric_limits<std::int32_t>::min() ||
      value > std::numeric_limits<std::int32_t>::max()) {
    return fail(AttestError::kMalformed, "network id over 32 bits");
  }
  return NetworkId(static_cast<std::int32_t>(value));
}

Result<Role> role_field(codec::CborFields& fields) {
  TRY(const std::uint64_t value, fields.unsigned_integer(kKeyRole));
  for (const Role role : {Role::kWorker, Role::kProxy, Role::kClient, Role::kOwner}) {
    if (value == static_cast<std::uint64_t>(role)) return role;
  }
  return fail(AttestError::kMalformed, "unknown role");
}

Result<Statement> read_fields(codec::CborFields& fields) {
  Statement out;
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kVersion) return fail(AttestError::kUnsupported, "unknown version");
  TRY(out.network, network_field(fields));
  TRY(out.role, role_field(fields));
  TRY(out.identity_key, fields.tagged_bytes<crypto::Ed25519PublicKey>(kKeyIdentityKey));
  TRY(const std::uint64_t suite, fields.unsigned_integer(kKeyHpkeSuite));
  if (suite != 1) return fail(AttestError::kUnsupported, "unknown HPKE suite");
  out.hpke_suite = 1;
  TRY(out.hpke_key, fields.tagged_bytes<crypto::X25519PublicKey>(kKeyHpkeKey));
  TRY(out.key_epoch, u32_field(fields, kKeyKeyEpoch));
  TRY(out.boot_id, fields.tagged_bytes<BootId>(kKeyBootId));
  TRY(out.owner_address, text_field(fields, kKeyOwnerAddress));
  TRY(out.slot_id, fields.tagged_bytes<SlotId>(kKeySlotId));
  TRY(out.model_name, text_field(fields, kKeyModelName));
  TRY(out.model_hash, fields.tagged_bytes<ModelHash>(kKeyModelHash));
  TRY(out.config_hash, fields.tagged_bytes<ConfigHash>(kKeyConfigHash));
  TRY(const BytesView gpu_digest, fields.bytes(kKeyGpuEvidenceDigest));
  if (!gpu_digest.empty() && gpu_digest.size() != 32) {
    return fail(AttestError::kMalformed, "GPU evidence digest of the wrong length");
  }
  out.gpu_evidence_digest = to_bytes(gpu_digest);
  TRY(const std::uint32_t seqno, u32_field(fields, kKeyBlockSeqno));
  out.block_seqno = Seqno(seqno);
  TRY(out.block_root_hash, fields.tagged_bytes<BlockHash>(kKeyBlockRootHash));
  TRY_VOID(fields.finish());
  return out;
}

Result<Statement> decode_statement(BytesView cbor) {
  TRY(const Cbor item, codec::decode_cbor(cbor, {.depth = 2, .items = 64}));
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  return read_fields(fields);
}

}  // namespace

Bytes Statement::encode() const {
  return codec::encode_cbor(Cbor::map({
      {Cbor::unsigned_integer(kKeyVersion), Cbor::unsigned_integer(kVersion)},
      {Cbor::unsigned_integer(kKeyNetwork), Cbor::integer(network.value())},
      {Cbor::unsigned_integer(kKeyRole), Cbor::unsigned_integer(static_cast<std::uint64_t>(role))},
      {Cbor::unsigned_integer(kKeyIdentityKey), Cbor::bytes(identity_key.view())},
      {Cbor::unsigned_integer(kKeyHpkeSuite), Cbor::unsigned_integer(hpke_suite)},
      {Cbor::unsigned_integer(kKeyHpkeKey), Cbor::bytes(hpke_key.view())},
      {Cbor::unsigned_integer(kKeyKeyEpoch), Cbor::unsigned_integer(key_epoch)},
      {Cbor::unsigned_integer(kKeyBootId), Cbor::bytes(boot_id.view())},
      {Cbor::unsigned_integer(kKeyOwnerAddress), Cbor::text(owner_address)},
      {Cbor::unsigned_integer(kKeySlotId), Cbor::bytes(slot_id.view())},
      {Cbor::unsigned_integer(kKeyModelName), Cbor::text(model_name)},
      {Cbor::unsigned_integer(kKeyModelHash), Cbor::bytes(model_hash.view())},
      {Cbor::unsigned_integer(kKeyConfigHash), Cbor::bytes(config_hash.view())},
      {Cbor::unsigned_integer(kKeyGpuEvidenceDigest), Cbor::bytes(gpu_evidence_digest)},
      {Cbor::unsigned_integer(kKeyBlockSeqno), Cbor::unsigned_integer(block_seqno.value())},
      {Cbor::unsigned_integer(kKeyBlockRootHash), Cbor::bytes(block_root_hash.view())},
  }));
}

Result<Statement> Statement::decode(BytesView cbor) {
  return or_malformed(decode_statement(cbor), "statement");
}

ByteArray<64> report_data_for(BytesView encoded_statement) {
  return crypto::sha512({label("cocoon/1 worker"), encoded_statement});
}

Kid kid_for(BytesView encoded_statement) {
  return Kid(crypto::sha256({label("cocoon/1 kid"), encoded_statement}));
}

}  // namespace cocoon::attest
