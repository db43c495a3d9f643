#include "tee/machine.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "tee/machine_checks.h"

namespace cocoon::tee {
namespace {

constexpr std::uint16_t kClientPort = 10000;
constexpr std::uint16_t kProxyPort = 11000;
constexpr std::uint16_t kWorkerStatusPort = 12000;

bool names(const std::vector<MachineRole>& roles, MachineRole role) {
  return std::ranges::find(roles, role) != roles.end();
}

std::optional<KernelVersion> parse_kernel(std::string_view release) {
  KernelVersion version;
  const std::size_t dot = release.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto read = [](std::string_view digits, unsigned& out) {
    return std::from_chars(digits.data(), digits.data() + digits.size(), out).ec == std::errc{};
  };
  if (!read(release.substr(0, dot), version.major)) return std::nullopt;
  if (!read(release.substr(dot + 1), version.minor)) return std::nullopt;
  return version;
}

RoleVerdict judge(const Checkup& checkup, MachineRole role) {
  const std::string name(to_text(role));
  std::size_t mends = 0;
  for (const Check& check : checkup.checks) {
    if (names(check.impossible, role)) return {role, Verdict::kNo, check.text};
    if (check.state == CheckState::kMend && names(check.roles, role)) ++mends;
  }
  if (role == MachineRole::kWorker && checkup.find("tdx-guest")->state == CheckState::kNote) {
    const bool is_host = checkup.find("tdx-host")->state == CheckState::kOk;
    return {role, Verdict::kDevelopment,
            is_host ? "this is a TDX host: start a trust domain on it and run the worker in there"
                    : "without a TDX guest a worker counts on development networks only, with "
                      "tdx-sim (cocoon up)"};
  }
  if (mends > 0) {
    return {role, Verdict::kMend,
            "can be a " + name + " once " + std::to_string(mends) +
                (mends == 1 ? " thing is mended" : " things are mended")};
  }
  return {role, Verdict::kReady, "can be a " + name};
}

}  // namespace

std::string_view to_text(MachineRole role) {
  switch (role) {
    case MachineRole::kClient:
      return "client";
    case MachineRole::kProxy:
      return "proxy";
    case MachineRole::kWorker:
      return "worker";
  }
  COCOON_CHECK(false);
}

std::string_view to_text(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "ok";
    case CheckState::kNote:
      return "note";
    case CheckState::kMend:
      return "mend";
  }
  COCOON_CHECK(false);
}

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kReady:
      return "ready";
    case Verdict::kMend:
      return "mend";
    case Verdict::kDevelopment:
      return "development";
    case Verdict::kNo:
      return "no";
  }
  COCOON_CHECK(false);
}

const Check* Checkup::find(std::string_view id) const {
  const auto found = std::ranges::find(checks, id, &Check::id);
  return found == checks.end() ? nullptr : &*found;
}

const RoleVerdict& Checkup::of(MachineRole role) const {
  const auto found = std::ranges::find(roles, role, &RoleVerdict::role);
  COCOON_CHECK(found != roles.end());
  return *found;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view value_of(std::string_view text, std::string_view key) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trimmed(line.substr(0, colon)) == key) {
      return trimmed(line.substr(colon + 1));
    }
    begin = end + 1;
  }
  return {};
}

bool MachineBasics::has_flag(std::string_view flag) const {
  return std::ranges::binary_search(processor_flags, flag);
}

MachineBasics read_basics(MachineProbe& probe) {
  MachineBasics out;
  out.kernel_release = trimmed(probe.read("/proc/sys/kernel/osrelease").value_or(""));
  out.kernel = parse_kernel(out.kernel_release);
  const std::string processors = probe.read("/proc/cpuinfo").value_or("");
  out.processor_vendor = value_of(processors, "vendor_id");
  const std::string_view flags = value_of(processors, "flags");
  for (std::size_t begin = 0; begin < flags.size();) {
    const std::size_t end = std::min(flags.find(' ', begin), flags.size());
    if (end > begin) out.processor_flags.emplace_back(flags.substr(begin, end - begin));
    begin = end + 1;
  }
  std::ranges::sort(out.processor_flags);
  return out;
}

Checkup examine(MachineProbe& probe, const CheckupOptions& options) {
  const MachineBasics basics = read_basics(probe);
  Checkup out;
  out.checks.push_back(check_kernel(basics));
  out.checks.push_back(check_processors(probe));
  out.checks.push_back(check_memory(probe));
  out.checks.push_back(check_disk(probe, options.state));
  out.checks.push_back(check_clock(probe));
  out.checks.push_back(check_open_files(probe));
  out.checks.push_back(check_port(probe, MachineRole::kClient, kClientPort));
  out.checks.push_back(check_port(probe, MachineRole::kProxy, kProxyPort));
  out.checks.push_back(check_port(probe, MachineRole::kWorker, kWorkerStatusPort));
  out.checks.push_back(check_tdx_guest(probe, basics, options.tsm));
  out.checks.push_back(check_tdx_host(probe, basics));
  out.checks.push_back(check_sev_guest(probe, options.tsm));
  out.checks.push_back(check_sev_host(probe, basics));
  const std::vector<Check> gpus = check_gpus(probe, basics);
  out.checks.insert(out.checks.end(), gpus.begin(), gpus.end());
  out.checks.push_back(check_engine(probe, options.programs));
  out.checks.push_back(check_model(probe, options.models));
  out.checks.push_back(
      check_packages(probe, gpus.size() > 1, out.find("tdx-host")->state == CheckState::kOk));
  for (const MachineRole role : kMachineRoles) out.roles.push_back(judge(out, role));
  return out;
}

}  // namespace cocoon::tee
