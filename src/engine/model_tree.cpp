#include "engine/model_tree.h"

#include "base/reader.h"

namespace cocoon::engine {

namespace {

constexpr std::byte kLeafPrefix{0};
constexpr std::byte kNodePrefix{1};

BytesView one(const std::byte& byte) { return {&byte, 1}; }

}  // namespace

Sha256Digest leaf_hash(BytesView data) { return crypto::sha256({one(kLeafPrefix), data}); }

// Joining neighbours level by level and carrying an odd last one up unchanged gives RFC 9162's
// tree, whose left subtrees are the largest powers of two.
Sha256Digest tree_hash(std::vector<Sha256Digest> leaves) {
  if (leaves.empty()) return crypto::sha256(BytesView{});
  while (leaves.size() > 1) {
    const std::size_t pairs = leaves.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) {
      leaves[i] = crypto::sha256({one(kNodePrefix), leaves[2 * i], leaves[2 * i + 1]});
    }
    if (leaves.size() % 2 == 1) leaves[pairs] = leaves.back();
    leaves.resize(pairs + leaves.size() % 2);
  }
  return leaves.front();
}

Sha256Digest entry_hash(const ModelFile& file) {
  Writer entry;
  entry.bytes(label("cocoon/1 model file"))
      .u16(static_cast<std::uint16_t>(file.path.size()))
      .bytes(as_bytes(file.path))
      .u64(file.size)
      .bytes(file.root.view());
  return leaf_hash(entry.view());
}

ModelHash model_hash(std::span<const ModelFile> files) {
  std::vector<Sha256Digest> entries;
  entries.reserve(files.size());
  std::uint64_t size = 0;
  for (const ModelFile& file : files) {
    entries.push_back(entry_hash(file));
    size += file.size;
  }
  Writer model;
  model.bytes(label("cocoon/1 model"))
      .u32(static_cast<std::uint32_t>(kModelLeafBytes))
      .u32(static_cast<std::uint32_t>(files.size()))
      .u64(size)
      .bytes(tree_hash(std::move(entries)));
  return ModelHash(crypto::sha256(model.view()));
}

}  // namespace cocoon::engine
