#pragma once

#include <vector>

#include "crypto/keys.h"
#include "ton/block/block.h"

namespace cocoon::ton {

inline constexpr std::size_t kValidatorsMax = 1024;

struct Validator {
  crypto::Ed25519PublicKey key;
  std::uint64_t weight = 0;
  Hash256<struct AdnlAddressTag> adnl_address;  // zero where none is given
};

// validators#11 or validators_ext#12 (config 34, or 35 while there are temporary keys), checked as
// nodes check it: 0 < main ≤ total ≤ 1024, indices 0 … total-1, no zero weight, the stated total
// weight, at most 2^61.
struct ValidatorList {
  std::vector<Validator> all;
  std::size_t main = 0;  // how many of the first serve the masterchain
};
[[nodiscard]] Result<ValidatorList> read_validators(const CellRef& param);

// The validators of one masterchain session, in its order, with its short hash.
struct ValidatorSession {
  std::vector<Validator> validators;
  std::uint64_t total_weight = 0;
  std::uint32_t short_hash = 0;
};
// From a key block's configuration: param 35, else 34; shuffled if param 28 says so
// (catchain_config_new#c2).
[[nodiscard]] Result<ValidatorSession> masterchain_session(const CellRef& config,
                                                           std::uint32_t catchain_seqno);

// CRC-32C of the session's description (test0.validatorSet in the reference node's
// compute_validator_set_hash).
[[nodiscard]] std::uint32_t validator_short_hash(const std::vector<Validator>& validators,
                                                 std::uint32_t catchain_seqno);

}  // namespace cocoon::ton
