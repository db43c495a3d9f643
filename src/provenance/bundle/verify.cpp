#include "provenance/bundle/verify.h"

#include "attest/checks.h"
#include "attest/policy_cbor.h"
#include "attest/reason.h"
#include "crypto/hash.h"
#include "provenance/bundle/judging.h"

namespace cocoon::provenance::bundle {
namespace {

constexpr std::size_t kBooksRemembered = 64;
constexpr std::size_t kHeldRemembered = 4'096;

// Which part an evidence's refusal is the fault of.
Part part_of(const Error& why) {
  if (why.is(attest::AttestError::kCollateral) || why.is(attest::AttestError::kNoCollateral) ||
      why.is(attest::AttestError::kStale)) {
    return Part::kCollateral;
  }
  if (why.is(attest::AttestError::kPolicyIncomplete)) return Part::kRegistry;
  return Part::kEvidence;
}

}  // namespace

Result<UnixSeconds> claimed_time(const Bundle& bundle) {
  TRY(const Receipt receipt, parse_unverified_receipt(bundle.receipt));
  const std::uint64_t seconds = receipt.started_at.value() / 1000;
  if (seconds > UINT32_MAX) return fail(ProvenanceError::kMalformed, "a receipt of no time");
  return UnixSeconds(static_cast<std::uint32_t>(seconds));
}

Verifier::Verifier() : books_(kBooksRemembered), held_(kHeldRemembered) {}

PolicyHash Verifier::hash_of(const Bundle& bundle, const Trust& trust) {
  if (!trust.registry) return bundle.registry.policy_hash();
  if (hashed_ != trust.registry) {
    hashed_ = trust.registry;
    hash_of_hashed_ = hashed_->policy.hash();
  }
  return hash_of_hashed_;
}

Verifier::Judged Verifier::judge_evidence(const Bundle& bundle,
                                          const attest::EvidenceBundle& evidence,
                                          const attest::Statement& statement, const Trust& trust,
                                          const PolicyHash& policy_hash) {
  const Key key = crypto::sha256({label("cocoon/1 judged"), crypto::sha256(bundle.evidence),
                                  crypto::sha256(bundle.collateral), policy_hash.view(),
                                  encode_block(bundle.block)});
  const Held* const known = held_.find(key);
  if (known != nullptr && known->first <= trust.at && trust.at <= known->last) {
    return known->worker;
  }
  attest::Policy own;
  if (!trust.registry) {
    auto decoded = attest::decode_policy(bundle.registry.policy);
    if (!decoded) return std::unexpected(Refusal{std::move(decoded).error(), Part::kRegistry});
    own = std::move(*decoded);
  }
  Judged judged =
      judge_afresh(bundle, evidence, statement, trust.registry ? trust.registry->policy : own,
                   policy_hash, trust.at);
  if (judged) {
    held_.remember(key, {.worker = *judged,
                         .first = known != nullptr ? std::min(known->first, trust.at) : trust.at,
                         .last = known != nullptr ? std::max(known->last, trust.at) : trust.at});
  }
  return judged;
}

Verifier::Judged Verifier::judge_afresh(const Bundle& bundle,
                                        const attest::EvidenceBundle& evidence,
                                        const attest::Statement& statement,
                                        const attest::Policy& policy, const PolicyHash& policy_hash,
                                        UnixSeconds at) {
  if (auto fresh = attest::check_block(statement, bundle.block, policy.statement_age_max, at);
      !fresh) {
    return std::unexpected(Refusal{std::move(fresh).error(), Part::kBlock});
  }
  std::shared_ptr<const attest::CollateralBook> book;
  if (bundle.collateral.empty()) {
    book = std::make_shared<const attest::CollateralBook>();
  } else {
    const Key key = crypto::sha256(
        {label("cocoon/1 book"), crypto::sha256(bundle.collateral), policy_hash.view()});
    if (const auto* const known = books_.find(key); known != nullptr) {
      book = *known;
    } else {
      auto roots = attest::usable_roots(policy);
      if (!roots) return std::unexpected(Refusal{std::move(roots).error(), Part::kRegistry});
      auto made = std::make_shared<attest::CollateralBook>();
      if (auto admitted = made->admit(bundle.collateral, *roots, at); !admitted) {
        return std::unexpected(Refusal{std::move(admitted).error(), Part::kCollateral});
      }
      book = std::move(made);
      books_.remember(key, book);
    }
  }
  auto worker = attest::verify_evidence(evidence, *book, policy, bundle.block, at, platforms_);
  if (!worker) {
    const Part part = part_of(worker.error());
    return std::unexpected(Refusal{std::move(worker).error(), part});
  }
  return std::make_shared<const attest::VerifiedWorker>(std::move(*worker));
}

Chain Verifier::verify(const Bundle& bundle, const Trust& trust, const Presented* presented) {
  Judging judging(*this, bundle, trust, presented);
  return std::move(judging).run();
}

}  // namespace cocoon::provenance::bundle
