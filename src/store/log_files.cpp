#include "store/log_files.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/reader.h"
#include "crypto/hash.h"
#include "provenance/error.h"
#include "store/receipt_journal.h"

namespace cocoon::store {
namespace {

using provenance::ProvenanceError;
using provenance::log::kTileHeight;
using provenance::log::kTileWidth;
using provenance::log::kTreeLevels;
using provenance::log::TileId;
using provenance::log::TreeHead;
using File = LogDisk::File;

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kCheckBytes = 16;
constexpr std::size_t kHeadBytes = 8 + kHashBytes + kCheckBytes;
constexpr std::uint64_t kSlotBytes = 4096;  // apart, so that no torn write damages both

File level_file(unsigned level) {
  return static_cast<File>(static_cast<unsigned>(File::kEntries) + level);
}

Bytes encode_head(const TreeHead& head) {
  Writer writer;
  writer.u64(head.size).bytes(head.root);
  const auto check = crypto::sha256({label("cocoon/1 log head"), writer.view()});
  writer.bytes(BytesView(check).first(kCheckBytes));
  return std::move(writer).take();
}

std::optional<TreeHead> decode_head(BytesView bytes) {
  Reader reader(bytes);
  const auto size = reader.u64();
  const auto root = reader.array<kHashBytes>();
  if (!size || !root) return std::nullopt;
  const TreeHead head{.size = *size, .root = *root};
  return equal(encode_head(head), bytes) ? std::optional(head) : std::nullopt;
}

std::unexpected<Error> not_there() {
  return fail(ProvenanceError::kNotThere, "the log has no such tile yet");
}

// Entry bundle (C2SP tlog-tiles, "Log Entries"): each behind its length.
Bytes bundle_of(BytesView entries) {
  Writer writer;
  for (; !entries.empty(); entries = entries.subspan(kHashBytes))
    writer.u16(kHashBytes).bytes(entries.first(kHashBytes));
  return std::move(writer).take();
}

Bytes leaves_of(BytesView entries) {
  Bytes leaves;
  leaves.reserve(entries.size());
  for (; !entries.empty(); entries = entries.subspan(kHashBytes))
    append(leaves, provenance::log::entry_leaf(entries.first(kHashBytes)));
  return leaves;
}

}  // namespace

Result<std::unique_ptr<LogFiles>> LogFiles::open(std::unique_ptr<LogDisk> disk) {
  std::unique_ptr<LogFiles> log(new LogFiles(std::move(disk)));
  TRY_VOID(log->read_head());
  TRY(log->tree_, provenance::log::GrowingTree::restore(log->head_.size, [&](const TileId& id) {
        return log->tile(id, log->head_.size);
      }));
  if (log->tree_.head() != log->head_) {
    return fail(StoreError::kUnreadable, "the log's entries are not those that its head covers");
  }
  // A head that was read may yet be in memory only, after a flush that failed.
  for (unsigned level = 0; level < kTreeLevels; ++level)
    TRY_VOID(log->disk_->flush(level_file(level)));
  TRY_VOID(log->write_head(log->head_));
  return log;
}

Status LogFiles::read_head() {
  head_ = tree_.head();
  bool is_found = false;
  for (const unsigned slot : {0U, 1U}) {
    const auto bytes = disk_->read(File::kHead, slot * kSlotBytes, kHeadBytes);
    const auto head = bytes ? decode_head(*bytes) : std::nullopt;
    if (!head || (is_found && head->size <= head_.size)) continue;
    head_ = *head;
    slot_ = slot;
    is_found = true;
  }
  // open() writes a head before there can be entries.
  if (!is_found && disk_->read(File::kEntries, 0, 1))
    return fail(StoreError::kUnreadable, "the log's head is damaged");
  return {};
}

Status LogFiles::write_head(const TreeHead& head) {
  const unsigned slot = 1 - slot_;
  TRY_VOID(disk_->write(File::kHead, slot * kSlotBytes, encode_head(head)));
  TRY_VOID(disk_->flush(File::kHead));
  slot_ = slot;
  return {};
}

Status LogFiles::write_entries(std::span<const ReceiptHash> entries) {
  Bytes bytes;
  bytes.reserve(entries.size() * kHashBytes);
  for (const ReceiptHash& entry : entries) cocoon::append(bytes, entry.view());
  const std::uint64_t first = tree_.size();
  std::array<Bytes, kTreeLevels> roots;  // of the tiles that became complete, by level
  std::array<std::uint64_t, kTreeLevels> roots_from{};
  for (const ReceiptHash& entry : entries) {
    for (const auto& full : tree_.append(provenance::log::entry_leaf(entry.view()))) {
      const std::size_t level = full.id.level + 1U;
      if (level == kTreeLevels) continue;
      if (roots[level].empty()) roots_from[level] = full.id.index;
      cocoon::append(roots[level], full.root);
    }
  }
  TRY_VOID(disk_->write(File::kEntries, first * kHashBytes, bytes));
  TRY_VOID(disk_->flush(File::kEntries));
  for (unsigned level = 1; level < kTreeLevels; ++level) {
    if (roots[level].empty()) continue;
    TRY_VOID(disk_->write(level_file(level), roots_from[level] * kHashBytes, roots[level]));
    TRY_VOID(disk_->flush(level_file(level)));
  }
  return {};
}

Result<TreeHead> LogFiles::append(std::span<const ReceiptHash> entries) {
  if (is_broken_) return fail(StoreError::kUnwritable, "the log's disk failed");
  if (entries.empty()) return head_;
  is_broken_ = true;  // until all of it went well
  TRY_VOID(write_entries(entries));
  const TreeHead head = tree_.head();
  TRY_VOID(write_head(head));
  head_ = head;
  is_broken_ = false;
  return head;
}

Result<Bytes> LogFiles::tile(const TileId& id, std::uint64_t size) const {
  if (id.level >= kTreeLevels || id.index > size / kTileWidth) return not_there();
  const std::uint64_t nodes = size >> (id.level * kTileHeight);
  const std::uint64_t first = id.index * kTileWidth;
  if (first + id.width > nodes) return not_there();
  TRY(Bytes bytes, disk_->read(level_file(id.level), first * kHashBytes, id.width * kHashBytes));
  if (id.kind == TileId::Kind::kEntries) return bundle_of(bytes);
  return id.level == 0 ? leaves_of(bytes) : bytes;
}

Result<std::vector<ReceiptHash>> LogFiles::entries(std::uint64_t first, std::size_t count) const {
  TRY(const Bytes bytes, disk_->read(File::kEntries, first * kHashBytes, count * kHashBytes));
  std::vector<ReceiptHash> out;
  Reader reader(bytes);
  while (!reader.at_end()) {
    TRY(out.emplace_back(), reader.tagged<ReceiptHash>());
  }
  return out;
}

}  // namespace cocoon::store
