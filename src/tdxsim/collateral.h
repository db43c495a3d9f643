#pragma once

#include "tdxsim/platform.h"

namespace cocoon::tdxsim {

// Who signs what in a development collateral.
struct CollateralSigners {
  const crypto::Certificate& root;
  const crypto::P256KeyPair& root_key;
  const crypto::Certificate& ca;
  const crypto::P256KeyPair& ca_key;
  const crypto::Certificate& signer;  // of TCB info and QE identity
  const crypto::P256KeyPair& signer_key;
  const crypto::Certificate& pck;
};

// The JSON of docs/formats/collateral.md for the one platform model that the simulator knows.
[[nodiscard]] Result<std::string> make_collateral(const CollateralSigners& signers, UnixSeconds now,
                                                  const CollateralOptions& options);

// MRSIGNER of the simulated quoting enclave.
[[nodiscard]] crypto::Sha256Digest qe_mr_signer();

}  // namespace cocoon::tdxsim
