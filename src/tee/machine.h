#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tee/machine_probe.h"

namespace cocoon::tee {

enum class MachineRole : std::uint8_t { kClient, kProxy, kWorker };
inline constexpr MachineRole kMachineRoles[] = {MachineRole::kClient, MachineRole::kProxy,
                                                MachineRole::kWorker};
[[nodiscard]] std::string_view to_text(MachineRole role);  // "client"

enum class CheckState : std::uint8_t {
  kOk,
  kNote,  // worth knowing; nothing has to be done
  kMend,  // the roles it names are worse for it until it is mended
};
[[nodiscard]] std::string_view to_text(CheckState state);  // "ok", "note", "mend"

// One question to the machine and its answer (docs/operations.md lists them).
struct Check {
  std::string id{};  // stable: "tdx-guest"
  CheckState state = CheckState::kOk;
  std::string text{};     // one sentence
  std::string command{};  // what mends it or tells more, for a shell; empty if there is none
  std::vector<MachineRole> roles{};       // whom a kMend concerns
  std::vector<MachineRole> impossible{};  // whom it rules out altogether
};

enum class Verdict : std::uint8_t {
  kReady,
  kMend,         // after the mends that name the role
  kDevelopment,  // worker only: with tdx-sim, on a development network
  kNo,
};
[[nodiscard]] std::string_view to_text(Verdict verdict);  // "ready", "mend", "development", "no"

struct RoleVerdict {
  MachineRole role = MachineRole::kClient;
  Verdict verdict = Verdict::kNo;
  std::string text{};  // one sentence
};

struct Checkup {
  std::vector<Check> checks;
  std::vector<RoleVerdict> roles;  // of every role, in the order of MachineRole

  [[nodiscard]] const Check* find(std::string_view id) const;
  [[nodiscard]] const RoleVerdict& of(MachineRole role) const;
};

struct CheckupOptions {
  std::filesystem::path programs;  // the folder of our programs, where llama-server may lie
  std::filesystem::path models;    // the folder where models are looked for
  std::filesystem::path state = "/var/lib";
  std::filesystem::path tsm = "/sys/kernel/config/tsm/report";
};

// Looks at the machine and says what it can be and what to mend. Never fails: what cannot be found
// out is a note.
[[nodiscard]] Checkup examine(MachineProbe& probe, const CheckupOptions& options);

}  // namespace cocoon::tee
