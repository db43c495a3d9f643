#include "store/log_files.h"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <random>

#include "provenance/error.h"
#include "store/receipt_journal.h"
#include "tests/support/temp_folder.h"

namespace cocoon::store {
namespace {

using provenance::MerkleHash;
using provenance::log::TileId;
using provenance::log::TreeHead;

ReceiptHash entry(std::uint64_t number) {
  return ReceiptHash(crypto::sha256({as_bytes(std::to_string(number))}));
}

std::vector<ReceiptHash> entries(std::uint64_t first, std::uint64_t count) {
  std::vector<ReceiptHash> out;
  for (std::uint64_t i = first; i < first + count; ++i) out.push_back(entry(i));
  return out;
}

// What a disk holds, and what was written to it and not flushed.
struct Platter {
  struct Write {
    std::uint64_t offset;
    Bytes bytes;
  };
  std::array<Bytes, LogDisk::kFiles> cached;
  std::array<Bytes, LogDisk::kFiles> durable;
  std::array<std::vector<Write>, LogDisk::kFiles> unflushed;
  std::size_t steps_left = ~std::size_t{0};  // then everything fails

  static void put(Bytes& file, const Write& write) {
    if (file.size() < write.offset + write.bytes.size())
      file.resize(write.offset + write.bytes.size());
    std::ranges::copy(write.bytes, file.begin() + static_cast<std::ptrdiff_t>(write.offset));
  }
  // The power goes: of what was not flushed, any part may be there, cut anywhere.
  void lose_power(std::mt19937& random) {
    for (std::size_t file = 0; file < cached.size(); ++file) {
      for (Write& write : unflushed[file]) {
        const auto fate = random() % 3;
        if (fate == 0) continue;
        if (fate == 1) write.bytes.resize(random() % (write.bytes.size() + 1));
        put(durable[file], write);
      }
      unflushed[file].clear();
      cached[file] = durable[file];
    }
    steps_left = ~std::size_t{0};
  }
};

class PlatterDisk final : public LogDisk {
 public:
  explicit PlatterDisk(Platter& platter) : platter_(platter) {}
  Status write(File file, std::uint64_t offset, BytesView bytes) override {
    TRY_VOID(step());
    const auto at = static_cast<std::size_t>(file);
    platter_.unflushed[at].push_back({offset, to_bytes(bytes)});
    Platter::put(platter_.cached[at], platter_.unflushed[at].back());
    return {};
  }
  Status flush(File file) override {
    TRY_VOID(step());
    const auto at = static_cast<std::size_t>(file);
    platter_.durable[at] = platter_.cached[at];
    platter_.unflushed[at].clear();
    return {};
  }
  Result<Bytes> read(File file, std::uint64_t offset, std::size_t length) const override {
    const Bytes& bytes = platter_.cached[static_cast<std::size_t>(file)];
    if (offset + length > bytes.size()) return fail(StoreError::kUnreadable, "cut short");
    return to_bytes(BytesView(bytes).subspan(offset, length));
  }

 private:
  Status step() {
    if (platter_.steps_left == 0) return fail(StoreError::kUnwritable, "no power");
    --platter_.steps_left;
    return {};
  }
  Platter& platter_;
};

Result<std::unique_ptr<LogFiles>> open_on(Platter& platter) {
  return LogFiles::open(std::make_unique<PlatterDisk>(platter));
}

MerkleHash root_of(std::span<const ReceiptHash> of) {
  std::vector<MerkleHash> leaves;
  for (const ReceiptHash& one : of) leaves.push_back(provenance::log::entry_leaf(one.view()));
  return provenance::merkle_root(leaves);
}

TEST_CASE("what was appended is there when the log is opened again, tiles included") {
  const testing::TempFolder folder;
  std::uint64_t size = 0;
  for (const std::uint64_t more : {1UL, 254UL, 1UL, 1UL, 700UL, 65'000UL}) {
    const auto log = LogFiles::open(open_log_folder(folder.path() / "log").value()).value();
    CHECK(log->head().size == size);
    const auto head = log->append(entries(size, more));
    REQUIRE(head.has_value());
    size += more;
    CHECK(*head == TreeHead{.size = size, .root = root_of(entries(0, size))});
    CHECK(log->entries(size - 1, 1).value().front() == entry(size - 1));
    const auto subtrees = provenance::log::subtrees_from_tiles(
        [&](const TileId& id) { return log->tile(id, size); }, size);
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1}) {
      const auto proof = provenance::merkle_inclusion_proof(subtrees, index, size);
      REQUIRE(proof.has_value());
      CHECK(provenance::verify_merkle_inclusion(
          head->root, provenance::log::entry_leaf(entry(index).view()), index, size, *proof));
    }
  }
}

TEST_CASE("tiles are those of the size asked for, and entries lie behind their length") {
  Platter platter;
  const auto log = open_on(platter).value();
  REQUIRE(log->append(entries(0, 300)).has_value());
  CHECK(log->tile({.level = 0, .index = 1, .width = 44}, 300)->size() == 44 * 32);
  CHECK(log->tile({.level = 1, .index = 0, .width = 1}, 300)->size() == 32);
  const TileId bundle{.kind = TileId::Kind::kEntries, .index = 1, .width = 2};
  CHECK(log->tile(bundle, 300).value() ==
        concat({Bytes{std::byte{0}, std::byte{32}}, entry(256).view(),
                Bytes{std::byte{0}, std::byte{32}}, entry(257).view()}));
  for (const TileId& absent :
       {TileId{.level = 0, .index = 1, .width = 45}, TileId{.level = 0, .index = 1},
        TileId{.level = 1, .index = 0, .width = 2}, TileId{.level = 2, .index = 0, .width = 1},
        TileId{.level = 8}, TileId{.level = 63}, TileId{.index = ~std::uint64_t{0}},
        TileId{.index = std::uint64_t{1} << 56}}) {
    CHECK(log->tile(absent, 300).error().is(provenance::ProvenanceError::kNotThere));
  }
  CHECK_FALSE(log->tile({.level = 0, .index = 1, .width = 44}, 299).has_value());
}

// At every step of a run with batches that fill tiles, the power goes; each time the log that is
// opened again has all that was acknowledged, and no size ever has two roots.
TEST_CASE("no acknowledged entry is lost and no size gets two roots, wherever the power fails") {
  std::mt19937 random(7);
  std::size_t failures = 0;
  for (std::size_t steps = 0; steps < 48; ++steps) {
    for (int repeat = 0; repeat < 6; ++repeat) {
      Platter platter;
      std::map<std::uint64_t, MerkleHash> roots;  // that a checkpoint could have been signed for
      std::uint64_t acknowledged = 0;
      std::uint64_t next = 0;  // entries never repeat: what follows a failure is something else
      platter.steps_left = steps;
      for (int life = 0; life < 3; ++life) {
        const auto log = open_on(platter);
        if (life > 0) {
          REQUIRE_MESSAGE(log.has_value(), log.error().message());
          CHECK((*log)->head().size >= acknowledged);
        }
        if (log) {
          const auto known = roots.emplace((*log)->head().size, (*log)->head().root).first;
          CHECK(known->second == (*log)->head().root);
          for (const std::uint64_t more : {3UL, 252UL, 1UL, 300UL, 2UL}) {
            const auto head = (*log)->append(entries(next, more));
            next += more;
            if (!head) {
              ++failures;
              CHECK_FALSE((*log)->append(entries(next, 1)).has_value());
              break;
            }
            acknowledged = head->size;
            CHECK(roots.emplace(head->size, head->root).first->second == head->root);
          }
        }
        platter.lose_power(random);
        if (life == 0) platter.steps_left = 10 + random() % 40;  // opening takes ten
      }
    }
  }
  CHECK(failures > 200);
}

TEST_CASE("refuses to go on with entries or a head that somebody changed") {
  Platter platter;
  REQUIRE(open_on(platter).value()->append(entries(0, 300)).has_value());
  const Platter whole = platter;
  platter.cached[1][299 * 32] ^= std::byte{1};
  CHECK(open_on(platter).error().is(StoreError::kUnreadable));
  platter = whole;
  platter.cached[1].resize(200 * 32);
  CHECK_FALSE(open_on(platter).has_value());
  platter = whole;
  platter.cached[0].clear();
  CHECK(open_on(platter).error().is(StoreError::kUnreadable));
}

TEST_CASE("a log belongs to one process, and its folder to its owner") {
  const testing::TempFolder folder;
  const auto first = open_log_folder(folder.path() / "log");
  REQUIRE(first.has_value());
  CHECK(open_log_folder(folder.path() / "log").error().is(StoreError::kUnusableFolder));
  CHECK(std::filesystem::status(folder.path() / "log").permissions() ==
        std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace cocoon::store
