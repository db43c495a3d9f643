#include "store/journal_folder.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "store/journal_file.h"
#include "store/receipt_journal.h"
#include "tests/support/resource_limit.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::store;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kRecordsPerFile = 3;
constexpr JournalFolder::Bounds kBounds{.file_bytes_max = 1 << 20,
                                        .file_records_max = kRecordsPerFile};

RequestId id_number(std::uint32_t number) {
  ByteArray<16> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes.at(i) = static_cast<std::byte>(number >> (8 * i));
  return RequestId(bytes);
}

Bytes receipt_number(std::uint32_t number) { return to_bytes("receipt " + std::to_string(number)); }

JournalFolder::Record record_number(std::uint32_t number) {
  return {.id = id_number(number),
          .bytes = encode_record(id_number(number), receipt_number(number))};
}

std::unique_ptr<JournalFolder> open_folder(const fs::path& path,
                                           JournalFolder::Bounds bounds = kBounds) {
  auto opened = JournalFolder::open(path, bounds);
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

Status append_one(JournalFolder& folder, std::uint32_t number) {
  const JournalFolder::Record record = record_number(number);
  return folder.append({&record, 1});
}

void fill(const fs::path& path, std::uint32_t count) {
  const auto folder = open_folder(path);
  for (std::uint32_t i = 1; i <= count; ++i) REQUIRE(append_one(*folder, i).has_value());
}

void check_has(const JournalFolder& folder, std::uint32_t number) {
  const auto found = folder.find(id_number(number));
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  CHECK(**found == receipt_number(number));
}

void check_all(const JournalFolder& folder, std::uint32_t count) {
  for (std::uint32_t i = 1; i <= count; ++i) check_has(folder, i);
  const auto absent = folder.find(id_number(count + 1));
  REQUIRE(absent.has_value());
  CHECK_FALSE(absent->has_value());
}

}  // namespace

TEST_CASE("a full file gets its index and is followed by the next, and all are found") {
  const testing::TempFolder place;
  fill(place.path(), 8);
  CHECK(fs::exists(place / "00000002.index"));
  CHECK(fs::exists(place / "00000003.journal"));
  CHECK_FALSE(fs::exists(place / "00000003.index"));
  CHECK(fs::status(place / "00000001.index").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
  const auto folder = open_folder(place.path());
  check_all(*folder, 8);
  CHECK_EQ(folder->places_in_memory(), 2);
}

TEST_CASE("a file is full by its bytes, too") {
  const testing::TempFolder place;
  const auto folder =
      open_folder(place.path(), {.file_bytes_max = 1, .file_records_max = kRecordsPerFile});
  for (std::uint32_t i = 1; i <= 3; ++i) REQUIRE(append_one(*folder, i).has_value());
  CHECK(fs::exists(place / "00000003.journal"));
  check_all(*folder, 3);
}

TEST_CASE("records that come together are told how many of them fit") {
  const testing::TempFolder place;
  const auto folder = open_folder(place.path());
  const std::vector four{record_number(1), record_number(2), record_number(3), record_number(4)};
  CHECK_EQ(folder->fitting(four), 3);
  REQUIRE(append_one(*folder, 9).has_value());
  CHECK_EQ(folder->fitting(four), 2);
  const auto by_bytes = open_folder(place / "b", {.file_bytes_max = 50, .file_records_max = 99});
  CHECK_EQ(by_bytes->fitting(four), 2);  // the second reaches the bound
  const auto tiny = open_folder(place / "c", {.file_bytes_max = 0, .file_records_max = 99});
  CHECK_EQ(tiny->fitting(four), 1);
}

TEST_CASE("the last receipt of an id counts, also when the former is in a full file") {
  const testing::TempFolder place;
  fill(place.path(), 7);
  const auto folder = open_folder(place.path());
  const JournalFolder::Record newer{.id = id_number(1),
                                    .bytes = encode_record(id_number(1), as_bytes("newer"))};
  for (int times = 0; times < 4; ++times) {
    REQUIRE(folder->append({&newer, 1}).has_value());
    CHECK(**folder->find(id_number(1)) == to_bytes("newer"));
    REQUIRE(append_one(*folder, 100U + static_cast<std::uint32_t>(times)).has_value());
  }
  check_has(*folder, 2);
}

TEST_CASE("an index that is missing is made when the folder is opened") {
  const testing::TempFolder place;
  fill(place.path(), 8);
  fs::remove(place / "00000001.index");
  const auto folder = open_folder(place.path());
  CHECK(fs::exists(place / "00000001.index"));
  check_all(*folder, 8);
}

TEST_CASE("an index that goes or is damaged later is made again by whoever looks for it") {
  const testing::TempFolder place;
  fill(place.path(), 8);
  const auto folder = open_folder(place.path());
  const fs::path index = place / "00000001.index";
  const std::uintmax_t whole = fs::file_size(index);
  SUBCASE("gone") { fs::remove(index); }
  SUBCASE("empty") { fs::resize_file(index, 0); }
  SUBCASE("cut short") { fs::resize_file(index, whole - 1); }
  SUBCASE("zeros") {
    fs::resize_file(index, 0);
    fs::resize_file(index, whole);
  }
  SUBCASE("another file's") {
    fs::copy_file(place / "00000002.index", index, fs::copy_options::overwrite_existing);
  }
  check_all(*folder, 8);
  CHECK_EQ(fs::file_size(index), whole);
}

TEST_CASE("without room for an index what was kept is found all the same") {
  const testing::TempFolder place;
  const auto folder = open_folder(place.path());
  {
    const testing::ResourceLimit limit(RLIMIT_FSIZE, 1000);  // an index has more than 4,096 bytes
    for (std::uint32_t i = 1; i <= 8; ++i) REQUIRE(append_one(*folder, i).has_value());
    check_all(*folder, 8);
    check_all(*open_folder(place.path()), 8);
    CHECK_FALSE(fs::exists(place / "00000001.index"));
  }
  check_all(*folder, 8);
  CHECK(fs::exists(place / "00000001.index"));
}

TEST_CASE("a file of receipts may be removed, with its index or without") {
  const testing::TempFolder place;
  fill(place.path(), 11);
  fs::remove(place / "00000001.journal");
  fs::remove(place / "00000002.journal");
  fs::remove(place / "00000002.index");
  const auto folder = open_folder(place.path());
  for (std::uint32_t i = 1; i <= 6; ++i) CHECK_FALSE(folder->find(id_number(i))->has_value());
  for (std::uint32_t i = 7; i <= 11; ++i) check_has(*folder, i);
}

TEST_CASE("a file that exists and cannot be read is no answer that a receipt is not there") {
  const testing::TempFolder place;
  fill(place.path(), 8);
  const auto folder = open_folder(place.path());
  const testing::ResourceLimit limit(RLIMIT_NOFILE, 0);
  CHECK_FALSE(folder->find(id_number(1)).has_value());
}

// A process that writes beyond RLIMIT_FSIZE writes what still fits and is then killed on the spot:
// so lengths at which a write may break off have their turn, in journals and in indices.
TEST_CASE("killed at any write, what was acknowledged is kept and the next process goes on") {
  const testing::TempFolder place;
  std::vector<std::uint32_t> kept;
  std::uint32_t next = 1;
  std::size_t killed = 0;
  for (rlim_t limit = 0; limit < 4300; limit += limit < 180 ? 3 : 331) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const struct rlimit no_core{};
      const struct rlimit files{.rlim_cur = limit, .rlim_max = RLIM_INFINITY};
      auto opened = JournalFolder::open(place.path(), kBounds);
      if (!opened || ::setrlimit(RLIMIT_CORE, &no_core) != 0 ||
          ::setrlimit(RLIMIT_FSIZE, &files) != 0)
        ::_exit(3);
      (void)std::signal(SIGXFSZ, SIG_DFL);
      for (std::uint32_t i = 0; i < 2 * kRecordsPerFile; ++i) {
        if (!append_one(**opened, next + i) || ::write(ends[1], "k", 1) != 1) ::_exit(4);
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    std::array<char, 64> acknowledged{};
    std::uint32_t count = 0;
    for (ssize_t got = 1; got > 0; count += static_cast<std::uint32_t>(got))
      got = std::max<ssize_t>(::read(ends[0], acknowledged.data(), acknowledged.size()), 0);
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const bool by_signal = WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ;
    killed += by_signal ? 1 : 0;
    CHECK((by_signal || (WIFEXITED(status) && WEXITSTATUS(status) == 0)));
    for (std::uint32_t i = 0; i < count; ++i) kept.push_back(next + i);
    next += 2 * kRecordsPerFile;
    const auto folder = open_folder(place.path());
    for (std::uint32_t i = 0; i < count; ++i) check_has(*folder, kept[kept.size() - 1 - i]);
    REQUIRE(append_one(*folder, next).has_value());  // nothing half written is in its way
    kept.push_back(next++);
    check_has(*open_folder(place.path()), kept.back());
  }
  CHECK(killed > 50);
  const auto folder = open_folder(place.path());
  for (const std::uint32_t number : kept) check_has(*folder, number);
}
