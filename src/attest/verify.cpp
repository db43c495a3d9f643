#include "attest/verify.h"

#include <algorithm>

#include "attest/amd/evidence.h"
#include "attest/checks.h"
#include "attest/gpu_checks.h"
#include "attest/intel/quote_verify.h"
#include "attest/snp_checks.h"

namespace cocoon::attest {
namespace {

AttestError hub_code(intel::IntelError code) {
  switch (code) {
    case intel::IntelError::kMalformed:
      return AttestError::kMalformed;
    case intel::IntelError::kUnsupported:
      return AttestError::kUnsupported;
    case intel::IntelError::kBadSignature:
      return AttestError::kBadSignature;
    case intel::IntelError::kUntrustedRoot:
      return AttestError::kUntrustedRoot;
    case intel::IntelError::kBadCollateral:
    case intel::IntelError::kCollateralMismatch:
    case intel::IntelError::kPlatformMismatch:
      return AttestError::kCollateral;
    case intel::IntelError::kNotYetValid:
    case intel::IntelError::kExpired:
      return AttestError::kStale;
    case intel::IntelError::kModuleMismatch:
    case intel::IntelError::kQeIdentityMismatch:
    case intel::IntelError::kRevoked:
      return AttestError::kPlatform;
  }
  return AttestError::kMalformed;
}

// A vendor's refusal under the code that this room promises for it.
Error as_judged(Error error) {
  if (error.library() != Library::kAttestIntel) return error;
  return {hub_code(static_cast<intel::IntelError>(error.code())), error.message()};
}

template <class T>
Result<T> as_judged(Result<T> result) {
  if (result.has_value()) return result;
  return std::unexpected(as_judged(std::move(result).error()));
}

// How long the platform is good by the newest collateral of its model and by the policy, if it is.
Result<VerdictTerm> judge_platform(const intel::VerifiedQuote& quote,
                                   const CollateralBook& collateral, const Policy& policy,
                                   UnixSeconds now) {
  const HeldCollateral* const held =
      collateral.find(PlatformModel{.root = quote.root(), .fmspc = quote.pck().fmspc});
  if (held == nullptr) {
    return fail(AttestError::kNoCollateral, "no collateral of this platform model (FMSPC " +
                                                to_hex(quote.pck().fmspc) + ") is known");
  }
  const intel::TcbJudgement tcb = intel::judge_tcb(quote, held->verified, now);
  std::vector<Error> problems = platform_problems(tcb, quote, held->verified, now, &policy);
  if (!problems.empty()) return std::unexpected(as_judged(std::move(problems.front())));
  VerdictTerm term{.until = std::min(held->verified.validity().last, quote.chain().validity.last),
                   .collateral = held->digest};
  if (tcb.status && *tcb.status != intel::TcbStatus::kUpToDate) {
    const auto tolerated = policy.tolerated_until(*tcb.status, tcb.advisories, now);
    term.until = std::min(term.until, tolerated.value_or(now));
  }
  return term;
}

// The last second at which a statement of this block is young enough.
UnixSeconds end_of_age(const ProvenBlock& block, std::chrono::seconds age_max) {
  const std::int64_t end = std::int64_t{block.generated_at.value()} + age_max.count();
  return UnixSeconds(static_cast<std::uint32_t>(std::min<std::int64_t>(end, UINT32_MAX)));
}

Status check_statement(const Statement& statement, const Policy& policy) {
  if (statement.network != policy.network) {
    return fail(AttestError::kWrongNetwork, "the statement is for another network");
  }
  if (statement.role != Role::kWorker) {
    return fail(AttestError::kWrongRole, "the statement is not a worker's");
  }
  return {};
}

// What either vendor's judgement comes to.
struct JudgedMachine {
  Platform platform = Platform::kTdx;
  Bytes platform_id;
  bool is_development_root = false;
  VerdictTerm term;
  ImageMatch image;
};

Result<JudgedMachine> judge_td(const EvidenceBundle& bundle, const CollateralBook& collateral,
                               const Policy& policy, UnixSeconds now,
                               intel::QuoteVerifier& quotes) {
  TRY(intel::UnverifiedQuote unverified, as_judged(intel::UnverifiedQuote::parse(bundle.quote)));
  TRY_VOID(check_complete(policy));
  TRY(const auto roots, usable_roots(policy));
  TRY(const intel::VerifiedQuote quote, as_judged(quotes.verify(std::move(unverified), roots)));
  TRY(const VerdictTerm term, judge_platform(quote, collateral, policy, now));
  if (quote.body().report_data != report_data_for(bundle.statement)) {
    return fail(AttestError::kBindingMismatch, "the quote vouches for another statement");
  }
  TRY_VOID(check_td(quote.body()));
  TRY(ImageMatch image, match_image(quote.body(), policy));
  return JudgedMachine{.platform = Platform::kTdx,
                       .platform_id = to_bytes(quote.pck().ppid),
                       .is_development_root = quote.root() != intel::intel_sgx_root(),
                       .term = term,
                       .image = std::move(image)};
}

Result<JudgedMachine> judge_machine(const EvidenceBundle& bundle, const CollateralBook& collateral,
                                    const Policy& policy, UnixSeconds now, PlatformMemory& memory) {
  if (!amd::looks_like_snp_evidence(bundle.quote)) {
    return judge_td(bundle, collateral, policy, now, memory.quotes);
  }
  TRY(JudgedGuest guest, judge_guest(bundle.quote, report_data_for(bundle.statement), policy, now,
                                     memory.endorsements));
  return JudgedMachine{.platform = Platform::kSevSnp,
                       .platform_id = std::move(guest.chip_id),
                       .is_development_root = guest.is_development_root,
                       .term = {.until = guest.valid_until, .collateral = std::nullopt},
                       .image = std::move(guest.image)};
}

}  // namespace

Result<VerifiedWorker> verify_evidence(const EvidenceBundle& bundle,
                                       const CollateralBook& collateral, const Policy& policy,
                                       const ProvenBlock& block, UnixSeconds now) {
  PlatformMemory nothing;
  return verify_evidence(bundle, collateral, policy, block, now, nothing);
}

Result<VerifiedWorker> verify_evidence(const EvidenceBundle& bundle,
                                       const CollateralBook& collateral, const Policy& policy,
                                       const ProvenBlock& block, UnixSeconds now,
                                       PlatformMemory& memory) {
  TRY(const Statement statement, Statement::decode(bundle.statement));
  TRY_VOID(check_statement(statement, policy));

  TRY(JudgedMachine machine, judge_machine(bundle, collateral, policy, now, memory));
  TRY(std::vector<nvidia::JudgedGpu> gpus,
      check_gpus(bundle, statement, machine.image, policy, now, memory.gpu_chains));
  TRY_VOID(check_configuration(bundle.configuration, statement, policy));
  TRY_VOID(check_block(statement, block, policy.statement_age_max, now));

  VerifiedWorker worker;
  worker.kid_ = kid_for(bundle.statement);
  worker.statement_ = statement;
  worker.platform_ = machine.platform;
  worker.platform_id_ = std::move(machine.platform_id);
  worker.image_name_ = std::move(machine.image.name);
  worker.image_hash_ = machine.image.hash;
  worker.is_development_root_ = machine.is_development_root;
  worker.term_ = machine.term;
  worker.term_.until = std::min(worker.term_.until, end_of_age(block, policy.statement_age_max));
  for (const nvidia::JudgedGpu& gpu : gpus) {
    worker.term_.until = std::min(worker.term_.until, gpu.valid_until);
  }
  worker.gpus_ = std::move(gpus);
  return worker;
}

}  // namespace cocoon::attest
