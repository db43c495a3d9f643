#pragma once

#include <memory>
#include <span>

#include "base/strong.h"
#include "provenance/log/tree.h"
#include "store/log_disk.h"

// Inside this room: a log without its key.
namespace cocoon::store {

// The entries of a log and the hashes of its complete tiles, each level one behind the other, so
// that a tile is one read; and its head. Entries are on disk before the head that covers them, and
// nothing counts that no head on disk covers: so whatever a crash leaves, one size has one root.
// One thread appends; any thread reads tiles meanwhile.
class LogFiles {
 public:
  // kUnreadable if the newest head is not the root of the entries: somebody changed them.
  [[nodiscard]] static Result<std::unique_ptr<LogFiles>> open(std::unique_ptr<LogDisk> disk);

  // On disk, head included, when it returns. After a failure every further append fails: only
  // opening the log again tells what the disk holds.
  [[nodiscard]] Result<provenance::log::TreeHead> append(std::span<const ReceiptHash> entries);
  [[nodiscard]] const provenance::log::TreeHead& head() const { return head_; }

  // A tile as it is in the tree of `size` entries, which append() has returned; narrower ones too.
  // kNotThere if that tree has no such tile.
  [[nodiscard]] Result<Bytes> tile(const provenance::log::TileId& id, std::uint64_t size) const;
  // Entries [first, first + count).
  [[nodiscard]] Result<std::vector<ReceiptHash>> entries(std::uint64_t first,
                                                         std::size_t count) const;

 private:
  explicit LogFiles(std::unique_ptr<LogDisk> disk) : disk_(std::move(disk)) {}
  [[nodiscard]] Status read_head();
  [[nodiscard]] Status write_head(const provenance::log::TreeHead& head);
  [[nodiscard]] Status write_entries(std::span<const ReceiptHash> entries);

  std::unique_ptr<LogDisk> disk_;
  provenance::log::GrowingTree tree_;
  provenance::log::TreeHead head_;
  unsigned slot_ = 0;  // which of the two places has the newest head
  bool is_broken_ = false;
};

}  // namespace cocoon::store
