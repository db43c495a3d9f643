#include "ton/block/validators.h"

#include "crypto/hash.h"
#include "ton/cell/crc.h"

namespace cocoon::ton {
namespace {

constexpr std::uint64_t kWeightMax = std::uint64_t{1} << 61U;
constexpr std::uint32_t kParamCatchain = 28;
constexpr std::uint32_t kParamCurrent = 34;
constexpr std::uint32_t kParamCurrentTemporary = 35;

std::unexpected<Error> malformed(const char* what) { return fail(TonError::kMalformed, what); }

// validator#53 public_key:SigPubKey weight:uint64, validator_addr#73 … adnl_addr:bits256;
// ed25519_pubkey#8e81278a pubkey:bits256
Result<Validator> read_validator(Slice slice) {
  TRY(const std::uint64_t tag, slice.load_uint(8));
  if (tag != 0x53 && tag != 0x73) return fail(TonError::kUnknown, "a validator of an unknown kind");
  TRY_VOID(slice.expect_tag(0x8e81278a, 32, "validator's key"));
  Validator validator;
  TRY(validator.key, slice.load_tagged<crypto::Ed25519PublicKey>());
  TRY(validator.weight, slice.load<std::uint64_t>());
  if (tag == 0x73) {
    TRY(validator.adnl_address, slice.load_tagged<Hash256<struct AdnlAddressTag>>());
  }
  TRY_VOID(slice.expect_end());
  return validator;
}

// validators#11 … list:(Hashmap 16 ValidatorDescr) stands in this very cell; validators_ext#12 …
// total_weight:uint64
//   list:(HashmapE 16 ValidatorDescr)
Result<CellRef> validator_hashmap(Slice& slice, std::uint64_t tag, std::uint64_t& stated_weight) {
  if (tag == 0x11) return slice.rest_as_cell();
  TRY(stated_weight, slice.load<std::uint64_t>());
  if (stated_weight == 0) return malformed("validators without any weight");
  TRY(CellRef list, slice.load_maybe_ref());
  TRY_VOID(slice.expect_end());
  return list;
}

// Numbers that only the session's catchain seqno decides (ValidatorSetPRNG): SHA-512 over seed[32]
// ‖ shard ‖ workchain ‖ catchain seqno, eight 64-bit numbers a block; the seed counts the blocks.
class SessionNumbers {
 public:
  explicit SessionNumbers(std::uint32_t catchain_seqno) : catchain_seqno_(catchain_seqno) {}

  // Below `range`, by multiplication.
  std::uint64_t next(std::uint64_t range) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(range) * next_number()) >> 64U);
  }

 private:
  std::uint64_t next_number() {
    if (at_ == 8) {
      const Bytes block = std::move(Writer()
                                        .zeros(24)
                                        .u64(blocks_++)
                                        .u64(kWholeShard)
                                        .u32(static_cast<std::uint32_t>(kMasterchain))
                                        .u32(catchain_seqno_))
                              .take();
      digest_ = crypto::sha512({block});
      at_ = 0;
    }
    return bits_at(digest_, 64 * at_++, 64);
  }

  std::uint32_t catchain_seqno_;
  std::uint64_t blocks_ = 0;
  crypto::Sha512Digest digest_{};
  std::size_t at_ = 8;
};

// catchain_config#c1, or catchain_config_new#c2 flags:(## 7) { flags = 0 }
// shuffle_mc_validators:Bool …
Result<bool> is_shuffled(const CellRef& config) {
  TRY(const CellRef param, config_param(config, kParamCatchain));
  if (param == nullptr) return false;
  TRY(Slice slice, Slice::open(param));
  TRY(const std::uint64_t tag, slice.load_uint(8));
  if (tag == 0xc1) return false;
  if (tag != 0xc2) return fail(TonError::kUnknown, "a session configuration of an unknown kind");
  TRY(const std::uint64_t flags, slice.load_uint(7));
  if (flags != 0) return fail(TonError::kUnknown, "a session configuration with unknown flags");
  return slice.load_bit();
}

}  // namespace

Result<ValidatorList> read_validators(const CellRef& param) {
  TRY(Slice slice, Slice::open(param));
  TRY(const std::uint64_t tag, slice.load_uint(8));
  if (tag != 0x11 && tag != 0x12) return fail(TonError::kUnknown, "validators of an unknown kind");
  TRY_VOID(slice.skip(64));  // utime_since, utime_until
  TRY(const std::uint64_t total, slice.load_uint(16));
  TRY(const std::uint64_t main, slice.load_uint(16));
  if (main < 1 || main > total || total > kValidatorsMax)
    return malformed("an impossible number of validators");
  std::uint64_t stated_weight = 0;
  TRY(const CellRef list, validator_hashmap(slice, tag, stated_weight));
  TRY(const auto entries, hashmap_entries(list, 16, total));
  ValidatorList validators{.all = {}, .main = main};
  std::uint64_t weight = 0;
  for (const HashmapEntry& entry : entries) {
    TRY(const Validator validator, read_validator(entry.value));
    if (entry.key.number() != validators.all.size())
      return malformed("validators that are not numbered in a row");
    if (validator.weight == 0 || validator.weight > kWeightMax - weight)
      return malformed("a validator of impossible weight");
    weight += validator.weight;
    validators.all.push_back(validator);
  }
  if (validators.all.size() != total) return malformed("another number of validators than stated");
  if (tag == 0x12 && weight != stated_weight)
    return malformed("validators of another weight than stated");
  return validators;
}

Result<ValidatorSession> masterchain_session(const CellRef& config, std::uint32_t catchain_seqno) {
  TRY(CellRef param, config_param(config, kParamCurrentTemporary));
  if (param == nullptr) {
    TRY(param, config_param(config, kParamCurrent));
  }
  if (param == nullptr) return fail(TonError::kBadProof, "a configuration without validators");
  TRY(const ValidatorList list, read_validators(param));
  TRY(const bool shuffled, is_shuffled(config));
  // The first `main` in order, or the inside-out shuffle of their numbers.
  std::vector<std::size_t> order(list.main);
  SessionNumbers numbers(catchain_seqno);
  for (std::size_t i = 0; i < list.main; ++i) {
    const std::size_t j = shuffled ? numbers.next(i + 1) : i;
    order[i] = order[j];
    order[j] = i;
  }
  ValidatorSession session;
  for (const std::size_t index : order) {
    session.validators.push_back(list.all[index]);
    session.total_weight += list.all[index].weight;
  }
  session.short_hash = validator_short_hash(session.validators, catchain_seqno);
  return session;
}

std::uint32_t validator_short_hash(const std::vector<Validator>& validators,
                                   std::uint32_t catchain_seqno) {
  constexpr std::uint32_t kMagic = 0x901660ED;
  Writer description(Endian::kLittle);
  description.u32(kMagic).u32(catchain_seqno).u32(static_cast<std::uint32_t>(validators.size()));
  for (const Validator& validator : validators) {
    description.bytes(validator.key.view())
        .u64(validator.weight)
        .bytes(validator.adnl_address.view());
  }
  return crc32c(description.view());
}

}  // namespace cocoon::ton
