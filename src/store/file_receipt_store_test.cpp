#include "store/file_receipt_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <boost/asio.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "files/small_files.h"
#include "tests/support/resource_limit.h"

using namespace cocoon;
using namespace cocoon::store;
namespace fs = std::filesystem;

namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "cocoon-store-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

template <class T>
T run(ports::Task<T> task) {
  boost::asio::io_context loop;
  auto future = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
  loop.run();
  return future.get();
}

RequestId id_number(std::uint8_t number) {
  ByteArray<16> bytes{};
  bytes[15] = std::byte{number};
  return RequestId(bytes);
}

std::unique_ptr<FileReceiptStore> open_store(const fs::path& folder) {
  auto store = FileReceiptStore::open(folder);
  REQUIRE(store.has_value());
  return std::move(*store);
}

}  // namespace

TEST_CASE("a stored receipt is read back, also after the store is opened again") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "state" / "receipts";
  const Bytes receipt = to_bytes(std::string_view("a receipt\0with a zero", 21));
  REQUIRE(run(open_store(path)->put(id_number(1), receipt)).has_value());
  const auto store = open_store(path);
  const auto found = run(store->get(id_number(1)));
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  CHECK(**found == receipt);
}

TEST_CASE("an unknown id has no receipt") {
  const TemporaryFolder folder;
  const auto found = run(open_store(folder.path())->get(id_number(9)));
  REQUIRE(found.has_value());
  CHECK_FALSE(found->has_value());
}

TEST_CASE("a second receipt of the same id replaces the first") {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  REQUIRE(run(store->put(id_number(1), to_bytes("first, and longer"))).has_value());
  REQUIRE(run(store->put(id_number(1), to_bytes("second"))).has_value());
  CHECK(**run(store->get(id_number(1))) == to_bytes("second"));
  CHECK(store->newest(10)->size() == 1);
}

TEST_CASE("only the owner may enter the folder or read a receipt") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "receipts";
  fs::create_directory(path);
  REQUIRE(::chmod(path.c_str(), 0755) == 0);
  REQUIRE(run(open_store(path)->put(id_number(1), to_bytes("x"))).has_value());
  CHECK(fs::status(path).permissions() == fs::perms::owner_all);
  const auto file = path / (id_number(1).hex() + ".receipt");
  CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("lists the newest first, bounded, and nothing that is not a receipt") {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const auto now = fs::file_time_type::clock::now();
  for (std::uint8_t i = 1; i <= 5; ++i) {
    REQUIRE(run(store->put(id_number(i), to_bytes("x"))).has_value());
    fs::last_write_time(folder.path() / (id_number(i).hex() + ".receipt"),
                        now - std::chrono::seconds(100 - i));
  }
  std::ofstream(folder.path() / "notes.receipt") << "x";
  std::ofstream(folder.path() / (std::string(32, 'A') + ".receipt")) << "x";
  std::ofstream(folder.path() / std::string(32, '0')) << "x";
  const auto all = store->newest(100);
  REQUIRE(all.has_value());
  CHECK(*all == std::vector{id_number(5), id_number(4), id_number(3), id_number(2), id_number(1)});
  CHECK(*store->newest(2) == std::vector{id_number(5), id_number(4)});
  CHECK(store->newest(0)->empty());
}

TEST_CASE("opening sweeps what an interrupted write left, and only that") {
  const TemporaryFolder folder;
  REQUIRE(run(open_store(folder.path())->put(id_number(1), to_bytes("x"))).has_value());
  const fs::path leftover = folder.path() / (id_number(2).hex() + ".receipt.tmp");
  std::ofstream(leftover) << "half";
  const auto store = open_store(folder.path());
  CHECK_FALSE(fs::exists(leftover));
  CHECK(store->newest(10)->size() == 1);
}

TEST_CASE("refuses receipts over the bound, written or found") {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const auto status = run(store->put(id_number(1), Bytes(kReceiptBytesMax + 1)));
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().is(StoreError::kTooLarge));
  REQUIRE(run(store->put(id_number(2), Bytes(kReceiptBytesMax))).has_value());
  CHECK((*run(store->get(id_number(2))))->size() == kReceiptBytesMax);
  std::ofstream(folder.path() / (id_number(3).hex() + ".receipt"))
      << std::string(kReceiptBytesMax + 1, 'x');
  CHECK(run(store->get(id_number(3))).error().is(files::FileError::kTooLong));
}

TEST_CASE("says so when the folder cannot be one") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto store = FileReceiptStore::open(folder.path() / "file");
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().is(StoreError::kUnusableFolder));
}

TEST_CASE("says so when a receipt cannot be written") {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path() / "receipts");
  fs::remove_all(folder.path() / "receipts");
  const auto status = run(store->put(id_number(1), to_bytes("x")));
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().is(files::FileError::kUnwritable));
}

TEST_CASE(
    "a full disk loses the new receipt and nothing else, and takes the next once it has room") {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  REQUIRE(run(store->put(id_number(1), to_bytes("kept"))).has_value());
  {
    const testing::ResourceLimit limit(RLIMIT_FSIZE, 3);
    CHECK(
        run(store->put(id_number(1), to_bytes("newer"))).error().is(files::FileError::kUnwritable));
    CHECK(
        run(store->put(id_number(2), to_bytes("other"))).error().is(files::FileError::kUnwritable));
  }
  CHECK(**run(store->get(id_number(1))) == to_bytes("kept"));
  CHECK_FALSE(run(store->get(id_number(2)))->has_value());
  CHECK_EQ(store->newest(10)->size(), 1);
  CHECK(run(store->put(id_number(2), to_bytes("other"))).has_value());
}
