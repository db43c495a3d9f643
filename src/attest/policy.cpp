#include "attest/policy.h"

#include <algorithm>

#include "attest/policy_cbor.h"

namespace cocoon::attest {

ImageHash image_hash_of(const Image& image, const MachineShape& shape) {
  return ImageHash(
      crypto::sha256({label("cocoon/1 image"), image.mrtd, shape.rtmr0, image.rtmr1, image.rtmr2}));
}

ImageHash image_hash_of(const SnpShape& shape) {
  return ImageHash(crypto::sha256({label("cocoon/1 snp image"), shape.measurement}));
}

bool Policy::bans(BytesView platform_id) const {
  return std::ranges::any_of(banned_platforms,
                             [&](const Bytes& banned) { return equal(banned, platform_id); });
}

bool Policy::trusts(const TrustedBlock& block) const {
  return std::ranges::find(trusted_blocks, block) != trusted_blocks.end();
}

std::optional<UnixSeconds> Policy::tolerated_until(intel::TcbStatus status,
                                                   const std::vector<std::string>& advisories,
                                                   UnixSeconds at) const {
  std::optional<UnixSeconds> until;
  for (const StatusException& exception : exceptions) {
    if (exception.status != status || at > exception.until) continue;
    const bool covers = std::ranges::all_of(advisories, [&](const std::string& advisory) {
      return std::ranges::find(exception.advisories, advisory) != exception.advisories.end();
    });
    if (covers) until = std::max(until.value_or(exception.until), exception.until);
  }
  return until;
}

PolicyHash Policy::hash() const {
  return PolicyHash(crypto::sha256({label("cocoon/1 policy"), encode_policy(*this)}));
}

}  // namespace cocoon::attest
