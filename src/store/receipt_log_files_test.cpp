#include "store/receipt_log_files.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/support/temp_folder.h"

namespace cocoon::store {
namespace {

using provenance::ProvenanceError;
using provenance::log::Checkpoint;
using provenance::log::NoteKey;

ReceiptLogFiles::Signer signer(std::uint8_t seed = 5) {
  return std::make_shared<const crypto::Ed25519KeyPair>(crypto::Ed25519KeyPair::from_seed(
      SecretArray<32>::copy_of(Bytes(32, std::byte{seed})).value()));
}

NoteKey log_key() { return provenance::log::proxy_log_key(signer()->public_key()); }

ReceiptHash entry(std::uint64_t number) {
  return ReceiptHash(crypto::sha256({as_bytes(std::to_string(number))}));
}

std::unique_ptr<ReceiptLogFiles> open_log(const std::filesystem::path& folder,
                                          ReceiptLogFiles::Options options = {}) {
  auto log = ReceiptLogFiles::open(folder, signer(), options);
  REQUIRE_MESSAGE(log.has_value(), log.error().message());
  return std::move(*log);
}

Checkpoint newest(const ReceiptLogFiles& log) {
  return provenance::log::verify_checkpoint(log.checkpoint(), log_key()).value();
}

void wait_for(const ReceiptLogFiles& log, std::uint64_t size) {
  for (int i = 0; i < 2000 && newest(log).head.size < size; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE(newest(log).head.size >= size);
}

TEST_CASE("every entry gets a proof under a checkpoint that the proxy signed") {
  const testing::TempFolder folder;
  const auto log = open_log(folder.path());
  CHECK(newest(*log).head.size == 0);
  CHECK(log->prove(entry(0)).error().is(ProvenanceError::kNotThere));
  for (std::uint64_t i = 0; i < 600; ++i) REQUIRE(log->submit(entry(i)));
  wait_for(*log, 600);
  for (const std::uint64_t i : {0UL, 255UL, 256UL, 599UL}) {
    const auto proof = log->prove(entry(i));
    REQUIRE(proof.has_value());
    CHECK(proof->index == i);
    CHECK(verify_log_proof(*proof, entry(i), log_key()).has_value());
  }
}

TEST_CASE("what is remembered of earlier proofs serves later ones of the grown log") {
  const testing::TempFolder folder;
  const auto log = open_log(folder.path());
  std::uint64_t size = 0;
  for (const std::uint64_t grown : {1UL, 200UL, 256UL, 300UL, 513UL, 700UL}) {
    for (; size < grown; ++size) REQUIRE(log->submit(entry(size)));
    wait_for(*log, size);
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto proof = log->prove(entry(i));
      REQUIRE(proof.has_value());
      REQUIRE(verify_log_proof(*proof, entry(i), log_key()).has_value());
    }
  }
}

TEST_CASE("what waits when a log is closed is written, and found again") {
  const testing::TempFolder folder;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto log = open_log(folder.path());
    CHECK(newest(*log).head.size == i);
    if (i > 0) CHECK(log->prove(entry(i - 1)).has_value());
    REQUIRE(log->submit(entry(i)));
  }
}

TEST_CASE("a log knows the places of its newest entries only, and takes so many at once") {
  const testing::TempFolder folder;
  {
    const auto log = open_log(folder.path(), {.waiting_max = 1000, .recent_max = 10});
    for (std::uint64_t i = 0; i < 30; ++i) REQUIRE(log->submit(entry(i)));
    wait_for(*log, 30);
    CHECK_FALSE(log->prove(entry(19)).has_value());
    CHECK(log->prove(entry(20)).has_value());
  }
  const auto log = open_log(folder.path(), {.waiting_max = 0, .recent_max = 5});
  CHECK_FALSE(log->prove(entry(24)).has_value());
  CHECK(log->prove(entry(25)).has_value());
  CHECK_FALSE(log->submit(entry(99)));
}

#if !__has_feature(thread_sanitizer)  // which does not follow threads of a forked process
// The child tells of each checkpoint that covers its entries; whenever it is killed, they are
// there.
TEST_CASE("an entry under a checkpoint outlives kill -9") {
  const testing::TempFolder folder;
  std::uint64_t size = 0;
  for (int life = 0; life < 12; ++life) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      auto log = ReceiptLogFiles::open(folder.path(), signer(), {});
      if (!log) ::_exit(1);
      std::uint64_t next = newest(**log).head.size;
      for (std::uint64_t told = next;;) {
        for (int i = 0; i < 50; ++i) (void)(*log)->submit(entry(next++));
        const std::string note = (*log)->checkpoint();
        if (newest(**log).head.size > told) {
          told = newest(**log).head.size;
          std::string line = note;
          line.resize(512, ' ');
          if (::write(ends[1], line.data(), line.size()) < 0) ::_exit(2);
        }
        ::usleep(500);
      }
    }
    ::close(ends[1]);
    std::string told(512, ' ');
    std::string last;
    const int reads = 1 + life * 2;
    for (int i = 0; i < reads && ::read(ends[0], told.data(), told.size()) == 512; ++i) last = told;
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    while (::read(ends[0], told.data(), told.size()) == 512) last = told;
    ::close(ends[0]);
    last.erase(last.find_last_not_of(' ') + 1);
    const auto said = provenance::log::verify_checkpoint(last, log_key());
    REQUIRE(said.has_value());
    const auto log = open_log(folder.path());
    REQUIRE(newest(*log).head.size >= said->head.size);
    CHECK(said->head.size > size);
    size = newest(*log).head.size;
    // The tree that was signed is the beginning of the tree that is there.
    const auto subtrees =
        provenance::log::subtrees_from_tiles([&](const auto& id) { return log->tile(id); }, size);
    const auto proof = provenance::merkle_consistency_proof(subtrees, said->head.size, size);
    REQUIRE(proof.has_value());
    CHECK(provenance::verify_merkle_consistency(said->head.root, said->head.size,
                                                newest(*log).head.root, size, *proof));
  }
}
#endif

}  // namespace
}  // namespace cocoon::store
