#pragma once

// The parts of tee::examine, each a few checks. For this folder's use only.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tee/machine.h"

namespace cocoon::tee {

struct KernelVersion {
  unsigned major = 0;
  unsigned minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};

// What several checks want to know.
struct MachineBasics {
  std::string kernel_release;
  std::optional<KernelVersion> kernel;
  std::vector<std::string> processor_flags;
  std::string processor_vendor;  // "GenuineIntel"

  [[nodiscard]] bool has_flag(std::string_view flag) const;
  [[nodiscard]] bool is_at_least(KernelVersion wanted) const { return kernel && *kernel >= wanted; }
};

[[nodiscard]] MachineBasics read_basics(MachineProbe& probe);

// Text without white space at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
// The value of the first line "key<blanks>: value" or "key: value".
[[nodiscard]] std::string_view value_of(std::string_view text, std::string_view key);

// machine_tee.cpp
[[nodiscard]] Check check_tdx_guest(MachineProbe& probe, const MachineBasics& basics,
                                    const std::filesystem::path& tsm);
[[nodiscard]] Check check_tdx_host(MachineProbe& probe, const MachineBasics& basics);
[[nodiscard]] Check check_sev_guest(MachineProbe& probe, const std::filesystem::path& tsm);
[[nodiscard]] Check check_sev_host(MachineProbe& probe, const MachineBasics& basics);
[[nodiscard]] std::vector<Check> check_gpus(MachineProbe& probe, const MachineBasics& basics);

// machine_system.cpp
[[nodiscard]] Check check_kernel(const MachineBasics& basics);
[[nodiscard]] Check check_processors(MachineProbe& probe);
[[nodiscard]] Check check_memory(MachineProbe& probe);
[[nodiscard]] Check check_disk(MachineProbe& probe, const std::filesystem::path& state);
[[nodiscard]] Check check_clock(MachineProbe& probe);
[[nodiscard]] Check check_open_files(MachineProbe& probe);
[[nodiscard]] Check check_packages(MachineProbe& probe, bool has_gpu, bool is_tdx_host);
[[nodiscard]] Check check_engine(MachineProbe& probe, const std::filesystem::path& programs);
[[nodiscard]] Check check_model(MachineProbe& probe, const std::filesystem::path& models);

// machine_ports.cpp
[[nodiscard]] Check check_port(MachineProbe& probe, MachineRole role, std::uint16_t port);

}  // namespace cocoon::tee
