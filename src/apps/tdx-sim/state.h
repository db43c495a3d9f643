#pragma once

#include <filesystem>
#include <optional>

#include "apps/tdx-sim/error.h"
#include "files/descriptor.h"
#include "tdxsim/platform.h"

namespace cocoon::apps {

// A simulated machine that survives restarts, in a folder of its own:
//   platform.cbor  keys and certificates, mode 0600
//   root.der, root.pem, root.sha256  the development root and its fingerprint, for the registry
//   ppid.hex       what names the machine, for the registry's banned_platforms
//   image.toml     what the machine measures, for the registry; written last, so its presence says
//   that all is there
class SimState {
 public:
  // kWithFlawed: beside collateral.json, which then has evaluation number 2, also what verifiers
  // must refuse: collateral-expired.json, collateral-rolled-back.json (number 1),
  // collateral-revoked.json (number 3, the PCK certificate revoked). Only for a machine that is
  // made now: who signs them all is forgotten afterwards.
  enum class Published : std::uint8_t { kOrderly, kWithFlawed };
  // Makes folder and keys at the first call. `measurements` is a file with one image
  // (docs/formats/image.md), or nothing for the default. Holds the folder against a second tdx-sim
  // for as long as it lives.
  [[nodiscard]] static Result<SimState> open(
      const std::filesystem::path& folder, const std::optional<std::filesystem::path>& measurements,
      const tdxsim::Platform::FillRandom& random, UnixSeconds now,
      Published published = Published::kOrderly);

  [[nodiscard]] const tdxsim::Platform& platform() const { return platform_; }
  [[nodiscard]] const tdxsim::Measurements& measurements() const { return measurements_; }

 private:
  SimState(files::Descriptor lock, tdxsim::Platform platform,
           const tdxsim::Measurements& measurements)
      : lock_(std::move(lock)), platform_(std::move(platform)), measurements_(measurements) {}
  files::Descriptor lock_;
  tdxsim::Platform platform_;
  tdxsim::Measurements measurements_;
};

}  // namespace cocoon::apps
