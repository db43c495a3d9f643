#include "attest/snp_checks.h"

#include <algorithm>
#include <optional>

#include "attest/amd/evidence.h"

namespace cocoon::attest {
namespace {

AttestError hub_code(amd::AmdError code) {
  using amd::AmdError;
  switch (code) {
    case AmdError::kMalformed:
      return AttestError::kMalformed;
    case AmdError::kUnsupported:
      return AttestError::kUnsupported;
    case AmdError::kBadSignature:
      return AttestError::kBadSignature;
    case AmdError::kUntrustedRoot:
      return AttestError::kUntrustedRoot;
    case AmdError::kTcbMismatch:
    case AmdError::kWrongChip:
    case AmdError::kRefusedProduct:
      return AttestError::kPlatform;
    case AmdError::kGuestPolicy:
      return AttestError::kTdAttributes;
    case AmdError::kTcbTooOld:
      return AttestError::kTcbStatus;
  }
  return AttestError::kPlatform;
}

template <class T>
Result<T> as_judged(Result<T> result) {
  if (result.has_value()) return result;
  if (result.error().library() != Library::kAttestAmd) {
    return fail(AttestError::kMalformed, result.error().message());
  }
  return fail(hub_code(static_cast<amd::AmdError>(result.error().code())),
              result.error().message());
}

bool is_amds_own(const crypto::Sha256Digest& root) {
  return std::ranges::find(amd::amd_roots(), root) != amd::amd_roots().end();
}

Result<std::vector<crypto::Sha256Digest>> usable_snp_roots(const Policy& policy) {
  if (policy.snp.roots.empty()) {
    return fail(AttestError::kPolicyIncomplete, "the policy names no root for SEV-SNP");
  }
  std::vector<crypto::Sha256Digest> roots = policy.snp.roots;
  if (policy.network != kDevnetNetworkId) {
    std::erase_if(roots, [](const auto& root) { return !is_amds_own(root); });
  }
  return roots;
}

Result<ImageMatch> match_guest(const crypto::Sha384Digest& measurement, const Policy& policy) {
  std::optional<ImageMatch> match;
  for (const SnpImage& image : policy.snp_images) {
    for (const SnpShape& shape : image.shapes) {
      if (shape.measurement != measurement) continue;
      if (!match) match = {.name = image.name, .hash = image_hash_of(shape), .gpus = {}};
      match->gpus.push_back(shape.gpus);
    }
  }
  if (match) return *std::move(match);
  return fail(AttestError::kImageNotAllowed,
              "the guest's MEASUREMENT is that of no image in the list");
}

}  // namespace

Result<JudgedGuest> judge_guest(BytesView evidence, const ByteArray<64>& report_data,
                                const Policy& policy, UnixSeconds now,
                                amd::EndorsementCache& known) {
  TRY(const auto roots, usable_snp_roots(policy));
  if (policy.snp_images.empty()) {
    return fail(AttestError::kPolicyIncomplete, "the policy names no image for SEV-SNP");
  }
  TRY_VOID(check_age_bound(policy));
  TRY(const amd::VerifiedReport report,
      as_judged(amd::verify_snp_evidence(evidence, roots, now, known)));
  if (policy.bans(report.chip_id())) {
    return fail(AttestError::kBanned, "the policy bans this machine");
  }
  TRY_VOID(as_judged(amd::check_guest(report, policy.snp.guests)));
  if (report.body().report_data != report_data) {
    return fail(AttestError::kBindingMismatch, "the report vouches for another statement");
  }
  TRY(ImageMatch image, match_guest(report.body().measurement, policy));
  return JudgedGuest{.chip_id = report.chip_id(),
                     .is_development_root = !is_amds_own(report.root()),
                     .valid_until = report.valid_until(),
                     .image = std::move(image)};
}

}  // namespace cocoon::attest
