#include "store/receipt_journal.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "store/loop_test.h"
#include "tests/support/resource_limit.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::store;
namespace fs = std::filesystem;

namespace {

RequestId id_number(std::uint8_t number) {
  ByteArray<16> bytes{};
  bytes[15] = std::byte{number};
  return RequestId(bytes);
}

std::unique_ptr<ReceiptJournal> open_store(const fs::path& folder) {
  auto store = ReceiptJournal::open(folder);
  REQUIRE(store.has_value());
  return std::move(*store);
}

}  // namespace

TEST_CASE("a stored receipt is read back, also after the store is opened again") {
  const testing::TempFolder folder;
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
  const testing::TempFolder folder;
  const auto found = run(open_store(folder.path())->get(id_number(9)));
  REQUIRE(found.has_value());
  CHECK_FALSE(found->has_value());
}

TEST_CASE("a second receipt of the same id replaces the first, also when it is opened again") {
  const testing::TempFolder folder;
  for (int opened = 0; opened < 2; ++opened) {
    const auto store = open_store(folder.path());
    if (opened == 0) {
      REQUIRE(run(store->put(id_number(1), to_bytes("first, and longer"))).has_value());
      REQUIRE(run(store->put(id_number(1), to_bytes("second"))).has_value());
    }
    CHECK(**run(store->get(id_number(1))) == to_bytes("second"));
    CHECK_EQ(store->places_in_memory(), 1);
  }
}

TEST_CASE("only the owner may enter the folder or read the journal") {
  const testing::TempFolder folder;
  const fs::path path = folder.path() / "receipts";
  fs::create_directory(path);
  REQUIRE(::chmod(path.c_str(), 0755) == 0);
  REQUIRE(run(open_store(path)->put(id_number(1), to_bytes("x"))).has_value());
  CHECK(fs::status(path).permissions() == fs::perms::owner_all);
  CHECK(fs::status(path / "00000001.journal").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("overlooks other files") {
  const testing::TempFolder folder;
  std::ofstream(folder.path() / "notes.journal") << "x";
  std::ofstream(folder.path() / "00000000.journal") << "x";
  const auto store = open_store(folder.path());
  REQUIRE(run(store->put(id_number(1), to_bytes("x"))).has_value());
  CHECK(fs::exists(folder.path() / "00000001.journal"));
  CHECK_EQ(fs::file_size(folder.path() / "notes.journal"), 1);
}

TEST_CASE("receipts that come at once are all on disk when their put returns") {
  const testing::TempFolder folder;
  {
    const auto store = open_store(folder.path());
    std::vector<std::future<Status>> puts;
    for (std::uint8_t i = 1; i <= 200; ++i) {
      puts.push_back(boost::asio::co_spawn(loop(), store->put(id_number(i), Bytes(i, std::byte{i})),
                                           boost::asio::use_future));
    }
    loop().run();
    for (auto& put : puts) CHECK(put.get().has_value());
    CHECK(**run(store->get(id_number(77))) == Bytes(77, std::byte{77}));
  }
  const auto again = open_store(folder.path());
  CHECK_EQ(again->places_in_memory(), 200);
  CHECK(**run(again->get(id_number(200))) == Bytes(200, std::byte{200}));
}

TEST_CASE("a journal that another hand wrote by docs/formats/receipt-journal.md is read") {
  const testing::TempFolder folder;
  fs::copy_file("tests/corpus/store_journal_file/two", folder.path() / "00000001.journal");
  const auto store = open_store(folder.path());
  CHECK(**run(store->get(id_number(1))) == to_bytes("a receipt"));
  CHECK(**run(store->get(id_number(2))) == to_bytes(""));
}

TEST_CASE("opening cuts off what an interrupted write left, at every length of it") {
  const testing::TempFolder folder;
  const fs::path file = folder.path() / "00000001.journal";
  const Bytes receipt = to_bytes("a whole receipt");
  REQUIRE(run(open_store(folder.path())->put(id_number(1), receipt)).has_value());
  const std::uintmax_t whole = fs::file_size(file);
  REQUIRE(run(open_store(folder.path())->put(id_number(2), receipt)).has_value());
  for (std::uintmax_t length = 2 * whole - 1; length > whole; --length) {
    fs::resize_file(file, length);
    const auto store = open_store(folder.path());
    CHECK(**run(store->get(id_number(1))) == receipt);
    CHECK_FALSE(run(store->get(id_number(2)))->has_value());
    CHECK_EQ(fs::file_size(file), whole);
    REQUIRE(run(store->put(id_number(2), receipt)).has_value());
    CHECK(**run(store->get(id_number(2))) == receipt);
  }
}

TEST_CASE(
    "a full disk loses the new receipts and nothing else, and takes the next once it has room") {
  const testing::TempFolder folder;
  const fs::path file = folder.path() / "00000001.journal";
  const auto store = open_store(folder.path());
  REQUIRE(run(store->put(id_number(1), to_bytes("kept"))).has_value());
  const std::uintmax_t whole = fs::file_size(file);
  for (const std::uintmax_t room : {std::uintmax_t{3}, whole + 10}) {
    const testing::ResourceLimit limit(RLIMIT_FSIZE, room);
    CHECK(run(store->put(id_number(1), to_bytes("newer"))).error().is(StoreError::kUnwritable));
    CHECK(run(store->put(id_number(2), to_bytes("other"))).error().is(StoreError::kUnwritable));
    CHECK_EQ(fs::file_size(file), whole);  // no half of a record, which would hide the next
  }
  CHECK(**run(store->get(id_number(1))) == to_bytes("kept"));
  CHECK_FALSE(run(store->get(id_number(2)))->has_value());
  CHECK_EQ(store->places_in_memory(), 1);
  CHECK(run(store->put(id_number(2), to_bytes("other"))).has_value());
  CHECK(**run(open_store(folder.path())->get(id_number(2))) == to_bytes("other"));
}

TEST_CASE("a record that rots is unreadable, never another receipt") {
  const testing::TempFolder folder;
  const auto store = open_store(folder.path());
  REQUIRE(run(store->put(id_number(1), to_bytes("a receipt"))).has_value());
  {
    std::fstream file(folder.path() / "00000001.journal", std::ios::in | std::ios::out);
    file.seekp(-1, std::ios::end);
    file << 'X';
  }
  CHECK(run(store->get(id_number(1))).error().is(StoreError::kUnreadable));
}

TEST_CASE("refuses receipts over the bound") {
  const testing::TempFolder folder;
  const auto store = open_store(folder.path());
  const auto status = run(store->put(id_number(1), Bytes(kReceiptBytesMax + 1)));
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().is(StoreError::kTooLarge));
  REQUIRE(run(store->put(id_number(2), Bytes(kReceiptBytesMax))).has_value());
  CHECK((*run(store->get(id_number(2))))->size() == kReceiptBytesMax);
}

TEST_CASE("says so when the folder cannot be one") {
  const testing::TempFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto store = ReceiptJournal::open(folder.path() / "file");
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().is(StoreError::kUnusableFolder));
}

TEST_CASE("says so when a receipt cannot be written, and goes on once it can") {
  const testing::TempFolder folder;
  const fs::path path = folder.path() / "receipts";
  const auto store = open_store(path);
  REQUIRE(run(store->put(id_number(1), to_bytes("x"))).has_value());
  fs::remove_all(path);
  const auto status = run(store->put(id_number(2), to_bytes("x")));
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().is(StoreError::kUnwritable));
  fs::create_directory(path);
  REQUIRE(run(store->put(id_number(3), to_bytes("y"))).has_value());
  CHECK(**run(store->get(id_number(3))) == to_bytes("y"));
}

TEST_CASE("however many receipts are kept, memory holds no more places than a file has") {
  const testing::TempFolder folder;
  constexpr std::uint32_t kReceipts = 200'000;
  constexpr std::uint32_t kAtOnce = 8'000;
  const ReceiptJournal::Options options;
  const auto id = [](std::uint32_t number) {
    ByteArray<16> bytes{};
    for (std::size_t i = 0; i < 4; ++i)
      bytes.at(i) = static_cast<std::byte>(number * 2654435761U >> (8 * i));
    return RequestId(bytes);
  };
  {
    const auto store = open_store(folder.path());
    for (std::uint32_t from = 0; from < kReceipts; from += kAtOnce) {
      std::vector<std::future<Status>> puts;
      for (std::uint32_t i = from; i < from + kAtOnce; ++i) {
        puts.push_back(boost::asio::co_spawn(loop(), store->put(id(i), to_bytes(std::to_string(i))),
                                             boost::asio::use_future));
      }
      loop().run();
      for (auto& put : puts) REQUIRE(put.get().has_value());
      REQUIRE(store->places_in_memory() <= options.file_records_max);
    }
  }
  const auto store = open_store(folder.path());
  CHECK(store->places_in_memory() <= options.file_records_max);
  for (std::uint32_t i = 0; i < kReceipts; i += 997) {
    CHECK(**run(store->get(id(i))) == to_bytes(std::to_string(i)));
    CHECK_FALSE(run(store->get(id(i + kReceipts)))->has_value());
  }
}

TEST_CASE("the receipts kept last are told, newest first, also across files") {
  const testing::TempFolder folder;
  const ReceiptJournal::Options options{.file_bytes_max = 1024 * 1024, .file_records_max = 3};
  const auto ids = [](std::initializer_list<std::uint8_t> numbers) {
    std::vector<RequestId> out;
    for (const std::uint8_t number : numbers) out.push_back(id_number(number));
    return out;
  };
  {
    const auto store = ReceiptJournal::open(folder.path(), options).value();
    CHECK(run(store->newest(10)).value().empty());
    for (std::uint8_t i = 1; i <= 8; ++i) {
      REQUIRE(run(store->put(id_number(i), to_bytes("r"))).has_value());
    }
    REQUIRE(run(store->put(id_number(5), to_bytes("again"))).has_value());
    CHECK(run(store->newest(2)).value() == ids({5, 8}));
    CHECK(run(store->newest(10)).value() == ids({5, 8, 7, 6, 4}));
  }
  const auto store = ReceiptJournal::open(folder.path(), options).value();
  CHECK(run(store->newest(4)).value() == ids({5, 8, 7, 6}));
}
