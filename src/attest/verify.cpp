#include "attest/verify.h"

#include "attest/checks.h"
#include "attest/intel/quote_verify.h"
#include "attest/intel_tcb.h"

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
template <class T>
Result<T> as_judged(Result<T> result) {
  if (result.has_value() || result.error().library() != Library::kAttestIntel) return result;
  return fail(hub_code(static_cast<intel::IntelError>(result.error().code())),
              result.error().message());
}

Status check_gpu_evidence(const EvidenceBundle& bundle, const Statement& statement) {
  if (bundle.gpu_evidence.empty() && statement.gpu_evidence_digest.empty()) return {};
  if (bundle.gpu_evidence.empty() ||
      !equal(crypto::sha256(bundle.gpu_evidence), statement.gpu_evidence_digest)) {
    return fail(AttestError::kBindingMismatch,
                "the GPU evidence is not the one that the statement names");
  }
  return fail(AttestError::kPolicyIncomplete, "GPU evidence verification is not built yet");
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

}  // namespace

Result<VerifiedWorker> verify_evidence(const EvidenceBundle& bundle, const Policy& policy,
                                       const ProvenBlock& block, UnixSeconds now) {
  TRY(const Statement statement, Statement::decode(bundle.statement));
  TRY_VOID(check_statement(statement, policy));

  TRY(intel::UnverifiedQuote unverified, as_judged(intel::UnverifiedQuote::parse(bundle.quote)));
  TRY_VOID(check_complete(policy));
  TRY(const auto roots, usable_roots(policy));
  TRY(const intel::VerifiedQuote quote,
      as_judged(intel::verify_quote(std::move(unverified), roots)));
  if (!quote.chain().validity.contains(now)) {
    return fail(AttestError::kStale, "a certificate of the quote is outside its validity");
  }
  const bool is_vendor_root = quote.root() == intel::intel_sgx_root();
  if (is_vendor_root) TRY_VOID(check_intel_tcb(quote, policy, now));

  if (quote.body().report_data != report_data_for(bundle.statement)) {
    return fail(AttestError::kBindingMismatch, "the quote vouches for another statement");
  }
  TRY_VOID(check_gpu_evidence(bundle, statement));
  TRY_VOID(check_td(quote.body()));
  TRY(const ImageMatch image, match_image(quote.body(), policy));
  TRY_VOID(check_configuration(bundle.configuration, statement));
  TRY_VOID(check_block(statement, block, policy.statement_age_max, now));

  VerifiedWorker worker;
  worker.kid_ = kid_for(bundle.statement);
  worker.statement_ = statement;
  worker.platform_ = Platform::kTdx;
  worker.platform_id_ = to_bytes(quote.pck().ppid);
  worker.image_name_ = image.name;
  worker.image_hash_ = image.hash;
  worker.is_development_root_ = !is_vendor_root;
  return worker;
}

}  // namespace cocoon::attest
