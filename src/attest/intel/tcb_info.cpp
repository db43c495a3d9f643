#include "attest/intel/tcb_info.h"

#include <algorithm>
#include <tuple>

namespace cocoon::attest::intel {
namespace {

constexpr std::uint32_t kAny = 0xffff'ffff;

using Components = std::array<std::uint8_t, 16>;

Result<Components> read_components(const JsonFields& tcb, std::string_view key) {
  TRY(const codec::Json::Array* const items, tcb.items(key));
  Components out{};
  if (items->size() != out.size()) {
    return fail(IntelError::kBadCollateral,
                "TCB info: " + std::string(key) + " has not 16 components");
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    TRY(const JsonFields component, JsonFields::of((*items)[i], key));
    TRY(const std::uint32_t svn, component.number("svn", 255));
    out[i] = static_cast<std::uint8_t>(svn);
  }
  return out;
}

auto rank(const PlatformLevel& level) {
  return std::tie(level.sgx_components, level.pce_svn, level.tdx_components);
}

// Intel's lists are sorted; its own verifier sorts them again and refuses a level that occurs
// twice, so that the order of a list decides nothing.
template <class Level, class Rank>
Status sort_highest_first(std::vector<Level>& levels, Rank rank_of) {
  std::ranges::sort(levels,
                    [&](const Level& a, const Level& b) { return rank_of(a) > rank_of(b); });
  const auto twice = std::ranges::adjacent_find(
      levels, [&](const Level& a, const Level& b) { return rank_of(a) == rank_of(b); });
  if (twice == levels.end()) return {};
  return fail(IntelError::kBadCollateral, "a TCB level occurs twice");
}

Result<PlatformLevel> read_platform_level(const codec::Json& item) {
  TRY(const JsonFields level, JsonFields::of(item, "TCB level"));
  TRY(const JsonFields tcb, level.object("tcb"));
  PlatformLevel out;
  TRY(out.sgx_components, read_components(tcb, "sgxtcbcomponents"));
  TRY(out.pce_svn, tcb.number("pcesvn", kAny));
  TRY(out.tdx_components, read_components(tcb, "tdxtcbcomponents"));
  TRY(out.verdict, read_level_verdict(level));
  return out;
}

Result<ModuleSigner> read_module_signer(const JsonFields& module) {
  ModuleSigner out;
  TRY(out.mr_signer, module.hex<48>("mrsigner"));
  TRY(out.attributes, module.hex<8>("attributes"));
  TRY(out.attributes_mask, module.hex<8>("attributesMask"));
  return out;
}

Result<ModuleIdentity> read_module(const codec::Json& item) {
  TRY(const JsonFields module, JsonFields::of(item, "TDX module identity"));
  ModuleIdentity out;
  TRY(out.id, module.text("id"));
  std::ranges::transform(out.id, out.id.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  TRY(out.signer, read_module_signer(module));
  TRY(out.levels, read_svn_levels(module));
  TRY_VOID(sort_highest_first(out.levels, [](const SvnLevel& level) { return level.isv_svn; }));
  return out;
}

Status check_kind(const JsonFields& info) {
  TRY(const std::uint32_t version, info.number("version", kAny));
  if (version != 3) {
    return fail(IntelError::kCollateralMismatch,
                "the TCB info has version " + std::to_string(version) + ", TDs need 3");
  }
  TRY(const std::string id, info.text("id"));
  if (id != "TDX") {
    return fail(IntelError::kCollateralMismatch, "the TCB info is not for TDX");
  }
  TRY(const std::uint32_t type, info.number("tcbType", kAny));
  if (type != 0) return fail(IntelError::kBadCollateral, "TCB info: unknown tcbType");
  return {};
}

}  // namespace

const SvnLevel* level_of(const std::vector<SvnLevel>& levels, std::uint32_t isv_svn) {
  const auto found =
      std::ranges::find_if(levels, [&](const SvnLevel& level) { return level.isv_svn <= isv_svn; });
  return found == levels.end() ? nullptr : &*found;
}

const ModuleIdentity* TcbInfo::module_of(std::uint8_t major_version) const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string id = "TDX_";
  id += kDigits[major_version >> 4U];
  id += kDigits[major_version & 0xfU];
  const auto found = std::ranges::find(modules, id, &ModuleIdentity::id);
  return found == modules.end() ? nullptr : &*found;
}

Result<LevelVerdict> read_level_verdict(const JsonFields& level) {
  LevelVerdict out;
  TRY(const std::string status, level.text("tcbStatus"));
  const std::optional<TcbStatus> known = tcb_status_of(status);
  if (!known || *known > TcbStatus::kRevoked) {
    return fail(IntelError::kBadCollateral, "a TCB level has an unknown status");
  }
  out.status = *known;
  TRY(out.tcb_date, level.date("tcbDate"));
  TRY(out.advisories, level.texts_or_none("advisoryIDs"));
  return out;
}

Result<std::vector<SvnLevel>> read_svn_levels(const JsonFields& parent) {
  TRY(const codec::Json::Array* const items, parent.items("tcbLevels"));
  std::vector<SvnLevel> out;
  for (const codec::Json& item : *items) {
    TRY(const JsonFields level, JsonFields::of(item, "TCB level"));
    TRY(const JsonFields tcb, level.object("tcb"));
    SvnLevel read;
    TRY(read.isv_svn, tcb.number("isvsvn", kAny));
    TRY(read.verdict, read_level_verdict(level));
    switch (read.verdict.status) {
      case TcbStatus::kUpToDate:
      case TcbStatus::kOutOfDate:
      case TcbStatus::kRevoked:
        break;
      case TcbStatus::kSwHardeningNeeded:
      case TcbStatus::kConfigurationNeeded:
      case TcbStatus::kConfigurationAndSwHardeningNeeded:
      case TcbStatus::kOutOfDateConfigurationNeeded:
      case TcbStatus::kTdRelaunchAdvised:
      case TcbStatus::kTdRelaunchAdvisedConfigurationNeeded:
      case TcbStatus::kNotSupported:
        return fail(IntelError::kBadCollateral, "a status that only platforms have");
    }
    out.push_back(std::move(read));
  }
  return out;
}

Result<codec::Json> parse_collateral_json(std::string_view json, std::string_view what) {
  auto parsed = codec::parse_json(json, {.depth = 16, .nodes = 50'000});
  if (parsed.has_value()) return parsed;
  return fail(IntelError::kBadCollateral, std::string(what) + ": " + parsed.error().message());
}

Result<TcbInfo> parse_tcb_info(std::string_view json) {
  TRY(const codec::Json parsed, parse_collateral_json(json, "TCB info"));
  TRY(const JsonFields info, JsonFields::of(parsed, "TCB info"));
  TRY_VOID(check_kind(info));
  TcbInfo out;
  TRY(out.issued_at, info.date("issueDate"));
  TRY(out.next_update, info.date("nextUpdate"));
  TRY(out.evaluation_number, info.number("tcbEvaluationDataNumber", kAny));
  TRY(out.fmspc, info.hex<6>("fmspc"));
  TRY(out.pce_id, info.hex<2>("pceId"));
  TRY(const JsonFields module, info.object("tdxModule"));
  TRY(out.module, read_module_signer(module));
  if (info.has("tdxModuleIdentities")) {
    TRY(const codec::Json::Array* const modules, info.items("tdxModuleIdentities"));
    for (const codec::Json& item : *modules) {
      TRY(ModuleIdentity identity, read_module(item));
      out.modules.push_back(std::move(identity));
    }
  }
  TRY(const codec::Json::Array* const levels, info.items("tcbLevels"));
  for (const codec::Json& item : *levels) {
    TRY(PlatformLevel level, read_platform_level(item));
    out.levels.push_back(std::move(level));
  }
  TRY_VOID(sort_highest_first(out.levels, rank));
  return out;
}

}  // namespace cocoon::attest::intel
