#pragma once

#include <filesystem>
#include <optional>

#include "async/clock.h"
#include "ports/world.h"

namespace cocoon::tee {

// The vendor's collateral in a file, which whoever keeps it fresh replaces under the running
// worker. The bytes are not looked at here: they are for verifiers, and vouch for themselves.
class CollateralFile final : public ports::CollateralSource {
 public:
  // An empty path: there is none.
  CollateralFile(std::filesystem::path file, async::Clock& clock)
      : file_(std::move(file)), clock_(clock) {}

  // What the file held when it was last looked at, a few seconds ago at most. While it cannot be
  // read, what it held before.
  [[nodiscard]] std::shared_ptr<const Collateral> current() override;

 private:
  std::filesystem::path file_;
  async::Clock& clock_;
  std::optional<async::TimePoint> looked_at_;
  std::shared_ptr<const Collateral> current_;
};

}  // namespace cocoon::tee
