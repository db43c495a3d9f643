// Our side of the comparison in tlog_test.go: writes a log of ENTRIES entries, "entry 0", "entry
// 1", …, to FOLDER, as a proxy would serve it: verifier-key, checkpoint-SIZE for each SIZE named,
// the tiles of the last size, and
// proof-INDEX for some of its entries.
//   cocoon_tlog_oracle FOLDER SIZE…      sizes in rising order
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "provenance/log/proof.h"

namespace cocoon::provenance::log {
namespace {

void write(const std::filesystem::path& file, BytesView bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << as_text(bytes);
}

int run(const std::filesystem::path& folder, const std::vector<std::uint64_t>& sizes) {
  const auto pair =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{7})).value());
  const NoteKey key = NoteKey::create("cocoon.example/log", pair.public_key()).value();
  write(folder / "verifier-key", as_bytes(key.text()));
  GrowingTree tree;
  std::vector<MerkleHash> leaves;
  for (const std::uint64_t size : sizes) {
    while (tree.size() < size) {
      const std::string entry = "entry " + std::to_string(tree.size());
      leaves.push_back(entry_leaf(as_bytes(entry)));
      for (const auto& full : tree.append(leaves.back())) {
        write(folder / full.id.path(), full.hashes);
      }
    }
    write(folder / ("checkpoint-" + std::to_string(size)),
          as_bytes(sign_checkpoint(tree.head(), key, pair)));
  }
  std::uint64_t nodes = tree.size();
  for (std::uint8_t level = 0; nodes > 0; ++level, nodes /= kTileWidth) {
    if (nodes % kTileWidth == 0) continue;
    const TileId edge{.level = level,
                      .index = nodes / kTileWidth,
                      .width = static_cast<std::uint16_t>(nodes % kTileWidth)};
    write(folder / edge.path(), tree.unfinished(edge).value());
  }
  for (std::uint64_t index = 0; index < leaves.size(); index += 1 + leaves.size() / 13) {
    const LogProof proof{.index = index,
                         .hashes = merkle_inclusion_proof(leaves, index),
                         .checkpoint = sign_checkpoint(tree.head(), key, pair)};
    write(folder / ("proof-" + std::to_string(index)), as_bytes(proof.text()));
  }
  return 0;
}

}  // namespace
}  // namespace cocoon::provenance::log

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: cocoon_tlog_oracle FOLDER SIZE…\n";
    return 2;
  }
  std::vector<std::uint64_t> sizes;
  for (int i = 2; i < argc; ++i) sizes.push_back(std::stoull(argv[i]));
  return cocoon::provenance::log::run(argv[1], sizes);
}
