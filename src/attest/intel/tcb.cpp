#include "attest/intel/tcb.h"

#include <algorithm>

#include "codec/rfc3339.h"

namespace cocoon::attest::intel {
namespace {

using Svn = ByteArray<16>;

std::uint8_t number(std::byte byte) { return std::to_integer<std::uint8_t>(byte); }
std::uint8_t module_svn(const Svn& svn) { return number(svn[0]); }
std::uint8_t module_version(const Svn& svn) { return number(svn[1]); }

Error problem(IntelError code, std::string text) { return {code, std::move(text)}; }

bool sgx_reaches(const PckInfo& pck, const PlatformLevel& level) {
  for (std::size_t i = 0; i < level.sgx_components.size(); ++i) {
    if (pck.component_svn[i] < level.sgx_components[i]) return false;
  }
  return pck.pce_svn >= level.pce_svn;
}

// A module with a major version has levels of its own, so the first two components are not these.
bool tdx_reaches(const Svn& svn, const PlatformLevel& level) {
  for (std::size_t i = module_version(svn) > 0 ? 2 : 0; i < svn.size(); ++i) {
    if (number(svn[i]) < level.tdx_components[i]) return false;
  }
  return true;
}

const PlatformLevel* level_of(const TcbInfo& info, const PckInfo& pck, const Svn* tdx) {
  const auto found = std::ranges::find_if(info.levels, [&](const PlatformLevel& level) {
    return sgx_reaches(pck, level) && (tdx == nullptr || tdx_reaches(*tdx, level));
  });
  return found == info.levels.end() ? nullptr : &*found;
}

// The statuses that one TEE_TCB_SVN leads to, with the levels that say so.
struct Reached {
  TcbStatus platform = TcbStatus::kNotSupported;
  TcbStatus module = TcbStatus::kNotSupported;
  TcbStatus both = TcbStatus::kNotSupported;
  std::vector<const LevelVerdict*> levels;
};

Reached reach(const TcbInfo& info, const PckInfo& pck, const Svn& svn) {
  Reached out;
  const PlatformLevel* const platform = level_of(info, pck, &svn);
  if (platform == nullptr) return out;
  out.platform = platform->verdict.status;
  if (module_version(svn) == 0) {
    out.module = TcbStatus::kUpToDate;
  } else {
    const ModuleIdentity* const identity = info.module_of(module_version(svn));
    const SvnLevel* const level =
        identity == nullptr ? nullptr : intel::level_of(identity->levels, module_svn(svn));
    if (level == nullptr) return out;
    out.module = level->verdict.status;
    out.levels.push_back(&level->verdict);
  }
  out.levels.push_back(&platform->verdict);
  out.both = converge(out.platform, out.module);
  return out;
}

// Whether the newest module that Intel knows runs already, and only the TD's launch was under an
// older one.
bool runs_newest(const TcbInfo& info, const Svn& current) {
  const PlatformLevel& newest = info.levels.front();
  if (number(current[2]) < newest.tdx_components[2]) return false;
  if (module_version(current) == 0) return module_svn(current) >= newest.tdx_components[0];
  const ModuleIdentity* const identity = info.module_of(module_version(current));
  return identity != nullptr && module_svn(current) >= identity->levels.front().isv_svn;
}

TcbStatus after_relaunch_check(const TcbInfo& info, const PckInfo& pck, const Reached& launch,
                               TcbStatus qe, const Svn& current) {
  const PlatformLevel* const sgx = level_of(info, pck, nullptr);
  if (sgx == nullptr || qe != TcbStatus::kUpToDate || launch.module != TcbStatus::kOutOfDate) {
    return launch.both;
  }
  const TcbStatus sgx_status = sgx->verdict.status;
  const bool sgx_is_kept = sgx_status == TcbStatus::kUpToDate ||
                           sgx_status == TcbStatus::kSwHardeningNeeded ||
                           sgx_status == TcbStatus::kConfigurationNeeded ||
                           sgx_status == TcbStatus::kConfigurationAndSwHardeningNeeded;
  const bool launch_is_old = launch.both == TcbStatus::kOutOfDate ||
                             launch.both == TcbStatus::kOutOfDateConfigurationNeeded;
  if (!sgx_is_kept || !launch_is_old || !runs_newest(info, current)) return launch.both;
  return needs_configuration(sgx_status) || needs_configuration(launch.both)
             ? TcbStatus::kTdRelaunchAdvisedConfigurationNeeded
             : TcbStatus::kTdRelaunchAdvised;
}

template <std::size_t N>
bool is_zero(const ByteArray<N>& bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

// The TDX module was made by whom the TCB info says, and has a level there at all.
void check_module(const TdBody& body, const TcbInfo& info, std::vector<Error>& problems) {
  const std::uint8_t version = module_version(body.tee_tcb_svn);
  const ModuleIdentity* const identity = version == 0 ? nullptr : info.module_of(version);
  if (version != 0 && identity == nullptr) {
    problems.push_back(
        problem(IntelError::kModuleMismatch,
                "the TCB info knows no TDX module of version " + std::to_string(version)));
    return;
  }
  const ModuleSigner& signer = identity == nullptr ? info.module : identity->signer;
  if (body.mr_signer_seam != signer.mr_signer) {
    problems.push_back(
        problem(IntelError::kModuleMismatch, "the TDX module is not signed by Intel"));
  }
  if (!is_zero(body.seam_attributes) || body.seam_attributes != signer.attributes) {
    problems.push_back(
        problem(IntelError::kModuleMismatch, "the TDX module's SEAMATTRIBUTES are not zero"));
  }
}

void check_time(const crypto::Validity& validity, UnixSeconds at, const char* what,
                std::vector<Error>& problems) {
  if (at < validity.first) {
    problems.push_back(problem(IntelError::kNotYetValid, std::string(what) + " valid only from " +
                                                             codec::write_rfc3339(validity.first)));
  }
  if (at > validity.last) {
    problems.push_back(problem(IntelError::kExpired, std::string(what) + " valid only until " +
                                                         codec::write_rfc3339(validity.last)));
  }
}

// Whether the list is that of the quote's own CA. The collateral may carry another certificate of
// the same CA, so the list's signature is what counts.
bool is_list_of(const PckChain& chain, const VerifiedCollateral& collateral) {
  const crypto::RevocationList& list = collateral.pck_list();
  if (!list.covers(chain.leaf)) return false;
  return chain.issuer.fingerprint() == collateral.pck_list_issuer() ||
         list.verify_issued_by(chain.issuer).has_value();
}

void check_revocation(const VerifiedQuote& quote, const VerifiedCollateral& collateral,
                      std::vector<Error>& problems) {
  const PckChain& chain = quote.chain();
  if (!is_list_of(chain, collateral)) {
    problems.push_back(problem(IntelError::kCollateralMismatch,
                               "the PCK CRL is not that of the certificate's issuer"));
  } else if (collateral.pck_list().revokes(chain.leaf)) {
    problems.push_back(problem(IntelError::kRevoked, "the PCK certificate is revoked"));
  }
  if (collateral.root_list().revokes(chain.issuer)) {
    problems.push_back(problem(IntelError::kRevoked, "the PCK certificate's issuer is revoked"));
  }
  if (collateral.is_signer_revoked()) {
    problems.push_back(problem(IntelError::kRevoked, "a signer of the collateral is revoked"));
  }
}

// Sets status, date and advisories from the levels.
void judge_levels(const VerifiedQuote& quote, const VerifiedCollateral& collateral,
                  TcbJudgement& out) {
  const TcbInfo& info = collateral.tcb_info();
  const TdBody& body = quote.body();
  const SvnLevel* const qe_level =
      intel::level_of(collateral.qe_identity().levels, quote.quote().qe_report().isv_svn);
  const TcbStatus qe = qe_level == nullptr ? TcbStatus::kNotSupported : qe_level->verdict.status;
  Reached launch = reach(info, quote.pck(), body.tee_tcb_svn);
  TcbStatus status = launch.both;
  std::vector<const LevelVerdict*> levels = launch.levels;
  if (body.td15) {
    status = after_relaunch_check(info, quote.pck(), launch, qe, body.td15->tee_tcb_svn2);
    const Reached current = reach(info, quote.pck(), body.td15->tee_tcb_svn2);
    if (is_worse(current.both, status)) {
      status = current.both;
      levels = current.levels;
    }
  }
  out.status = status == TcbStatus::kNotSupported ? status : converge(status, qe);
  if (*out.status == TcbStatus::kNotSupported) return;
  levels.push_back(&qe_level->verdict);
  out.tcb_date = levels.front()->tcb_date;
  for (const LevelVerdict* level : levels) {
    out.tcb_date = std::min(out.tcb_date, level->tcb_date);
    out.advisories.insert(out.advisories.end(), level->advisories.begin(), level->advisories.end());
  }
  std::ranges::sort(out.advisories);
  const auto repeated = std::ranges::unique(out.advisories);
  out.advisories.erase(repeated.begin(), repeated.end());
}

}  // namespace

TcbJudgement judge_tcb(const VerifiedQuote& quote, const VerifiedCollateral& collateral,
                       UnixSeconds at) {
  TcbJudgement out;
  if (quote.root() != collateral.root()) {
    out.problems.push_back(
        problem(IntelError::kCollateralMismatch, "quote and collateral have different roots"));
    return out;
  }
  check_time(quote.chain().validity, at, "the quote's certificates are", out.problems);
  check_time(collateral.validity(), at, "the collateral is", out.problems);
  check_revocation(quote, collateral, out.problems);

  const TcbInfo& info = collateral.tcb_info();
  std::vector<Error> mismatches;
  if (quote.pck().fmspc != info.fmspc || quote.pck().pce_id != info.pce_id) {
    mismatches.push_back(problem(IntelError::kPlatformMismatch,
                                 "FMSPC and PCEID of the quote's platform (" +
                                     to_hex(quote.pck().fmspc) + ", " + to_hex(quote.pck().pce_id) +
                                     ") are not those of the TCB info (" + to_hex(info.fmspc) +
                                     ", " + to_hex(info.pce_id) + ")"));
  } else {
    check_module(quote.body(), info, mismatches);
    const Status qe = collateral.qe_identity().matches(quote.quote().qe_report());
    if (!qe) mismatches.push_back(qe.error());
  }
  if (mismatches.empty()) judge_levels(quote, collateral, out);
  out.problems.insert(out.problems.end(), mismatches.begin(), mismatches.end());
  return out;
}

}  // namespace cocoon::attest::intel
