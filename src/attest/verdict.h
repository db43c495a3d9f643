#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/intel/tcb.h"
#include "attest/policy.h"
#include "codec/json.h"

namespace cocoon::attest {

// What was decided over which bytes, at which time and under which policy: whoever has the same
// inputs gets the same record (docs/formats/verdict.md).
struct Verdict {
  enum class Outcome : std::uint8_t { kReject = 0, kAccept = 1 };
  Outcome outcome = Outcome::kReject;
  // Intel's name of the platform's status; of what does not match where no status can be given,
  // "FmspcMismatch"; empty if signatures do not hold.
  std::string tcb_status;
  std::vector<Error> reasons;           // none if accepted
  std::vector<std::string> advisories;  // sorted
  crypto::Sha256Digest quote_digest{};  // of the quote without what followed it
  crypto::Sha256Digest collateral_digest{};
  UnixSeconds at;
  std::optional<PolicyHash> policy;  // none: Intel's semantics and the TD's attributes alone

  // Deterministic CBOR.
  [[nodiscard]] Bytes encode() const;
};

struct QuoteVerdict {
  Verdict record;
  std::optional<intel::UnverifiedQuote> quote;  // none if it does not parse

  // What `cocoon attest verify --json` prints.
  [[nodiscard]] codec::Json to_json() const;
};

// Judges a quote on its own, without a worker's statement. Without a policy, Intel's semantics
// under Intel's root and the attribute checks apply; with one, also its roots, exceptions, bans,
// floors, RTMR3 and the image list. kMalformed if the bytes are no quote at all, or the collateral
// lacks a part: there is nothing to judge then.
[[nodiscard]] Result<QuoteVerdict> judge_quote(BytesView quote, BytesView collateral,
                                               UnixSeconds at, const Policy* policy);

}  // namespace cocoon::attest
