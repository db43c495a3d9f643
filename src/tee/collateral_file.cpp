#include "tee/collateral_file.h"

#include "files/small_files.h"

namespace cocoon::tee {
namespace {

using namespace std::chrono_literals;

constexpr async::Duration kLookInterval = 2s;

}  // namespace

std::shared_ptr<const ports::CollateralSource::Collateral> CollateralFile::current() {
  if (file_.empty()) return nullptr;
  if (looked_at_ && clock_.now() - *looked_at_ < kLookInterval) return current_;
  looked_at_ = clock_.now();
  auto bytes = files::read_file(file_, attest::kCollateralBytesMax);
  if (!bytes || bytes->empty()) return current_;
  const CollateralDigest digest = attest::collateral_digest(*bytes);
  if (current_ == nullptr || current_->digest != digest) {
    current_ =
        std::make_shared<const Collateral>(Collateral{.digest = digest, .json = std::move(*bytes)});
  }
  return current_;
}

}  // namespace cocoon::tee
