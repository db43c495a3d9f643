#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong.h"

namespace cocoon::apps {

// A recorded piece of evidence and the two ways to verify it, both to its end: an answer other than
// "accepted" is a failure.
struct AttestSubject {
  // Files of a TDX quote, for another verifier to read.
  struct QuoteFiles {
    std::filesystem::path quote;
    std::filesystem::path collateral;
    UnixSeconds at;
  };
  std::string name;      // "tdx v4"
  std::string evidence;  // the recording's name
  // Everything from bytes, nothing remembered.
  std::function<Status()> cold;
  // From the bytes of the evidence, with its platform's certificates and keys and with Intel's
  // collateral verified before.
  std::function<Status()> warm;
  std::optional<QuoteFiles> quote = std::nullopt;
  double cold_ms_max = 0;  // targets; 0: none
  double warm_ms_max = 0;
};

// Those in `folder`, which bench/CMakeLists.txt fills. Each was verified once.
[[nodiscard]] Result<std::vector<AttestSubject>> attest_subjects(
    const std::filesystem::path& folder);

}  // namespace cocoon::apps
