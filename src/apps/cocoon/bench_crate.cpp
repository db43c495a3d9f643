#include "apps/cocoon/bench_crate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "apps/cocoon/error.h"
#include "apps/cocoon/process.h"
#include "codec/json.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kOutputBytesMax = 64 * 1024;
constexpr auto kEndBy = 60s;
constexpr auto kPoll = 2ms;

Result<double> microseconds(const codec::Json& of, std::string_view name) {
  const codec::Json* const found = of.find(name);
  if (found == nullptr) {
    return fail(AppError::kBadAnswer, fmt::format("the crate's program gave no {}", name));
  }
  TRY(const std::uint64_t ns, found->as_unsigned());
  return static_cast<double>(ns) / 1000;
}

}  // namespace

Result<CrateCosts> parse_crate_costs(std::string_view json) {
  TRY(const codec::Json seen, codec::parse_json(json));
  CrateCosts out;
  TRY(out.from_bytes_us, microseconds(seen, "from_bytes_ns"));
  TRY(out.parsed_us, microseconds(seen, "parsed_ns"));
  return out;
}

std::optional<CrateBench> CrateBench::find(const fs::path& programs) {
  const char* const named = std::getenv("ATTEST_ORACLE_RUST");
  fs::path program = named != nullptr
                         ? fs::path(named)
                         : programs.parent_path() / "oracles/attest/release/cocoon-attest-oracle";
  if (access(program.c_str(), X_OK) != 0) return std::nullopt;
  return CrateBench(std::move(program));
}

Result<CrateCosts> CrateBench::run(const AttestSubject::QuoteFiles& quote,
                                   std::size_t calls) const {
  std::string output = (fs::temp_directory_path() / "cocoon-bench-XXXXXX").string();
  const int made = mkstemp(output.data());
  if (made < 0) return fail(AppError::kBadState, "cannot make a file " + output);
  close(made);
  const auto run_once = [&]() -> Result<CrateCosts> {
    TRY(Process crate, Process::start("dcap-qvl", program_,
                                      {"bench", std::to_string(calls), quote.quote.string(),
                                       quote.collateral.string(), std::to_string(quote.at.value())},
                                      output));
    const auto give_up = std::chrono::steady_clock::now() + kEndBy;
    while (crate.is_running()) {
      if (std::chrono::steady_clock::now() > give_up)
        return fail(AppError::kTimeout, "the crate's program did not end");
      std::this_thread::sleep_for(kPoll);
    }
    TRY(const Bytes bytes, files::read_file(output, kOutputBytesMax));
    auto costs = parse_crate_costs(as_text(bytes));
    if (!costs) return fail(AppError::kChildFailed, "the crate failed:" + crate.last_words());
    return costs;
  };
  auto costs = run_once();
  std::error_code ignored;
  fs::remove(output, ignored);
  return costs;
}

}  // namespace cocoon::apps
