#pragma once

#include "tdxsim/platform.h"

namespace cocoon::tdxsim {

// Stands for Intel: root, the CAs of platforms and of processors, TCB signer, with their private
// keys for as long as it lives. What it made is enough to run a simulated machine; only who keeps a
// vendor can publish collateral again, or add machines under the same root.
class Vendor {
 public:
  // Which of two authorities certifies the machines: that of platforms with several processors, or
  // that of processors on their own.
  enum class Ca : std::uint8_t { kPlatform, kProcessor };
  // Certificates, its own and those of its platforms, are valid for ten years around `now`.
  [[nodiscard]] static Result<Vendor> create(const Platform::FillRandom& random, UnixSeconds now,
                                             Ca ca = Ca::kPlatform);

  // A machine with fresh keys and this collateral, as of the vendor's own time.
  [[nodiscard]] Result<Platform> make_platform(const Platform::FillRandom& random,
                                               const CollateralOptions& options = {}) const;
  // What is published about such a machine at `now`.
  [[nodiscard]] Result<std::string> publish(const Platform& platform, UnixSeconds now,
                                            const CollateralOptions& options = {}) const;
  [[nodiscard]] const crypto::Certificate& root() const { return root_; }

 private:
  struct Signer {
    crypto::Certificate certificate;
    crypto::P256KeyPair key;
  };
  Vendor(UnixSeconds now, crypto::P256KeyPair root_key, crypto::Certificate root, Signer ca,
         Signer other_ca, Signer tcb_signer)
      : now_(now),
        root_key_(std::move(root_key)),
        root_(std::move(root)),
        ca_(std::move(ca)),
        other_ca_(std::move(other_ca)),
        tcb_signer_(std::move(tcb_signer)) {}
  [[nodiscard]] Result<std::string> collateral_of(const crypto::Certificate& pck, UnixSeconds now,
                                                  const CollateralOptions& options) const;

  UnixSeconds now_;
  crypto::P256KeyPair root_key_;
  crypto::Certificate root_;
  Signer ca_;  // of the machines
  Signer other_ca_;
  Signer tcb_signer_;
};

}  // namespace cocoon::tdxsim
