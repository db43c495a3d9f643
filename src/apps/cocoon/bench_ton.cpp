#include "apps/cocoon/bench_ton.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "apps/cocoon/bench_child.h"
#include "apps/cocoon/bench_clock.h"
#include "apps/cocoon/bench_figures.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/ton_devnet.h"
#include "crypto/keys.h"
#include "files/small_files.h"
#include "net/os_random.h"
#include "ton/cell/boc.h"
#include "ton/proof/recording.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;
using codec::Json;
using namespace std::chrono_literals;

constexpr std::size_t kRecordingBytesMax = std::size_t{1} << 20U;
// What an ordinary signature is over: ton.blockId in TL.
constexpr std::size_t kSignedBytes = 68;
constexpr std::array kLinks{"one-link-ordinary.hex", "one-link-simplex.hex"};
constexpr std::array kAccounts{"read-basechain.txt", "read-masterchain.txt", "read-absent.txt"};
constexpr std::array kBlocks{"block-basechain.hex", "block-masterchain.hex"};

struct Pace {
  std::size_t rounds;
  std::size_t link_calls;
  std::size_t calls;     // of what takes a millisecond or less
  std::size_t messages;  // to the devnet, one after the other
  std::size_t transactions;
};

Pace pace_of(BenchOptions::Effort effort) {
  switch (effort) {
    case BenchOptions::Effort::kQuick:
      return {.rounds = 1, .link_calls = 2, .calls = 20, .messages = 5, .transactions = 800};
    case BenchOptions::Effort::kFull:
      return {
          .rounds = 11, .link_calls = 20, .calls = 200, .messages = 100, .transactions = 10'000};
  }
  return {};
}

// One link from one key block to the next.
struct LinkSubject {
  std::string name;
  Bytes answer;  // liteServer.partialBlockProof
  std::size_t signatures = 0;
  std::vector<double> link_us;
  std::vector<double> signatures_us;
};

// A lite-server's answer about an account.
struct AccountSubject {
  std::string name;
  ton::Recording recording;
  ton::Address address;
  std::vector<double> us;
};

// A whole block as a bag of cells.
struct BlockSubject {
  std::string name;
  fs::path file;
  Bytes boc;
  std::vector<double> us;
  std::vector<double> ton_core_us;
};

struct Subjects {
  std::vector<LinkSubject> links;
  std::vector<AccountSubject> accounts;
  std::vector<BlockSubject> blocks;
};

Result<std::string> text_of(const fs::path& file) {
  TRY(const Bytes text, files::read_file(file, kRecordingBytesMax));
  return std::string(as_text(text));
}

Result<Bytes> hex_below_comments(const fs::path& file) {
  TRY(const std::string text, text_of(file));
  std::string digits;
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    if (text[line] != '#') digits.append(text, line, end - line);
    line = end + 1;
  }
  return from_hex(digits);
}

Result<std::size_t> check_chain(BytesView answer) {
  TRY(const ton::PartialBlockProof proof, ton::parse_partial_block_proof(answer));
  TRY(const ton::CheckedChain chain, ton::check_block_proof(proof));
  std::size_t signatures = 0;
  for (const ton::CheckedLink& link : chain.links) signatures += link.signed_by.signatures;
  return signatures;
}

Status check_account(const AccountSubject& subject) {
  const auto& answer = std::get<ton::AccountStateAnswer>(subject.recording.answer);
  TRY(const ton::ProvenAccount proven, ton::check_account_state(answer, subject.address));
  return {};
}

Result<Subjects> load_subjects(const fs::path& folder) {
  Subjects out;
  for (const char* const name : kLinks) {
    LinkSubject subject;
    subject.name = name;
    TRY(subject.answer, hex_below_comments(folder / name));
    TRY(subject.signatures, check_chain(subject.answer));
    out.links.push_back(std::move(subject));
  }
  for (const char* const name : kAccounts) {
    TRY(const std::string text, text_of(folder / name));
    TRY(ton::Recording recording, ton::parse_recording(text));
    const auto& answer = std::get<ton::AccountStateAnswer>(recording.answer);
    TRY(std::optional<ton::Address> address, ton::address_in(answer));
    if (!address) address = recording.account;
    if (!address) return fail(AppError::kBadState, std::string(name) + " is of no account");
    out.accounts.push_back({name, std::move(recording), *address, {}});
    TRY_VOID(check_account(out.accounts.back()));
  }
  for (const char* const name : kBlocks) {
    BlockSubject subject;
    subject.name = name;
    subject.file = folder / name;
    TRY(subject.boc, hex_below_comments(subject.file));
    out.blocks.push_back(std::move(subject));
  }
  return out;
}

// CPU microseconds of one Ed25519 check over what validators sign.
Result<double> time_signature(std::size_t calls) {
  net::OsRandom random;
  SecretArray<32> seed;
  random.fill(seed.expose_mutable());
  const auto key = crypto::Ed25519KeyPair::from_seed(std::move(seed));
  const auto message = random.array<kSignedBytes>();
  const crypto::Ed25519Signature signature = key.sign(message);
  return cpu_us_of(calls,
                   [&] { return crypto::verify_ed25519(key.public_key(), message, signature); });
}

// The peer that reads bags of cells, where Node and its packages are.
class TonCore {
 public:
  explicit TonCore(TonDevnetProgram program) : program_(std::move(program)) {}

  [[nodiscard]] fs::path bench(const char* script) const {
    return program_.script.parent_path().parent_path() / "bench" / script;
  }
  // Adds a figure to each block.
  [[nodiscard]] Status measure(std::vector<BlockSubject>& blocks, std::size_t calls) const {
    std::vector<std::string> arguments{bench("boc.js").string(), std::to_string(calls)};
    for (const BlockSubject& block : blocks) arguments.push_back(block.file.string());
    TRY(const Json figures,
        run_for_json(
            {.name = "@ton/core", .program = program_.node, .arguments = std::move(arguments)}));
    if (figures.as_array() == nullptr || figures.as_array()->size() != blocks.size())
      return fail(AppError::kBadAnswer, "@ton/core's figures are not one for each block");
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      TRY(const std::uint64_t ns, count_in((*figures.as_array())[i], "parse_ns"));
      blocks[i].ton_core_us.push_back(static_cast<double>(ns) / 1000);
    }
    return {};
  }
  // The devnet with ton-net as its client (devnet/bench/latency.js).
  [[nodiscard]] Result<Json> devnet(const Pace& pace) const {
    return run_for_json(
        {.name = "the TON devnet",
         .program = program_.node,
         .arguments = {"--expose-gc", bench("latency.js").string(), std::to_string(pace.messages),
                       std::to_string(pace.transactions)},
         .end_by = 600s});
  }

 private:
  TonDevnetProgram program_;
};

Status measure_round(Subjects& subjects, const std::optional<TonCore>& peer, const Pace& pace) {
  for (LinkSubject& link : subjects.links) {
    TRY(const double us, cpu_us_of(pace.link_calls, [&]() -> Status {
          TRY(const std::size_t signatures, check_chain(link.answer));
          return signatures == link.signatures ? Status()
                                               : fail(AppError::kBadAnswer, "another proof");
        }));
    link.link_us.push_back(us);
    TRY(const double signature, time_signature(pace.link_calls * link.signatures));
    link.signatures_us.push_back(signature * static_cast<double>(link.signatures));
  }
  for (AccountSubject& account : subjects.accounts) {
    TRY(const double us, cpu_us_of(pace.calls, [&] { return check_account(account); }));
    account.us.push_back(us);
  }
  for (BlockSubject& block : subjects.blocks) {
    TRY(const double us, cpu_us_of(pace.calls, [&]() -> Status {
          TRY(const ton::CellRef root, ton::parse_boc_root(block.boc));
          return {};
        }));
    block.us.push_back(us);
  }
  if (peer) TRY_VOID(peer->measure(subjects.blocks, pace.calls));
  return {};
}

double megabytes_per_second(std::size_t bytes, double us) {
  return us > 0 ? static_cast<double>(bytes) / us : 0;
}

// A table on the terminal and the same figures in JSON, with what they are held to.
struct Findings {
  Json json = Json::object();
  std::vector<Target> targets;
};

void tell_links(const std::vector<LinkSubject>& links, const Terminal& terminal, Findings& out) {
  Table table({"one link", "signatures", "ms", "its signatures alone, ms", "ratio"});
  Json::Array rows;
  for (const LinkSubject& link : links) {
    const double ms = median(link.link_us) / 1000;
    const double signatures_ms = median(link.signatures_us) / 1000;
    const double ratio = ms / signatures_ms;
    table.add({link.name, std::to_string(link.signatures), fmt::format("{:.2f}", ms),
               fmt::format("{:.2f}", signatures_ms), fmt::format("{:.3f}", ratio)});
    Json row = Json::object({{"name", Json::string(link.name)}});
    row.set("signatures", Json::number(std::uint64_t{link.signatures}));
    row.set("ms", decimal(ms));
    row.set("signatures_ms", decimal(signatures_ms));
    row.set("over_signatures", decimal(ratio));
    rows.push_back(std::move(row));
    out.targets.push_back({link.name + ": over its signatures alone", ratio, 1.2});
  }
  table.show(terminal);
  out.json.set("links", Json::array(std::move(rows)));
}

void tell_accounts(const std::vector<AccountSubject>& accounts, const Terminal& terminal,
                   Findings& out) {
  Table table({"account proof", "us"});
  Json::Array rows;
  for (const AccountSubject& account : accounts) {
    const double us = median(account.us);
    table.add({account.name, fmt::format("{:.1f}", us)});
    rows.push_back(Json::object({{"name", Json::string(account.name)}, {"us", decimal(us)}}));
    out.targets.push_back({account.name + ": ms", us / 1000, 0.15});
  }
  table.show(terminal);
  out.json.set("accounts", Json::array(std::move(rows)));
}

void tell_blocks(const std::vector<BlockSubject>& blocks, const Terminal& terminal, Findings& out) {
  Table table({"bag of cells", "bytes", "MB/s", "@ton/core MB/s", "times its speed"});
  Json::Array rows;
  for (const BlockSubject& block : blocks) {
    const double ours = megabytes_per_second(block.boc.size(), median(block.us));
    std::vector<std::string> cells{block.name, std::to_string(block.boc.size()),
                                   fmt::format("{:.1f}", ours)};
    Json row = Json::object({{"name", Json::string(block.name)}});
    row.set("bytes", Json::number(std::uint64_t{block.boc.size()}));
    row.set("mb_per_second", decimal(ours));
    if (!block.ton_core_us.empty()) {
      const double theirs = megabytes_per_second(block.boc.size(), median(block.ton_core_us));
      cells.push_back(fmt::format("{:.1f}", theirs));
      cells.push_back(fmt::format("{:.1f}", ours / theirs));
      row.set("ton_core_mb_per_second", decimal(theirs));
      row.set("over_ton_core", decimal(ours / theirs));
    }
    table.add(std::move(cells));
    rows.push_back(std::move(row));
  }
  table.show(terminal);
  out.json.set("blocks", Json::array(std::move(rows)));
}

// [[resident, heap], …] in MiB after each eighth of the transactions: how much the heap still grew
// in the second half of them.
Result<double> growth_of(const Json& devnet) {
  const Json* const seen = devnet.find("rss_and_heap_mib");
  if (seen == nullptr || seen->as_array() == nullptr || seen->as_array()->size() != 8)
    return fail(AppError::kBadAnswer, "the devnet gave no course of its memory");
  const auto heap = [&](std::size_t eighth) -> Result<double> {
    const Json::Array* const pair = (*seen->as_array())[eighth].as_array();
    if (pair == nullptr || pair->size() != 2)
      return fail(AppError::kBadAnswer, "the devnet gave no course of its memory");
    TRY(const std::uint64_t mib, (*pair)[1].as_unsigned());
    return static_cast<double>(mib);
  };
  TRY(const double half_way, heap(3));
  TRY(const double end, heap(7));
  return half_way > 0 ? end / half_way : 0;
}

Status tell_devnet(Json devnet, const Terminal& terminal, Findings& out) {
  TRY(const std::uint64_t latency_us, count_in(devnet, "message_to_proven_state_median_us"));
  TRY(const std::uint64_t transactions, count_in(devnet, "transactions"));
  TRY(const std::uint64_t cpu_us, count_in(devnet, "cpu_us_per_transaction"));
  TRY(const double growth, growth_of(devnet));
  const double latency_ms = static_cast<double>(latency_us) / 1000;
  terminal.fact("devnet",
                fmt::format("message to proven state at 20 ms blocks {:.1f} ms; {} "
                            "transactions at {:.2f} ms of CPU; heap over its half-way {:.2f}",
                            latency_ms, transactions, static_cast<double>(cpu_us) / 1000, growth));
  out.targets.push_back({"devnet: message to proven state, ms", latency_ms, 100});
  devnet.set("heap_over_half_way", decimal(growth));
  out.json.set("devnet", std::move(devnet));
  return {};
}

}  // namespace

Result<Json> run_ton_bench(const BenchOptions& options, Terminal& terminal) {
  const Pace pace = pace_of(options.effort);
  TRY(Subjects subjects, load_subjects(options.programs.parent_path() / "bench/ton"));
  const char* const path = std::getenv("PATH");
  const auto program = find_ton_devnet(options.programs, path == nullptr ? "" : path);
  std::optional<TonCore> peer;
  if (program) peer.emplace(*program);
  if (!peer) terminal.note("@ton/core and the devnet: skipped, " + program.error().message());
  terminal.step("checking recorded proofs again and again");
  for (std::size_t round = 0; round < pace.rounds; ++round)
    TRY_VOID(measure_round(subjects, peer, pace));

  Findings found;
  found.json.set("rounds", Json::number(std::uint64_t{pace.rounds}));
  found.json.set("peer", peer ? Json::string("@ton/core") : Json::null());
  tell_links(subjects.links, terminal, found);
  tell_accounts(subjects.accounts, terminal, found);
  tell_blocks(subjects.blocks, terminal, found);
  if (peer) {
    terminal.step("sending messages to a TON devnet");
    TRY(Json devnet, peer->devnet(pace));
    TRY_VOID(tell_devnet(std::move(devnet), terminal, found));
  }
  terminal.headline("targets");
  show(terminal, found.targets);
  found.json.set("targets", to_json(found.targets));
  return std::move(found.json);
}

}  // namespace cocoon::apps
