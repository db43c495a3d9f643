// What any program needs: kernel, memory, disk, clock, limits, packages, engine, model.

#include <algorithm>
#include <charconv>

#include "tee/machine_checks.h"

namespace cocoon::tee {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kGiB = 1ULL << 30U;
constexpr std::uint64_t kMemoryMin = 128 * kMiB;   // any role
constexpr std::uint64_t kMemoryWorker = 2 * kGiB;  // the smallest useful model
constexpr std::uint64_t kDiskMin = 64 * kMiB;
constexpr std::uint64_t kDiskWorker = 2 * kGiB;
constexpr std::uint64_t kOpenFilesMin = 256;
constexpr std::uint64_t kOpenFilesServer = 4096;  // a proxy's 2,000 connections and more
constexpr KernelVersion kKernelMin{5, 10};        // pidfd, close_range
constexpr int kModelDepth = 3;

const std::vector<MachineRole> kAll = {MachineRole::kClient, MachineRole::kProxy,
                                       MachineRole::kWorker};

std::optional<std::uint64_t> number_at(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 10 * kGiB) return std::to_string(bytes / kMiB) + " MiB";
  return std::to_string(bytes / kGiB) + " GiB";
}

// "0-3,8" is five processors.
std::size_t count_processors(std::string_view online) {
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < online.size();) {
    const std::size_t end = std::min(online.find(',', begin), online.size());
    const std::string_view range = online.substr(begin, end - begin);
    const auto first = number_at(range);
    const std::size_t dash = range.find('-');
    const auto last = dash == std::string_view::npos ? first : number_at(range.substr(dash + 1));
    if (first && last && *last >= *first) count += *last - *first + 1;
    begin = end + 1;
  }
  return count;
}

// A GGUF file in the folder or a few levels below it.
std::optional<std::filesystem::path> find_model(MachineProbe& probe,
                                                const std::filesystem::path& folder, int depth) {
  for (const std::string& name : probe.list(folder)) {
    if (name.ends_with(".gguf")) return folder / name;
    if (depth == 0 || name.starts_with('.')) continue;
    if (auto below = find_model(probe, folder / name, depth - 1)) return below;
  }
  return std::nullopt;
}

// Names of installed Debian packages, a line each; nothing where there is no dpkg.
std::optional<std::string> installed_packages(MachineProbe& probe) {
  return probe.output_of({"dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\\n"});
}

bool is_installed(std::string_view packages, const std::string& package) {
  const std::string line = "installed " + package + "\n";
  return packages.starts_with(line) || packages.contains("\n" + line);
}

// The installed Debian package that steers the clock, which is also its service's name.
std::string time_service(std::string_view packages) {
  for (const char* const package : {"chrony", "systemd-timesyncd", "ntpsec", "openntpd", "ntp"}) {
    if (is_installed(packages, package)) return package;
  }
  return {};
}

}  // namespace

Check check_kernel(const MachineBasics& basics) {
  Check check{.id = "kernel", .state = CheckState::kOk, .text = "Linux " + basics.kernel_release};
  if (!basics.kernel) {
    check.state = CheckState::kNote;
    check.text = "the kernel does not tell its version";
  } else if (!basics.is_at_least(kKernelMin)) {
    check.state = CheckState::kMend;
    check.roles = kAll;
    check.impossible = {MachineRole::kWorker};
    check.text += " is too old for a worker, which needs 5.10 or later";
    check.command = "apt-get install linux-image-amd64";
  }
  return check;
}

Check check_processors(MachineProbe& probe) {
  const std::string online = probe.read("/sys/devices/system/cpu/online").value_or("");
  const std::size_t count = count_processors(trimmed(online));
  const std::string info = probe.read("/proc/cpuinfo").value_or("");
  const std::string_view model = value_of(info, "model name");
  if (count == 0) {
    return {.id = "processors",
            .state = CheckState::kNote,
            .text = "the number of processors is not told"};
  }
  return {.id = "processors",
          .state = CheckState::kOk,
          .text = std::to_string(count) + (count == 1 ? " processor" : " processors") +
                  (model.empty() ? "" : ": " + std::string(model))};
}

Check check_memory(MachineProbe& probe) {
  const std::string info = probe.read("/proc/meminfo").value_or("");
  const auto total_kib = number_at(value_of(info, "MemTotal"));
  const auto available_kib = number_at(value_of(info, "MemAvailable"));
  if (!total_kib || !available_kib) {
    return {.id = "memory", .state = CheckState::kNote, .text = "the memory's size is not told"};
  }
  std::uint64_t total = *total_kib * 1024;
  // A container's own limit.
  const auto bound = number_at(trimmed(probe.read("/sys/fs/cgroup/memory.max").value_or("")));
  if (bound) total = std::min(total, *bound);
  const std::uint64_t available = std::min(total, *available_kib * 1024);
  Check check{.id = "memory",
              .state = CheckState::kOk,
              .text = size_text(total) + " of memory, " + size_text(available) + " available"};
  if (total < kMemoryMin) {
    check.state = CheckState::kMend;
    check.roles = check.impossible = kAll;
    check.text += "; every role needs 128 MiB";
  } else if (available < kMemoryWorker) {
    check.state = CheckState::kMend;
    check.roles = {MachineRole::kWorker};
    check.text += "; a worker needs 2 GiB and twice its model's size";
    check.command = "ps -eo rss,pid,comm --sort=-rss | head";
    if (total < kMemoryWorker) check.impossible = {MachineRole::kWorker};
  }
  return check;
}

Check check_disk(MachineProbe& probe, const std::filesystem::path& state) {
  const auto free = probe.disk_free(state);
  if (!free) {
    return {.id = "disk",
            .state = CheckState::kNote,
            .text = "the free space of " + state.string() + " is not told"};
  }
  Check check{.id = "disk",
              .state = CheckState::kOk,
              .text = size_text(*free) + " free below " + state.string()};
  if (*free >= kDiskWorker) return check;
  check.state = CheckState::kMend;
  check.roles = {MachineRole::kWorker};
  check.text += *free < kDiskMin ? "; every role needs 64 MiB" : "; a worker needs 2 GiB";
  check.command = "du -xh " + state.string() + " | sort -h | tail";
  if (*free < kDiskMin) check.roles = kAll;
  return check;
}

Check check_clock(MachineProbe& probe) {
  const auto clock = probe.clock();
  if (!clock) {
    return {.id = "clock", .state = CheckState::kNote, .text = "the clock's state is not told"};
  }
  if (clock->synchronised) {
    return {.id = "clock", .state = CheckState::kOk, .text = "the clock is synchronised"};
  }
  const std::string installed = time_service(installed_packages(probe).value_or(""));
  return {
      .id = "clock",
      .state = CheckState::kMend,
      .text = "the clock is not synchronised; evidence and requests expire by it",
      .command = installed.empty() ? "apt-get install chrony" : "systemctl restart " + installed,
      .roles = kAll};
}

Check check_open_files(MachineProbe& probe) {
  const OpenFileLimits limits = probe.open_file_limits();
  const std::string soft = std::to_string(limits.soft);
  Check check{.id = "open-files",
              .state = CheckState::kOk,
              .text = "a process started from here may open " + soft + " files"};
  if (limits.hard < kOpenFilesMin) {
    check.state = CheckState::kMend;
    check.roles = kAll;
    check.text += "; every role needs 256";
    check.command = "echo '* - nofile 65536' >> /etc/security/limits.conf  # and log in again";
  } else if (limits.soft < kOpenFilesServer) {
    check.state = CheckState::kNote;
    check.text += "; a proxy with many peers needs more, and the systemd units raise it";
    check.command = "ulimit -n " + std::to_string(std::min<std::uint64_t>(limits.hard, 65536));
  }
  return check;
}

Check check_packages(MachineProbe& probe, bool has_gpu, bool is_tdx_host) {
  const auto packages = installed_packages(probe);
  Check check{.id = "packages", .state = CheckState::kOk};
  if (!packages) {
    check.state = CheckState::kNote;
    check.text = "this system is not a Debian; install what docs/operations.md lists its own way";
    return check;
  }
  std::string missing;
  if (time_service(*packages).empty()) missing += " chrony";
  if (has_gpu && !probe.find_program("nvidia-smi")) missing += " nvidia-smi";
  if (is_tdx_host && !is_installed(*packages, "qemu-system-x86")) missing += " qemu-system-x86";
  if (is_tdx_host && !is_installed(*packages, "ovmf")) missing += " ovmf";
  if (missing.empty()) {
    check.text = "no Debian package is missing";
    return check;
  }
  check.state = CheckState::kNote;
  check.text = "Debian packages worth having are missing:" + missing;
  check.command = "apt-get install" + missing;
  return check;
}

Check check_engine(MachineProbe& probe, const std::filesystem::path& programs) {
  const std::filesystem::path own = programs / "llama-server";
  if (probe.presence(own) == Presence::kReadable) {
    return {
        .id = "llama-server", .state = CheckState::kOk, .text = "the engine is " + own.string()};
  }
  if (const auto found = probe.find_program("llama-server")) {
    return {
        .id = "llama-server", .state = CheckState::kOk, .text = "the engine is " + found->string()};
  }
  return {.id = "llama-server",
          .state = CheckState::kMend,
          .text = "there is no llama-server, the engine that a worker runs",
          .command = "apt-get install ./cocoon-worker_*.deb  # or tools/build-llama-server",
          .roles = {MachineRole::kWorker}};
}

Check check_model(MachineProbe& probe, const std::filesystem::path& models) {
  if (const auto model = find_model(probe, models, kModelDepth)) {
    return {
        .id = "model", .state = CheckState::kOk, .text = "there is a model, " + model->string()};
  }
  return {.id = "model",
          .state = CheckState::kMend,
          .text = "there is no model below " + models.string() +
                  "; a worker may have its own anywhere (cocoon worker setup --model PATH)",
          .command = "tools/fetch-model",
          .roles = {MachineRole::kWorker}};
}

}  // namespace cocoon::tee
