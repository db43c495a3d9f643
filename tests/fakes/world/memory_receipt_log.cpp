#include "tests/fakes/world/memory_receipt_log.h"

#include <algorithm>

namespace cocoon::fakes {

using namespace provenance::log;

bool MemoryReceiptLog::submit(const ReceiptHash& entry) {
  if (disk_ == Disk::kBroken) return false;
  entries_.push_back(entry);
  leaves_.push_back(entry_leaf(entry.view()));
  return true;
}

std::string MemoryReceiptLog::checkpoint() const {
  return sign_checkpoint({.size = leaves_.size(), .root = provenance::merkle_root(leaves_)},
                         proxy_log_key(signer_.public_key()), signer_);
}

Result<Bytes> MemoryReceiptLog::tile(const TileId& id) const {
  const std::uint64_t first = id.index * kTileWidth;
  if (id.kind != TileId::Kind::kHashes || id.level != 0 || first + id.width > leaves_.size())
    return fail(provenance::ProvenanceError::kNotThere, "no such tile");
  Bytes out;
  for (std::uint64_t i = first; i < first + id.width; ++i) append(out, leaves_[i]);
  return out;
}

Result<LogProof> MemoryReceiptLog::prove(const ReceiptHash& entry) const {
  const auto found = std::ranges::find(entries_, entry);
  if (found == entries_.end()) return fail(provenance::ProvenanceError::kNotThere, "no such entry");
  const auto index = static_cast<std::uint64_t>(found - entries_.begin());
  return LogProof{.index = index,
                  .hashes = provenance::merkle_inclusion_proof(leaves_, index),
                  .checkpoint = checkpoint()};
}

}  // namespace cocoon::fakes
