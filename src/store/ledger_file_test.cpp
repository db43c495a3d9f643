#include "store/ledger_file.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "base/reader.h"
#include "store/loop_test.h"
#include "store/sqlite.h"
#include "tests/support/resource_limit.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::store;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<LedgerFile> open_ledger(const fs::path& folder) {
  auto ledger = LedgerFile::open(folder);
  REQUIRE_MESSAGE(ledger.has_value(), ledger.error().message());
  return std::move(*ledger);
}

Error refusal(const fs::path& folder) {
  const auto ledger = LedgerFile::open(folder);
  REQUIRE_FALSE(ledger.has_value());
  return ledger.error();
}

NanoTon nano(std::uint64_t value) { return NanoTon::from_nano(value).value(); }

RequestId request_id(std::uint64_t number) {
  return RequestId::from(Writer().u64(number).u64(~number).view()).value();
}

channel::ChannelId channel_number(std::uint8_t number) {
  return {.network = NetworkId(-777),
          .address = {.workchain = -1, .account = ton::AccountId(ByteArray<32>{std::byte{number}})},
          .epoch = channel::ChannelEpoch(0xffff'ffff)};
}

channel::SignedVoucher voucher(std::uint8_t number, std::uint64_t seq) {
  return {.voucher = {.channel = channel_number(number),
                      .seq = channel::VoucherSeq(seq),
                      .cumulative = nano(NanoTon::kMax),
                      .context = {}},
          .signature = {}};
}

channel::PayerChange payer_change(std::uint8_t number, std::uint64_t at) {
  return {.record = {.channel = channel_number(number),
                     .latest = voucher(number, at),
                     .spent = nano(at),
                     .written_off = nano(7),
                     .agreed = {}},
          .request = channel::RequestRecord{.id = request_id(at),
                                            .state = channel::RequestState::kOpen,
                                            .price_max = nano(NanoTon::kMax),
                                            .price = {}}};
}

TEST_CASE("books are read back as they were saved") {
  const testing::TempFolder folder;
  channel::PayerBooks payer;
  channel::PayeeBooks payee;
  {
    const auto ledger = open_ledger(folder / "books");
    CHECK(run(ledger->payer_books()).value().empty());
    const auto save_payer = [&](const channel::PayerChange& change) {
      channel::apply(payer, change);
      REQUIRE(run(ledger->save(change)).has_value());
    };
    save_payer(payer_change(1, 10));
    save_payer(payer_change(1, 11));
    channel::PayerChange billed = payer_change(1, 10);
    billed.request->state = channel::RequestState::kBilled;
    billed.request->price = nano(5);
    billed.record.agreed = nano(0);
    billed.forgotten = request_id(11);
    save_payer(billed);

    channel::PayeeChange change{.record = {.channel = channel_number(1),
                                           .held = {},
                                           .earned = voucher(1, ~std::uint64_t{0}),
                                           .billed = nano(NanoTon::kMax),
                                           .agreed = {}},
                                .request = payer_change(1, 3).request};
    channel::apply(payee, change);
    REQUIRE(run(ledger->save(change)).has_value());
  }
  const auto ledger = open_ledger(folder / "books");
  const auto payers = run(ledger->payer_books()).value();
  REQUIRE_EQ(payers.size(), 1);
  CHECK(payers[0].record == payer.record);
  CHECK(payers[0].requests == payer.requests);
  REQUIRE_EQ(payer.requests.size(), 1);
  const auto payees = run(ledger->payee_books()).value();
  REQUIRE_EQ(payees.size(), 1);
  CHECK(payees[0].record == payee.record);
  CHECK(payees[0].requests == payee.requests);
}

TEST_CASE("books that are forgotten go, and those after them stay") {
  const testing::TempFolder folder;
  const auto ledger = open_ledger(folder.path());
  REQUIRE(run(ledger->save(payer_change(1, 1))).has_value());
  REQUIRE(run(ledger->save(payer_change(2, 1))).has_value());
  channel::PayerChange change = payer_change(1, 2);
  change.all_forgotten = true;
  REQUIRE(run(ledger->save(change)).has_value());
  const auto books = run(ledger->payer_books()).value();
  REQUIRE_EQ(books.size(), 2);
  REQUIRE_EQ(books[0].requests.size(), 1);
  CHECK(books[0].requests[0].id == request_id(2));
  CHECK_EQ(books[1].requests.size(), 1);
}

TEST_CASE("changes that come at once are all on disk when their save returns, in their order") {
  const testing::TempFolder folder;
  {
    const auto ledger = open_ledger(folder.path());
    std::vector<std::future<Status>> saves;
    for (std::uint64_t i = 1; i <= 300; ++i) {
      saves.push_back(boost::asio::co_spawn(
          loop(), ledger->save(payer_change(static_cast<std::uint8_t>(i % 3), i)),
          boost::asio::use_future));
    }
    loop().run();
    for (auto& save : saves) CHECK(save.get().has_value());
  }
  const auto books = run(open_ledger(folder.path())->payer_books()).value();
  REQUIRE_EQ(books.size(), 3);
  for (const channel::PayerBooks& one : books) {
    REQUIRE_EQ(one.requests.size(), 100);
    CHECK(one.requests.back().id == request_id(one.record.spent.nano()));
    CHECK(one.record.spent.nano() >= 298);
  }
}

TEST_CASE("only the owner may enter the folder or read the ledger, and one process has it") {
  const testing::TempFolder folder;
  const fs::path path = folder / "books";
  const auto ledger = open_ledger(path);
  CHECK(fs::status(path).permissions() == fs::perms::owner_all);
  constexpr auto kOwnerOnly = fs::perms::owner_read | fs::perms::owner_write;
  for (const auto& file : fs::directory_iterator(path)) {
    CHECK(file.status().permissions() == kOwnerOnly);
  }
  CHECK(refusal(path).is(StoreError::kUnusableFolder));
  std::ofstream(folder / "file") << "x";
  CHECK(refusal(folder / "file").is(StoreError::kUnusableFolder));
}

TEST_CASE("a full disk fails the save, keeps the books and recovers") {
  const testing::TempFolder folder;
  const auto ledger = open_ledger(folder.path());
  REQUIRE(run(ledger->save(payer_change(1, 1))).has_value());
  const auto most = static_cast<rlim_t>(fs::file_size(folder / "ledger.db-wal"));
  {
    const testing::ResourceLimit limit(RLIMIT_FSIZE, most);
    const Status saved = run(ledger->save(payer_change(1, 2)));
    REQUIRE_FALSE(saved.has_value());
    CHECK(saved.error().is(StoreError::kUnwritable));
    CHECK(saved.error().message().find("ledger.db") != std::string::npos);
  }
  CHECK(run(ledger->payer_books()).value()[0].record.spent == nano(1));
  REQUIRE(run(ledger->save(payer_change(1, 3))).has_value());
  CHECK(run(ledger->payer_books()).value()[0].record.spent == nano(3));
}

TEST_CASE("damaged files, those of others and of newer versions are refused by name") {
  const testing::TempFolder folder;
  const fs::path file = folder / "ledger.db";
  const auto with_database = [&](const char* sql) {
    REQUIRE(Database::open(file).value().execute(sql).has_value());
  };
  std::ofstream(file) << std::string(8'192, 'x');
  CHECK(refusal(folder.path()).is(StoreError::kUnreadable));
  fs::remove(file);

  with_database("CREATE TABLE cats (name TEXT)");
  CHECK(refusal(folder.path()).message() == "a database of another program, not a ledger");
  fs::remove(file);

  REQUIRE(run(open_ledger(folder.path())->save(payer_change(1, 1))).has_value());
  with_database("PRAGMA user_version = 2");
  CHECK(refusal(folder.path()).is(StoreError::kUnreadable));
  with_database("PRAGMA user_version = 1");
  CHECK_EQ(run(open_ledger(folder.path())->payer_books()).value().size(), 1);

  for (const char* damage :
       {"UPDATE channel SET sum = -1", "UPDATE channel SET sum = 1, epoch = -1",
        "UPDATE channel SET epoch = 1, account = x'00'",
        "UPDATE channel SET account = zeroblob(32), latest = x'01'",
        "UPDATE channel SET latest = NULL; UPDATE request SET state = 3",
        "UPDATE request SET state = 0, id = x''"}) {
    with_database(damage);
    const auto books = run(open_ledger(folder.path())->payer_books());
    REQUIRE_FALSE(books.has_value());
    CHECK(books.error().is(StoreError::kUnreadable));
  }
}

TEST_CASE("a page that rotted is found when the ledger is opened") {
  const testing::TempFolder folder;
  {
    const auto ledger = open_ledger(folder.path());
    for (std::uint64_t i = 1; i <= 50; ++i)
      REQUIRE(run(ledger->save(payer_change(1, i))).has_value());
  }
  std::fstream file(folder / "ledger.db", std::ios::in | std::ios::out | std::ios::binary);
  constexpr std::streamoff kPage = 4'096;
  for (std::streamoff page = 1; page < 6; ++page) {
    file.seekp(page * kPage);
    file << std::string(64, '\xff');
  }
  file.close();
  CHECK(refusal(folder.path()).is(StoreError::kUnreadable));
}

constexpr const char* kChildFolder = "COCOON_LEDGER_TEST_FOLDER";
constexpr int kAcknowledgements = 99;  // the child's descriptor

// Run by the next test in a process of its own: saves one change after another and says so.
TEST_CASE("(in a child) saves until it is killed") {
  const char* const folder = std::getenv(kChildFolder);
  if (folder == nullptr) return;
  const auto ledger = open_ledger(folder);
  const auto books = run(ledger->payer_books()).value();
  std::uint64_t at = books.empty() ? 0 : books[0].record.spent.nano();
  for (;;) {
    std::vector<std::future<Status>> saves;
    for (int i = 0; i < 5; ++i) {
      saves.push_back(boost::asio::co_spawn(loop(), ledger->save(payer_change(1, ++at)),
                                            boost::asio::use_future));
    }
    loop().run();
    for (auto& save : saves) REQUIRE(save.get().has_value());
    REQUIRE(::write(kAcknowledgements, &at, sizeof(at)) == sizeof(at));
  }
}

// What the child acknowledged last before it was killed, some time after its first save.
std::uint64_t acknowledged_by_a_killed_child(unsigned delay_us) {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(pipe[1], kAcknowledgements);
    ::execl("/proc/self/exe", "ledger_child", "-tc=(in a child) saves until it is killed",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(pipe[1]);
  std::uint64_t acknowledged = 0;
  REQUIRE(::read(pipe[0], &acknowledged, sizeof(acknowledged)) == sizeof(acknowledged));
  ::usleep(delay_us);
  ::kill(child, SIGKILL);
  std::uint64_t next = 0;
  while (::read(pipe[0], &next, sizeof(next)) == sizeof(next)) acknowledged = next;
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  return acknowledged;
}

TEST_CASE("nothing that was acknowledged is lost when the process is killed") {
  const testing::TempFolder folder;
  ::setenv(kChildFolder, folder.path().c_str(), 1);
  for (unsigned round = 0; round < 6; ++round) {
    const std::uint64_t acknowledged = acknowledged_by_a_killed_child(round * 1'700);
    const auto books = run(open_ledger(folder.path())->payer_books()).value();
    REQUIRE_EQ(books.size(), 1);
    const std::uint64_t kept = books[0].record.spent.nano();
    CHECK(kept >= acknowledged);
    CHECK(kept <= acknowledged + 10);
    CHECK_EQ(books[0].requests.size(), kept);
    CHECK(books[0].record.latest == voucher(1, kept));
  }
  ::unsetenv(kChildFolder);
}

}  // namespace
