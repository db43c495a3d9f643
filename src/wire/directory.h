#pragma once

#include <optional>
#include <vector>

#include "base/strong.h"
#include "wire/hello.h"

namespace cocoon::wire {

inline constexpr std::size_t kDirectoryEntriesMax = 65'536;
inline constexpr std::size_t kDirectoryBytesMax = 8 * 1024 * 1024;
inline constexpr std::size_t kKidsPerWorkerMax = 4;

// One worker key that a proxy can reach (docs/formats/directory.md). A hint: only its evidence says
// what it is worth.
struct DirectoryEntry {
  Kid kid;
  ModelHash model_hash;
  TermsHash terms_hash;
  std::uint16_t busy_permille =
      0;  // of its running and waiting places; may exceed 1000 while others queue
  // What the vendor publishes about its platform model, to be had from this proxy.
  std::optional<CollateralDigest> collateral = std::nullopt;
};

struct Directory {
  std::vector<DirectoryEntry> entries;

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<Directory> decode(BytesView cbor);
};

// What a worker tells the proxies it is attached to (docs/formats/load.md).
struct LoadReport {
  enum class Intake : std::uint8_t {
    kOpen = 0,
    kClosed = 1
  };  // closed: draining, or its engine is down

  std::vector<Kid> kids;  // newest first; each has evidence
  Intake intake = Intake::kOpen;
  std::uint32_t places = 0;    // requests it takes at once, running and waiting
  std::uint32_t occupied = 0;  // of them, now
  // What it can give of its platform's vendor.
  std::optional<CollateralDigest> collateral = std::nullopt;

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<LoadReport> decode(BytesView cbor);
};

}  // namespace cocoon::wire
