#include "tee/tsm_quote_source.h"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "attest/amd/evidence.h"
#include "attest/intel/quote.h"
#include "tdxsim/fixture.h"
#include "tdxsim/snp_platform.h"

using namespace cocoon;
using namespace cocoon::tee;
using namespace std::chrono_literals;

namespace {

using tdxsim::kAskGuid;
using tdxsim::kVcekGuid;
using tdxsim::snp_certificate_table;

// A kernel that answers `outblob` after some empty reads.
struct ScriptedKernel final : TsmFiles {
  std::string provider = "tdx_guest\n";
  int empty_reads = 2;
  int generations_per_write = 1;
  bool takes_writes = true;
  int busy_writes = 0;
  int writes_between_reads = 0;  // somebody else's, once the quote was read
  std::optional<Bytes> certificate_table;
  bool names_taken = false;
  bool answers = true;

  Bytes inblob;
  int generation = 7;
  std::set<std::string> entries;
  std::atomic<int> removed = 0;

  Result<bool> make_directory(const std::filesystem::path& path) override {
    if (names_taken && entries.size() < 3) {
      entries.insert(path.string());
      return false;
    }
    return entries.insert(path.string()).second;
  }
  Result<std::optional<Bytes>> read(const std::filesystem::path& path, std::size_t) override {
    const std::string name = path.filename().string();
    if (name == "provider") return to_bytes(provider);
    if (name == "generation") return to_bytes(std::to_string(generation) + "\n");
    if (name == "auxblob") return certificate_table;
    REQUIRE_EQ(name, "outblob");
    if (!answers || inblob.empty() || empty_reads-- > 0) return std::optional<Bytes>();
    generation += writes_between_reads;
    return concat({as_bytes("quote over "), inblob});
  }
  Result<bool> write(const std::filesystem::path& path, BytesView bytes) override {
    REQUIRE_EQ(path.filename().string(), "inblob");
    if (!takes_writes) return fail(TeeError::kIo, "refused");
    if (busy_writes-- > 0) return false;
    inblob = to_bytes(bytes);
    generation += generations_per_write;
    return true;
  }
  void remove_entry(const std::filesystem::path&) override { ++removed; }
};

async::Task<void> store_result(async::Task<Result<Bytes>> task, Result<Bytes>* out) {
  *out = co_await std::move(task);
}

Result<Bytes> wait_for(async::Task<Result<Bytes>> task) {
  boost::asio::io_context loop;
  Result<Bytes> out = fail(TeeError::kIo, "never finished");
  async::spawn(loop.get_executor(), store_result(std::move(task), &out), [](std::string_view) {});
  loop.run();
  return out;
}

ByteArray<64> report_data() {
  ByteArray<64> out;
  out.fill(std::byte{0x5a});
  return out;
}

struct Outcome {
  Result<Bytes> quote;
  int removed;
};

Outcome ask(void (*script)(ScriptedKernel&)) {
  auto kernel = std::make_unique<ScriptedKernel>();
  ScriptedKernel* const observed = kernel.get();
  script(*kernel);
  const auto clock = async::make_real_clock();
  TsmQuoteSource source({.path = "/tsm", .quote_within = 200ms, .retry_every = 1ms}, *clock,
                        std::move(kernel));
  auto quote = wait_for(source.quote(report_data()));
  // The entry is removed behind the answer's back; a second question waits for that.
  const int made = static_cast<int>(observed->entries.size());
  for (int i = 0; i < 500 && observed->removed == 0 && made > 0; ++i) {
    std::this_thread::sleep_for(1ms);
  }
  return {std::move(quote), observed->removed.load()};
}

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cocoon-tee-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

void put(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

// Stands in for the kernel in a plain folder: attributes appear late, in the order of tdx-sim.
void serve_folder(const std::filesystem::path& tree, const tdxsim::Platform& platform,
                  const std::atomic<bool>& stop) {
  while (!stop) {
    std::this_thread::sleep_for(5ms);
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(tree, ignored)) {
      const auto& path = entry.path();
      if (!std::filesystem::exists(path / "provider")) {
        put(path / "generation", "0\n");
        put(path / "provider", "tdx_guest\n");
        continue;
      }
      std::ifstream in(path / "inblob", std::ios::binary);
      const std::string blob((std::istreambuf_iterator<char>(in)), {});
      if (blob.size() != 64 || std::filesystem::exists(path / "outblob")) continue;
      ByteArray<64> data{};
      std::ranges::copy(as_bytes(blob), data.begin());
      put(path / "generation", "1\n");
      const Bytes quote = platform.quote(data, tdxsim::default_measurements()).value();
      put(path / "out", as_text(quote));
      std::filesystem::rename(path / "out", path / "outblob", ignored);
    }
  }
}

}  // namespace

TEST_CASE("a quote is read once the kernel has one, and the entry is removed") {
  const Outcome outcome = ask([](ScriptedKernel&) {});
  CHECK_EQ(outcome.quote.value(), concat({as_bytes("quote over "), report_data()}));
  CHECK_EQ(outcome.removed, 1);
}

TEST_CASE("another TEE's tree is refused") {
  const Outcome outcome = ask([](ScriptedKernel& kernel) { kernel.provider = "arm_cca_guest\n"; });
  CHECK(outcome.quote.error().is(TeeError::kWrongProvider));
  CHECK_EQ(outcome.removed, 1);
}

TEST_CASE("a kernel that never answers costs the deadline and no more") {
  const Outcome silent = ask([](ScriptedKernel& kernel) { kernel.answers = false; });
  CHECK(silent.quote.error().is(TeeError::kTimeout));
  CHECK_EQ(silent.removed, 1);
  const Outcome nobody = ask([](ScriptedKernel& kernel) { kernel.provider.clear(); });
  CHECK(nobody.quote.error().is(TeeError::kTimeout));
}

TEST_CASE("a quote that may be over somebody else's bytes is refused") {
  const Outcome outcome = ask([](ScriptedKernel& kernel) { kernel.generations_per_write = 2; });
  CHECK(outcome.quote.error().is(TeeError::kConflict));
  CHECK_EQ(outcome.removed, 1);
}

TEST_CASE("a write to the entry after the quote was read is a conflict too") {
  const Outcome outcome = ask([](ScriptedKernel& kernel) { kernel.writes_between_reads = 1; });
  CHECK(outcome.quote.error().is(TeeError::kConflict));
}

TEST_CASE("a busy entry is written to again until the deadline") {
  const Outcome soon = ask([](ScriptedKernel& kernel) { kernel.busy_writes = 3; });
  CHECK(soon.quote.has_value());
  const Outcome never = ask([](ScriptedKernel& kernel) { kernel.busy_writes = 1'000'000; });
  CHECK(never.quote.error().is(TeeError::kTimeout));
  CHECK_EQ(never.removed, 1);
}

TEST_CASE("on SEV-SNP the report comes with the host's certificates, as one piece") {
  const Outcome outcome = ask([](ScriptedKernel& kernel) {
    kernel.provider = "sev_guest\n";
    kernel.certificate_table = snp_certificate_table({{kVcekGuid, "leaf"}, {kAskGuid, "issuer"}});
  });
  REQUIRE(outcome.quote.has_value());
  const auto evidence = attest::amd::SnpEvidence::decode(*outcome.quote);
  REQUIRE(evidence.has_value());
  CHECK_EQ(evidence->report, concat({as_bytes("quote over "), report_data()}));
  CHECK_EQ(evidence->certificates_der, std::vector{to_bytes("leaf"), to_bytes("issuer")});
}

TEST_CASE("a host without certificates, or with a bent table, leaves a guest without evidence") {
  const Outcome absent = ask([](ScriptedKernel& kernel) { kernel.provider = "sev_guest\n"; });
  CHECK(absent.quote.error().is(TeeError::kNoCertificate));
  const Outcome bent = ask([](ScriptedKernel& kernel) {
    kernel.provider = "sev_guest\n";
    kernel.certificate_table = Bytes(7);
  });
  CHECK(bent.quote.error().is(TeeError::kNoCertificate));
  const Outcome no_leaf = ask([](ScriptedKernel& kernel) {
    kernel.provider = "sev_guest\n";
    kernel.certificate_table = snp_certificate_table({{kAskGuid, "issuer"}});
  });
  CHECK(no_leaf.quote.error().is(TeeError::kNoCertificate));
}

TEST_CASE("on SEV-SNP, too, a quote that may be over somebody else's bytes is refused") {
  const Outcome outcome = ask([](ScriptedKernel& kernel) {
    kernel.provider = "sev_guest\n";
    kernel.certificate_table = snp_certificate_table({{kVcekGuid, "leaf"}});
    kernel.writes_between_reads = 1;
  });
  CHECK(outcome.quote.error().is(TeeError::kConflict));
}

TEST_CASE("an entry that cannot be written is an error") {
  const Outcome outcome = ask([](ScriptedKernel& kernel) { kernel.takes_writes = false; });
  CHECK(outcome.quote.error().is(TeeError::kIo));
}

TEST_CASE("names of entries that others left behind are passed over") {
  const Outcome outcome = ask([](ScriptedKernel& kernel) { kernel.names_taken = true; });
  CHECK(outcome.quote.has_value());
  CHECK_EQ(outcome.removed, 1);
}

TEST_CASE("a machine without the tree says so") {
  const auto clock = async::make_real_clock();
  TsmQuoteSource source({.path = "/nonexistent/tsm", .quote_within = 50ms}, *clock);
  CHECK(wait_for(source.quote(report_data())).error().is(TeeError::kUnavailable));
}

TEST_CASE("quotes come through a real folder, several one after the other") {
  Folder folder;
  const tdxsim::Platform platform = tdxsim::make_platform();
  std::atomic<bool> stop = false;
  std::thread kernel([&] { serve_folder(folder.path, platform, stop); });
  const auto clock = async::make_real_clock();
  {
    TsmQuoteSource source({.path = folder.path, .quote_within = 5s, .retry_every = 2ms}, *clock);
    for (std::uint8_t round = 1; round <= 3; ++round) {
      ByteArray<64> data = report_data();
      data[0] = std::byte{round};
      const Bytes quote = wait_for(source.quote(data)).value();
      CHECK_EQ(attest::intel::UnverifiedQuote::parse(quote)->body().report_data, data);
    }
  }
  stop = true;
  kernel.join();
  CHECK(std::filesystem::is_empty(folder.path));
}
