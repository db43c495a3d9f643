#include "apps/cocoon/bench_ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio.hpp>
#include <optional>

#include "apps/cocoon/bench_clock.h"
#include "apps/cocoon/bench_figures.h"
#include "apps/cocoon/error.h"
#include "base/reader.h"
#include "channel/payee.h"
#include "channel/payer.h"
#include "files/small_files.h"
#include "net/os_random.h"
#include "store/ledger_file.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using codec::Json;
using ports::Task;
using namespace std::chrono_literals;

constexpr std::array<std::size_t, 4> kAtOnce{1, 16, 64, 256};
constexpr std::size_t kPageBytes = 4'096;
constexpr std::uint64_t kPriceMaxNano = 1'000;
constexpr std::uint64_t kPriceNano = 700;
constexpr std::uint64_t kPlentyNano = NanoTon::kMax / 4;
// Few are remembered, so that the books are as full as they get from early on.
constexpr channel::RequestLimits kRequests{.open_max = 1'000, .closed_max = 1'000};
constexpr double kGroupCommitMsMax = 5;

struct Pace {
  std::size_t rounds;
  std::chrono::milliseconds window;  // for each end and number of requests at once
  std::size_t flushes;
};

Pace pace_of(BenchOptions::Effort effort) {
  switch (effort) {
    case BenchOptions::Effort::kQuick:
      return {.rounds = 1, .window = 100ms, .flushes = 20};
    case BenchOptions::Effort::kFull:
      return {.rounds = 5, .window = 1'500ms, .flushes = 300};
  }
  return {};
}

double micros_since(Clock::time_point began) {
  return std::chrono::duration<double, std::micro>(Clock::now() - began).count();
}

// 0 for no values.
double percentile(std::vector<double> values, std::size_t percent) {
  if (values.empty()) return 0;
  const std::size_t at = std::min(values.size() - 1, values.size() * percent / 100);
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
  return values[at];
}

NanoTon nano(std::uint64_t value) { return NanoTon::from_nano(value).value_or(NanoTon()); }

crypto::Ed25519KeyPair new_key() {
  net::OsRandom random;
  SecretArray<32> seed;
  random.fill(seed.expose_mutable());
  return crypto::Ed25519KeyPair::from_seed(std::move(seed));
}

// A channel that nobody deployed, as a proven account would show it.
struct Stage {
  crypto::Ed25519KeyPair payer_key = new_key();
  crypto::Ed25519KeyPair payee_key = new_key();
  channel::ProvenChannel proven;

  [[nodiscard]] Status set() {
    channel::ChannelState& state = proven.state;
    state.parameters.payer_key = payer_key.public_key();
    state.parameters.payee_key = payee_key.public_key();
    state.parameters.close_delay = 24h;
    state.epoch = channel::ChannelEpoch(1);
    state.status = channel::ChannelStatus::kOpen;
    state.deposit = nano(kPlentyNano);
    proven.balance = nano(kPlentyNano + channel::kStorageReserveNano);
    proven.id.network = kDevnetNetworkId;
    proven.id.epoch = state.epoch;
    TRY(proven.id.address, channel::channel_address(state.parameters));
    return {};
  }
};

enum class End : std::uint8_t { kPayer, kPayee };
constexpr std::array kEnds{End::kPayer, End::kPayee};
const char* name_of(End end) {
  switch (end) {
    case End::kPayer:
      return "payer";
    case End::kPayee:
      return "payee";
  }
  return "";
}

// One end with its books, and what it took.
class Run {
 public:
  Run(const Stage& stage, channel::Payer payer, channel::Payee payee, ports::Ledger& ledger,
      Clock::time_point until)
      : stage_(stage),
        payer_(std::move(payer)),
        payee_(std::move(payee)),
        ledger_(ledger),
        until_(until) {}

  // One request after another, each of two saves, until time is up.
  Task<void> requests(End end) {
    while (Clock::now() < until_ && !failure) {
      const auto began = Clock::now();
      const Status done = end == End::kPayer ? co_await pay() : co_await serve();
      if (!done) {
        failure = done.error();
        co_return;
      }
      pair_us.push_back(micros_since(began));
    }
  }

  std::vector<double> pair_us;
  std::vector<double> save_us;
  std::optional<Error> failure;

 private:
  [[nodiscard]] RequestId next_id() {
    return RequestId::from(Writer().u64(++last_id_).u64(0).view()).value_or(RequestId());
  }

  template <class Change>
  Task<Status> save(Change change) {
    const auto began = Clock::now();
    Status saved = co_await ledger_.save(std::move(change));
    save_us.push_back(micros_since(began));
    co_return saved;
  }

  Task<Status> pay() {
    const RequestId id = next_id();
    CO_TRY(const auto authorised, payer_.authorise(id, nano(kPriceMaxNano), {}));
    if (authorised.change) CO_TRY_VOID(co_await save(*authorised.change));
    CO_TRY(const auto billed, payer_.commit(id, nano(kPriceNano)));
    if (billed) CO_TRY_VOID(co_await save(*billed));
    co_return Status();
  }

  // Its voucher is signed here as well, and that cost is told apart.
  Task<Status> serve() {
    const RequestId id = next_id();
    cumulative_ += kPriceMaxNano;
    const channel::SignedVoucher voucher =
        channel::sign_voucher({.channel = stage_.proven.id,
                               .seq = channel::VoucherSeq(++last_seq_),
                               .cumulative = nano(cumulative_),
                               .context = {}},
                              stage_.payer_key);
    if (const auto shown = payee_.present(voucher); !shown)
      co_return std::unexpected(shown.error());
    CO_TRY(const auto reserved, payee_.reserve(id, nano(kPriceMaxNano)));
    CO_TRY_VOID(co_await save(reserved));
    CO_TRY(const auto billed, payee_.bill(id, nano(kPriceNano)));
    if (billed) CO_TRY_VOID(co_await save(*billed));
    co_return Status();
  }

  const Stage& stage_;
  channel::Payer payer_;
  channel::Payee payee_;
  ports::Ledger& ledger_;
  Clock::time_point until_;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_seq_ = 0;
  std::uint64_t cumulative_ = 0;
};

struct Figures {
  std::vector<double> pairs_per_second;
  std::vector<double> cpu_us;
  std::vector<double> pair_p50_us;
  std::vector<double> pair_p99_us;
  std::vector<double> save_p50_us;
  std::vector<double> save_p99_us;
};

Status measure(const Stage& stage, const fs::path& folder, End end, std::size_t at_once,
               std::chrono::milliseconds window, Figures& out) {
  TRY(const auto ledger, store::LedgerFile::open(folder));
  channel::PayerBooks payer_books;
  payer_books.record.channel = stage.proven.id;
  TRY(channel::Payer payer,
      channel::Payer::create(
          stage.proven, payer_books, stage.payer_key,
          {.exposure_max = nano(kPlentyNano), .step = {}, .requests = kRequests}));
  TRY(channel::Payee payee,
      channel::Payee::create(stage.proven, channel::Payee::baseline(stage.proven, {}),
                             {.payout = {}, .key = &stage.payee_key},
                             {.unredeemed_max = nano(kPlentyNano),
                              .redeem_at = nano(kPlentyNano / 2),
                              .requests = kRequests},
                             0));
  boost::asio::io_context loop;
  const auto began = Clock::now();
  const double cpu_before = process_cpu_us();
  Run run(stage, std::move(payer), std::move(payee), *ledger, began + window);
  for (std::size_t i = 0; i < at_once; ++i)
    boost::asio::co_spawn(loop, run.requests(end), boost::asio::detached);
  loop.run();
  if (run.failure) return std::unexpected(*run.failure);
  const auto pairs = static_cast<double>(run.pair_us.size());
  out.pairs_per_second.push_back(pairs * 1e6 / micros_since(began));
  out.cpu_us.push_back((process_cpu_us() - cpu_before) / pairs);
  out.pair_p50_us.push_back(percentile(run.pair_us, 50));
  out.pair_p99_us.push_back(percentile(run.pair_us, 99));
  out.save_p50_us.push_back(percentile(run.save_us, 50));
  out.save_p99_us.push_back(percentile(run.save_us, 99));
  return {};
}

// The peer: pages written over a file that has its size already, as a log that wraps around does,
// each flushed before the next.
Result<std::vector<double>> flush_pages(const fs::path& file, std::size_t count) {
  const files::Descriptor to(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  const auto failed = [&] { return fail(AppError::kBadState, file.string() + " is not writable"); };
  if (!files::write_whole(to, Bytes(count * kPageBytes)) || ::fdatasync(to.get()) != 0 ||
      ::lseek(to.get(), 0, SEEK_SET) != 0) {
    return failed();
  }
  const Bytes page(kPageBytes, std::byte{1});
  std::vector<double> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto began = Clock::now();
    if (!files::write_whole(to, page) || ::fdatasync(to.get()) != 0) return failed();
    all.push_back(micros_since(began));
  }
  return all;
}

// A folder that goes when this goes.
class BenchFolder {
 public:
  BenchFolder() {
    std::string pattern = (fs::temp_directory_path() / "cocoon-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~BenchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Row {
  End end = End::kPayer;
  std::size_t at_once = 0;
  Figures figures;
};

Json json_of(const Row& row, double signatures_us) {
  const double cpu_us = median(row.figures.cpu_us);
  Json out = Json::object();
  out.set("end", Json::string(name_of(row.end)));
  out.set("at_once", Json::number(std::uint64_t{row.at_once}));
  out.set("pairs_per_second", decimal(median(row.figures.pairs_per_second)));
  out.set("cpu_us", decimal(cpu_us));
  out.set("cpu_us_without_signatures", decimal(cpu_us - signatures_us));
  out.set("pair_p50_us", decimal(median(row.figures.pair_p50_us)));
  out.set("pair_p99_us", decimal(median(row.figures.pair_p99_us)));
  out.set("save_p50_us", decimal(median(row.figures.save_p50_us)));
  out.set("save_p99_us", decimal(median(row.figures.save_p99_us)));
  return out;
}

struct SignatureCosts {
  double sign_us = 0;
  double verify_us = 0;
  // Of one request at this end; the payee's run signs its vouchers, too.
  [[nodiscard]] double at(End end) const {
    return end == End::kPayer ? sign_us : sign_us + verify_us;
  }
};

Result<SignatureCosts> measure_signatures(const Stage& stage) {
  constexpr std::size_t kCalls = 500;
  const channel::Voucher voucher{
      .channel = stage.proven.id, .seq = {}, .cumulative = {}, .context = {}};
  const channel::SignedVoucher as_signed = channel::sign_voucher(voucher, stage.payer_key);
  SignatureCosts costs;
  TRY(costs.sign_us, cpu_us_of(kCalls, [&]() -> Status {
        (void)channel::sign_voucher(voucher, stage.payer_key);
        return {};
      }));
  TRY(costs.verify_us, cpu_us_of(kCalls, [&] {
        return channel::verify_voucher(as_signed, stage.payer_key.public_key());
      }));
  return costs;
}

void show(const Terminal& terminal, const std::vector<Row>& rows, const SignatureCosts& signatures,
          double flush_us) {
  Table table({"end", "at once", "pairs/s", "CPU µs", "without signatures", "pair p50 µs",
               "pair p99 µs", "save p50 µs", "over a flush", "save p99 µs"});
  const auto whole = [](double value) { return fmt::format("{:.0f}", value); };
  for (const Row& row : rows) {
    const Figures& figures = row.figures;
    const double cpu_us = median(figures.cpu_us);
    table.add({name_of(row.end), std::to_string(row.at_once),
               whole(median(figures.pairs_per_second)), fmt::format("{:.1f}", cpu_us),
               fmt::format("{:.1f}", cpu_us - signatures.at(row.end)),
               whole(median(figures.pair_p50_us)), whole(median(figures.pair_p99_us)),
               whole(median(figures.save_p50_us)),
               fmt::format("{:.1f}×", median(figures.save_p50_us) / flush_us),
               whole(median(figures.save_p99_us))});
  }
  table.show(terminal);
}

}  // namespace

Result<Json> run_ledger_bench(const BenchOptions& options, Terminal& terminal) {
  const Pace pace = pace_of(options.effort);
  const BenchFolder folder;
  if (folder.path().empty()) return fail(AppError::kBadState, "no temporary folder");
  Stage stage;
  TRY_VOID(stage.set());
  TRY(const SignatureCosts signatures, measure_signatures(stage));
  std::vector<Row> rows;
  for (const End end : kEnds) {
    for (const std::size_t at_once : kAtOnce)
      rows.push_back({.end = end, .at_once = at_once, .figures = {}});
  }
  std::vector<double> flush_p50_us;
  std::vector<double> flush_p99_us;
  std::size_t books = 0;
  for (std::size_t round = 0; round < pace.rounds; ++round) {
    TRY(const auto flushes, flush_pages(folder.path() / "pages", pace.flushes));
    flush_p50_us.push_back(percentile(flushes, 50));
    flush_p99_us.push_back(percentile(flushes, 99));
    for (Row& row : rows) {
      TRY_VOID(measure(stage, folder.path() / std::to_string(books++), row.end, row.at_once,
                       pace.window, row.figures));
    }
  }
  const double flush_us = median(flush_p50_us);
  Json out = Json::object();
  Json flush = Json::object();
  flush.set("p50_us", decimal(flush_us));
  flush.set("p99_us", decimal(median(flush_p99_us)));
  out.set("flush", std::move(flush));
  out.set("sign_us", decimal(signatures.sign_us));
  out.set("verify_us", decimal(signatures.verify_us));
  std::vector<Json> entries;
  std::vector<Target> targets;
  for (const Row& row : rows) {
    entries.push_back(json_of(row, signatures.at(row.end)));
    targets.push_back(
        {.name = fmt::format("group commit, {}, {} at once, ms", name_of(row.end), row.at_once),
         .value = median(row.figures.save_p50_us) / 1e3,
         .at_most = kGroupCommitMsMax});
  }
  out.set("pairs", Json::array(std::move(entries)));
  out.set("targets", to_json(targets));
  terminal.text(
      fmt::format("a page flushed alone: p50 {:.0f} µs, p99 {:.0f} µs; a voucher signed {:.1f} µs, "
                  "checked {:.1f} µs",
                  flush_us, median(flush_p99_us), signatures.sign_us, signatures.verify_us));
  show(terminal, rows, signatures, flush_us);
  show(terminal, targets);
  return out;
}

}  // namespace cocoon::apps
