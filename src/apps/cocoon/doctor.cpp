#include "apps/cocoon/doctor.h"

#include <fmt/format.h>

#include "apps/cocoon/process.h"
#include "apps/common/role_program.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using tee::MachineRole;
using tee::Verdict;

// What to type next where a role is ready.
std::string_view next_step(MachineRole role) {
  switch (role) {
    case MachineRole::kClient:
      return "cocoon client run --config client.toml";
    case MachineRole::kProxy:
      return "cocoon proxy run --config proxy.toml";
    case MachineRole::kWorker:
      return "cocoon worker setup";
  }
  return "";
}

void print_role(const tee::RoleVerdict& role, const Terminal& terminal) {
  switch (role.verdict) {
    case Verdict::kReady:
      terminal.done(
          fmt::format("{:<7} {}: {}", to_text(role.role), role.text, next_step(role.role)));
      return;
    case Verdict::kDevelopment:
      terminal.note(fmt::format("{:<7} {}", to_text(role.role), role.text));
      return;
    case Verdict::kMend:
    case Verdict::kNo:
      terminal.mend(fmt::format("{:<7} {}{}", to_text(role.role),
                                role.verdict == Verdict::kNo ? "no: " : "", role.text),
                    "");
      return;
  }
}

void print_check(const tee::Check& check, const Terminal& terminal) {
  switch (check.state) {
    case tee::CheckState::kOk:
      terminal.done(check.text);
      return;
    case tee::CheckState::kNote:
      terminal.note(check.command.empty() ? check.text
                                          : fmt::format("{}: {}", check.text, check.command));
      return;
    case tee::CheckState::kMend:
      terminal.mend(check.text, check.command);
      return;
  }
}

Json check_json(const tee::Check& check) {
  Json roles = Json::array();
  for (const MachineRole role : check.roles)
    roles.as_array()->push_back(Json::string(to_text(role)));
  Json out = Json::object();
  out.set("id", Json::string(check.id));
  out.set("state", Json::string(to_text(check.state)));
  out.set("text", Json::string(check.text));
  out.set("command", check.command.empty() ? Json::null() : Json::string(check.command));
  out.set("roles", std::move(roles));
  return out;
}

}  // namespace

Json doctor_json(const tee::Checkup& checkup) {
  Json roles = Json::object();
  for (const tee::RoleVerdict& role : checkup.roles) {
    Json verdict = Json::object();
    verdict.set("verdict", Json::string(to_text(role.verdict)));
    verdict.set("text", Json::string(role.text));
    roles.set(to_text(role.role), std::move(verdict));
  }
  Json checks = Json::array();
  for (const tee::Check& check : checkup.checks) checks.as_array()->push_back(check_json(check));
  Json out = Json::object();
  out.set("roles", std::move(roles));
  out.set("checks", std::move(checks));
  return out;
}

void print_checkup(const tee::Checkup& checkup, const Terminal& terminal) {
  terminal.headline("What this machine is");
  for (const tee::Check& check : checkup.checks) print_check(check, terminal);
  terminal.headline("What it can be");
  for (const tee::RoleVerdict& role : checkup.roles) print_role(role, terminal);
}

int doctor_exit_status(const tee::Checkup& checkup) {
  for (const MachineRole role : {MachineRole::kClient, MachineRole::kProxy}) {
    if (checkup.of(role).verdict == Verdict::kNo) return kExitFailed;
  }
  return kExitOk;
}

int run_doctor(const Terminal& terminal) {
  const auto probe = tee::make_real_machine_probe();
  const std::filesystem::path programs = program_folder();
  const tee::Checkup checkup =
      examine(*probe, {.programs = programs, .models = programs.parent_path() / "models"});
  if (terminal.is_json()) {
    terminal.json(codec::write_json(doctor_json(checkup)));
  } else {
    print_checkup(checkup, terminal);
  }
  return doctor_exit_status(checkup);
}

}  // namespace cocoon::apps
