#pragma once

#include <filesystem>

#include "base/secret.h"
#include "config/error.h"

namespace cocoon::config {

// A key file holds the 32-byte seed of an Ed25519 key as 64 hexadecimal digits and a newline.

// Refuses a file that anyone but its owner may read or write, that belongs to another user, or that
// is not a regular file.
[[nodiscard]] Result<SecretArray<32>> load_key_file(const std::filesystem::path& file);
// Creates the file with mode 0600; fails if it exists.
[[nodiscard]] Status create_key_file(const std::filesystem::path& file,
                                     const SecretArray<32>& seed);

}  // namespace cocoon::config
