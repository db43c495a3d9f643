#pragma once

#include <filesystem>

#include "apps/cocoon/terminal.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace cocoon::apps {

// The public half of the key in this file, which is made, mode 0600, if there is none.
[[nodiscard]] Result<crypto::Ed25519PublicKey> key_identity(const std::filesystem::path& file);

// `cocoon proxy key FILE`: prints it, for the registry.
[[nodiscard]] int run_proxy_key(const std::filesystem::path& file, const Terminal& terminal);

}  // namespace cocoon::apps
