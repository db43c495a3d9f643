#pragma once

#include <span>
#include <string_view>

#include "crypto/hash.h"
#include "engine/model_files.h"

namespace cocoon::engine {

using crypto::Sha256Digest;

// The hashes of docs/formats/model.md.

// SHA-256(00 ‖ data): RFC 9162's leaf hash.
[[nodiscard]] Sha256Digest leaf_hash(BytesView data);
// RFC 9162's tree hash over leaf hashes, in place; of no leaves SHA-256("").
[[nodiscard]] Sha256Digest tree_hash(std::vector<Sha256Digest> leaves);
[[nodiscard]] Sha256Digest entry_hash(const ModelFile& file);
// `files` ascend by the bytes of their paths.
[[nodiscard]] ModelHash model_hash(std::span<const ModelFile> files);

// How many leaves a file of this size has.
[[nodiscard]] constexpr std::uint64_t leaf_count(std::uint64_t size) {
  return (size + kModelLeafBytes - 1) / kModelLeafBytes;
}

}  // namespace cocoon::engine
