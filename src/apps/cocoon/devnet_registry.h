#pragma once

#include "apps/cocoon/devnet_files.h"
#include "registry/snapshot.h"
#include "ton/block/address.h"

namespace cocoon::apps {

// Who decides on a devnet: wallets (v5r1) whose keys `up` made, as `cocoon wallet` reads them.
inline constexpr const char* kRegistryOwnerKeyFile = "registry-owner.key";
inline constexpr const char* kRegistryGuardianKeyFile = "registry-guardian.key";

// What the network of this state folder accepts: the simulated platform, one model, its proxies.
[[nodiscard]] Result<registry::Snapshot> devnet_registry(const DevnetOptions& options,
                                                         const DevnetFacts& facts);

// Puts a new registry contract that says so onto the local TON, which must run, and coins for its
// governance into their wallets. Its address.
[[nodiscard]] Result<ton::Address> found_devnet_registry(const DevnetOptions& options,
                                                         const DevnetFacts& facts);

}  // namespace cocoon::apps
