#include "attest/checks.h"

#include <algorithm>
#include <optional>

#include "attest/intel/quote_verify.h"

namespace cocoon::attest {
namespace {

// TDATTRIBUTES (Intel TDX Module Base Architecture Specification): bits 0-7 make a TD untrusted.
constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }
constexpr std::uint64_t kDebug = bit(0);
constexpr std::uint64_t kUntrusted = 0xff;
constexpr std::uint64_t kSeptVeDisable = bit(28);
constexpr std::uint64_t kMigratable = bit(29);
// LASS, PKS, KL, TPA, PERFMON: what a TD may use without exposing itself.
constexpr std::uint64_t kHarmless = bit(27) | bit(30) | bit(31) | bit(62) | bit(63);

// How far ahead of ours the chain's clock may be.
constexpr std::int64_t kFutureSecondsMax = 120;

template <std::size_t N>
bool is_zero(const ByteArray<N>& bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

std::string status_text(intel::TcbStatus status, const std::vector<std::string>& advisories) {
  if (status == intel::TcbStatus::kNotSupported) {
    return "the platform's firmware is older than every level that Intel knows (NotSupported)";
  }
  std::string out =
      "the platform's TCB status is " + std::string(intel::name_of(status)) + ", not UpToDate";
  for (std::size_t i = 0; i < advisories.size(); ++i) {
    out += (i == 0 ? "; advisories " : ", ") + advisories[i];
  }
  return out;
}

std::unexpected<Error> bad_td(const char* why) { return fail(AttestError::kTdAttributes, why); }

std::unexpected<Error> other_config(const char* why) {
  return fail(AttestError::kConfigMismatch, why);
}

std::unexpected<Error> forbidden(const char* why) {
  return fail(AttestError::kForbiddenConfig, std::string("configuration: ") + why);
}

// What a configuration may name that the image does not measure: nothing that sees a prompt.
Status check_places(const WorkerConfig& config) {
  if (config.engine.kind == WorkerEngineConfig::Kind::kExternal) {
    return forbidden("an engine outside the TD is allowed on the devnet only");
  }
  if (config.engine.program != kImageEngineProgram) {
    return forbidden("an engine other than the image's own is allowed on the devnet only");
  }
  const std::string& copy = config.model.private_dir;
  if (!copy.empty() && (!copy.starts_with(kImagePrivateFolder) || copy.contains("/.."))) {
    return forbidden("a model copied to elsewhere than /run/cocoon is allowed on the devnet only");
  }
  return {};
}

}  // namespace

Status check_complete(const Policy& policy) {
  if (policy.images.empty()) {
    return fail(AttestError::kPolicyIncomplete, "the policy names no image");
  }
  return check_age_bound(policy);
}

Status check_age_bound(const Policy& policy) {
  if (policy.statement_age_max.count() <= 0) {
    return fail(AttestError::kPolicyIncomplete, "the policy bounds no age");
  }
  return {};
}

Result<std::vector<RootFingerprint>> usable_roots(const Policy& policy) {
  if (policy.roots.empty()) {
    return fail(AttestError::kPolicyIncomplete, "the policy names no attestation root");
  }
  if (policy.network == kDevnetNetworkId) return policy.roots;
  std::vector<RootFingerprint> usable;
  if (std::ranges::find(policy.roots, intel::intel_sgx_root()) != policy.roots.end())
    usable.push_back(intel::intel_sgx_root());
  if (usable.empty()) {
    return fail(AttestError::kUntrustedRoot,
                "none of the policy's roots is a vendor's; others count on the devnet only");
  }
  return usable;
}

std::vector<Error> td_problems(const intel::TdBody& body) {
  std::vector<Error> out;
  const auto refuse_if = [&](bool is_bad, const char* why) {
    if (is_bad) out.emplace_back(AttestError::kTdAttributes, why);
  };
  const std::uint64_t attributes = body.td_attributes;
  refuse_if((attributes & kDebug) != 0, "the TD is in debug mode");
  refuse_if((attributes & kUntrusted & ~kDebug) != 0, "the TD has an untrusted (TUD) attribute");
  refuse_if((attributes & kSeptVeDisable) == 0, "the TD lacks SEPT_VE_DISABLE");
  refuse_if((attributes & kMigratable) != 0, "the TD is migratable");
  refuse_if((attributes & ~(kUntrusted | kSeptVeDisable | kMigratable | kHarmless)) != 0,
            "the TD has an unknown attribute");
  refuse_if(body.td15 && !is_zero(body.td15->mr_service_td), "the TD is bound to a service TD");
  if (body.extended) {
    const intel::TdBodyExtended& more = *body.extended;
    refuse_if(!is_zero(more.first_service_td_hash) || !is_zero(more.first_service_td_attributes) ||
                  !is_zero(more.service_td_hash) || !is_zero(more.service_td_attributes),
              "the TD is or was bound to a service TD");
    refuse_if(!is_zero(more.device_info), "devices are bound to the TD, which are not judged");
  }
  return out;
}

Status check_td(const intel::TdBody& body) {
  std::vector<Error> problems = td_problems(body);
  if (!problems.empty()) return std::unexpected(std::move(problems.front()));
  return check_rtmr3(body);
}

Status check_rtmr3(const intel::TdBody& body) {
  if (!is_zero(body.rtmr[3])) return bad_td("RTMR3 is in use");
  return {};
}

std::vector<Error> platform_problems(const intel::TcbJudgement& tcb,
                                     const intel::VerifiedQuote& quote,
                                     const intel::VerifiedCollateral& collateral, UnixSeconds at,
                                     const Policy* policy) {
  std::vector<Error> out;
  if (policy != nullptr && policy->bans(quote.pck().ppid)) {
    out.emplace_back(AttestError::kBanned, "the policy bans this machine");
  }
  out.insert(out.end(), tcb.problems.begin(), tcb.problems.end());
  const bool is_tolerated =
      tcb.status &&
      (*tcb.status == intel::TcbStatus::kUpToDate ||
       (policy != nullptr && policy->tolerated_until(*tcb.status, tcb.advisories, at)));
  if (tcb.status && !is_tolerated) {
    out.emplace_back(AttestError::kTcbStatus, status_text(*tcb.status, tcb.advisories));
  }
  if (policy == nullptr) return out;
  if (collateral.evaluation_number() < policy->evaluation_number_min) {
    out.emplace_back(AttestError::kStale,
                     "the collateral's evaluation number is below the policy's floor");
  }
  return out;
}

Result<ImageMatch> match_image(const intel::TdBody& body, const Policy& policy) {
  bool software_known = false;
  std::optional<ImageMatch> match;
  for (const Image& image : policy.images) {
    if (image.mrtd != body.mrtd || image.rtmr1 != body.rtmr[1] || image.rtmr2 != body.rtmr[2]) {
      continue;
    }
    software_known = true;
    for (const MachineShape& shape : image.shapes) {
      if (shape.rtmr0 != body.rtmr[0] || shape.xfam != body.xfam) continue;
      if (!match) match = {.name = image.name, .hash = image_hash_of(image, shape), .gpus = {}};
      match->gpus.push_back(shape.gpus);
    }
  }
  if (match) return *std::move(match);
  return fail(AttestError::kImageNotAllowed,
              software_known ? "the image is allowed, this shape of machine (RTMR0, XFAM) is not"
                             : "MRTD, RTMR1 and RTMR2 are those of no image in the list");
}

Status check_configuration(BytesView configuration, const Statement& statement,
                           const Policy& policy) {
  if (ConfigHash(crypto::sha256(configuration)) != statement.config_hash) {
    return other_config("the configuration is not the one that the statement names");
  }
  TRY(const WorkerConfig config, parse_worker_config(configuration));
  if (config.network != statement.network) {
    return other_config("configuration and statement name different networks");
  }
  if (config.model.name != statement.model_name) {
    return other_config("configuration and statement name different models");
  }
  if (config.owner_address != statement.owner_address || config.slot_id != statement.slot_id) {
    return other_config("configuration and statement name different owners or slots");
  }
  if (!policy.trusts(config.chain.trusted)) {
    return forbidden("the worker's trusted block is none of the registry's");
  }
  if (statement.network == kDevnetNetworkId) return {};
  return check_places(config);
}

Status check_block(const Statement& statement, const ProvenBlock& block,
                   std::chrono::seconds age_max, UnixSeconds now) {
  if (statement.block_seqno != block.seqno || statement.block_root_hash != block.root_hash) {
    return fail(AttestError::kUnknownBlock,
                "the statement names a block that the chain does not have");
  }
  const std::int64_t age = std::int64_t{now.value()} - std::int64_t{block.generated_at.value()};
  if (age > age_max.count()) {
    return fail(AttestError::kStale, "the statement's block is too old");
  }
  if (age < -kFutureSecondsMax) {
    return fail(AttestError::kStale, "the statement's block is from the future");
  }
  return {};
}

}  // namespace cocoon::attest
