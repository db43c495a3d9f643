#include "apps/cocoon/bench_attest.h"

#include <fmt/format.h>

#include "apps/cocoon/bench_attest_subjects.h"
#include "apps/cocoon/bench_clock.h"
#include "apps/cocoon/bench_crate.h"
#include "apps/cocoon/bench_figures.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace cocoon::apps {
namespace {

using codec::Json;

struct Pace {
  std::size_t rounds;
  std::size_t cold_calls;
  std::size_t warm_calls;
};

Pace pace_of(BenchOptions::Effort effort) {
  switch (effort) {
    case BenchOptions::Effort::kQuick:
      return {.rounds = 1, .cold_calls = 5, .warm_calls = 20};
    case BenchOptions::Effort::kFull:
      return {.rounds = 11, .cold_calls = 100, .warm_calls = 500};
  }
  return {};
}

// What all rounds of one subject came to; `crate` has a value for each round if there is one.
struct Rounds {
  std::vector<double> cold_us;
  std::vector<double> warm_us;
  std::vector<double> crate_from_bytes_us;
  std::vector<double> crate_parsed_us;
};

struct Outcome {
  const AttestSubject* subject = nullptr;
  double cold_us = 0;
  double warm_us = 0;
  std::optional<CrateCosts> crate;
};

Outcome outcome_of(const AttestSubject& subject, const Rounds& rounds) {
  Outcome out{.subject = &subject,
              .cold_us = median(rounds.cold_us),
              .warm_us = median(rounds.warm_us),
              .crate = std::nullopt};
  if (!rounds.crate_parsed_us.empty()) {
    out.crate = CrateCosts{.from_bytes_us = median(rounds.crate_from_bytes_us),
                           .parsed_us = median(rounds.crate_parsed_us)};
  }
  return out;
}

Status measure_round(const AttestSubject& subject, const std::optional<CrateBench>& crate,
                     const Pace& pace, Rounds& rounds) {
  TRY(const double cold, cpu_us_of(pace.cold_calls, subject.cold));
  rounds.cold_us.push_back(cold);
  if (crate && subject.quote) {
    TRY(const CrateCosts costs, crate->run(*subject.quote, pace.cold_calls));
    rounds.crate_from_bytes_us.push_back(costs.from_bytes_us);
    rounds.crate_parsed_us.push_back(costs.parsed_us);
  }
  TRY(const double warm, cpu_us_of(pace.warm_calls, subject.warm));
  rounds.warm_us.push_back(warm);
  return {};
}

// CPU microseconds of one ECDSA verification with a key made ready before.
struct SignatureCosts {
  double p256_us = 0;
  double p384_us = 0;
};

template <class Curve>
Result<double> time_signature(std::size_t calls) {
  SecretArray<Curve::kCoordinateSize> scalar;
  scalar.expose_mutable()[Curve::kCoordinateSize - 1] = std::byte{7};
  TRY(const auto key, crypto::EcdsaKeyPair<Curve>::from_private(std::move(scalar)));
  const ByteArray<632> message{};
  TRY(const auto signature, key.sign(message));
  TRY(const auto verifier, crypto::EcdsaVerifier<Curve>::create(key.public_key()));
  return cpu_us_of(calls, [&] { return verifier.verify(message, signature); });
}

Result<SignatureCosts> measure_signatures(const Pace& pace) {
  std::vector<double> p256;
  std::vector<double> p384;
  for (std::size_t round = 0; round < pace.rounds; ++round) {
    TRY(const double one, time_signature<crypto::P256>(pace.warm_calls));
    p256.push_back(one);
    TRY(const double other, time_signature<crypto::P384>(pace.cold_calls));
    p384.push_back(other);
  }
  return SignatureCosts{.p256_us = median(p256), .p384_us = median(p384)};
}

std::string per_second(double microseconds) {
  return fmt::format("{:.0f}", microseconds > 0 ? 1e6 / microseconds : 0);
}

void show(const std::vector<Outcome>& outcomes, const SignatureCosts& signatures,
          const Terminal& terminal) {
  Table table({"", "cold us", "a second", "warm us", "a second", "crate us", "collateral parsed",
               "cold over crate's"});
  for (const Outcome& outcome : outcomes) {
    std::vector<std::string> row{
        outcome.subject->name, fmt::format("{:.0f}", outcome.cold_us), per_second(outcome.cold_us),
        fmt::format("{:.1f}", outcome.warm_us), per_second(outcome.warm_us)};
    if (outcome.crate) {
      row.push_back(fmt::format("{:.0f}", outcome.crate->from_bytes_us));
      row.push_back(fmt::format("{:.0f}", outcome.crate->parsed_us));
      row.push_back(fmt::format("{:.2f}", outcome.cold_us / outcome.crate->from_bytes_us));
    }
    table.add(std::move(row));
  }
  table.show(terminal);
  terminal.fact("one signature checked", fmt::format("P-256 {:.1f} us, P-384 {:.0f} us",
                                                     signatures.p256_us, signatures.p384_us));
}

Json to_json(const Outcome& outcome) {
  Json out = Json::object();
  out.set("name", Json::string(outcome.subject->name));
  out.set("evidence", Json::string(outcome.subject->evidence));
  out.set("cold_us", decimal(outcome.cold_us));
  out.set("warm_us", decimal(outcome.warm_us));
  out.set("cold_per_second", decimal(1e6 / outcome.cold_us));
  out.set("warm_per_second", decimal(1e6 / outcome.warm_us));
  if (!outcome.crate) return out;
  out.set("crate_us", decimal(outcome.crate->from_bytes_us));
  out.set("crate_parsed_us", decimal(outcome.crate->parsed_us));
  out.set("cold_over_crate", decimal(outcome.cold_us / outcome.crate->from_bytes_us));
  return out;
}

// DESIGN §9's row, and what is asked of GPUs.
std::vector<Target> targets_of(const std::vector<Outcome>& outcomes) {
  std::vector<Target> targets;
  for (const Outcome& outcome : outcomes) {
    const AttestSubject& subject = *outcome.subject;
    if (subject.cold_ms_max == 0) continue;
    targets.push_back({subject.name + ": cold, ms", outcome.cold_us / 1000, subject.cold_ms_max});
    targets.push_back({subject.name + ": warm, ms", outcome.warm_us / 1000, subject.warm_ms_max});
    if (!outcome.crate) continue;
    targets.push_back({subject.name + ": cold over the crate's, both from bytes",
                       outcome.cold_us / outcome.crate->from_bytes_us, 1});
  }
  return targets;
}

}  // namespace

Result<Json> run_attest_bench(const BenchOptions& options, Terminal& terminal) {
  const Pace pace = pace_of(options.effort);
  TRY(const auto subjects, attest_subjects(options.programs.parent_path() / "bench/attest"));
  const std::optional<CrateBench> crate = CrateBench::find(options.programs);
  if (!crate)
    terminal.note("the crate dcap-qvl: skipped, tests/oracles/attest/build_crate makes it");
  terminal.step("verifying recorded evidence again and again");
  std::vector<Rounds> rounds(subjects.size());
  for (std::size_t round = 0; round < pace.rounds; ++round) {
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      TRY_VOID(measure_round(subjects[i], crate, pace, rounds[i]));
    }
  }
  std::vector<Outcome> outcomes;
  outcomes.reserve(subjects.size());
  for (std::size_t i = 0; i < subjects.size(); ++i)
    outcomes.push_back(outcome_of(subjects[i], rounds[i]));
  TRY(const SignatureCosts signatures, measure_signatures(pace));
  const std::vector<Target> targets = targets_of(outcomes);
  show(outcomes, signatures, terminal);
  terminal.headline("targets");
  show(terminal, targets);

  Json out = Json::object();
  out.set("rounds", Json::number(std::uint64_t{pace.rounds}));
  out.set("peer", crate ? Json::string("dcap-qvl (Rust crate)") : Json::null());
  Json::Array evidence;
  for (const Outcome& outcome : outcomes) evidence.push_back(to_json(outcome));
  out.set("evidence", Json::array(std::move(evidence)));
  out.set("p256_verify_us", decimal(signatures.p256_us));
  out.set("p384_verify_us", decimal(signatures.p384_us));
  out.set("targets", to_json(targets));
  return out;
}

}  // namespace cocoon::apps
