#pragma once

#include "tdxsim/platform.h"

namespace cocoon::tdxsim {

// Stands for Intel: root, platform CA and TCB signer, with their private keys for as long as it
// lives. What it made is enough to run a simulated machine; only who keeps a vendor can publish
// collateral again, or add machines under the same root.
class Vendor {
 public:
  // Certificates, its own and those of its platforms, are valid for ten years around `now`.
  [[nodiscard]] static Result<Vendor> create(const Platform::FillRandom& random, UnixSeconds now);

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
         Signer tcb_signer)
      : now_(now),
        root_key_(std::move(root_key)),
        root_(std::move(root)),
        ca_(std::move(ca)),
        tcb_signer_(std::move(tcb_signer)) {}
  [[nodiscard]] Result<std::string> collateral_of(const crypto::Certificate& pck, UnixSeconds now,
                                                  const CollateralOptions& options) const;

  UnixSeconds now_;
  crypto::P256KeyPair root_key_;
  crypto::Certificate root_;
  Signer ca_;
  Signer tcb_signer_;
};

}  // namespace cocoon::tdxsim
