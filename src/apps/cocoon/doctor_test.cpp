#include "apps/cocoon/doctor.h"

#include <doctest/doctest.h>

using namespace cocoon;
using namespace cocoon::apps;
using tee::CheckState;
using tee::MachineRole;
using tee::Verdict;

namespace {

tee::Checkup checkup_with(Verdict client, Verdict proxy) {
  return {.checks = {{.id = "clock",
                      .state = CheckState::kMend,
                      .text = "the clock is not synchronised",
                      .command = "apt-get install chrony",
                      .roles = {MachineRole::kClient}},
                     {.id = "gpu", .state = CheckState::kNote, .text = "there is no GPU"}},
          .roles = {{MachineRole::kClient, client, "can be a client once 1 thing is mended"},
                    {MachineRole::kProxy, proxy, "can be a proxy"},
                    {MachineRole::kWorker, Verdict::kDevelopment, "for development"}}};
}

}  // namespace

TEST_CASE("the doctor's object names each check, its remedy and the roles' verdicts") {
  const std::string text =
      codec::write_json(doctor_json(checkup_with(Verdict::kMend, Verdict::kReady)));
  CHECK_EQ(
      text,
      R"({"roles":{"client":{"verdict":"mend","text":"can be a client once 1 thing is mended"},)"
      R"("proxy":{"verdict":"ready","text":"can be a proxy"},)"
      R"("worker":{"verdict":"development","text":"for development"}},)"
      R"("checks":[{"id":"clock","state":"mend","text":"the clock is not synchronised",)"
      R"("command":"apt-get install chrony","roles":["client"]},)"
      R"({"id":"gpu","state":"note","text":"there is no GPU","command":null,"roles":[]}]})");
}

TEST_CASE("the doctor's exit status is about client and proxy, and mends do not spoil it") {
  CHECK_EQ(doctor_exit_status(checkup_with(Verdict::kReady, Verdict::kReady)), 0);
  CHECK_EQ(doctor_exit_status(checkup_with(Verdict::kMend, Verdict::kMend)), 0);
  CHECK_EQ(doctor_exit_status(checkup_with(Verdict::kNo, Verdict::kReady)), 1);
  CHECK_EQ(doctor_exit_status(checkup_with(Verdict::kReady, Verdict::kNo)), 1);
}
