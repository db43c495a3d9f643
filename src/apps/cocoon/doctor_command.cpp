#include "apps/cocoon/commands.h"
#include "apps/cocoon/doctor.h"

namespace cocoon::apps {
namespace {

constexpr const char* kDoctorHelp = R"(DESCRIPTION
  Looks at processor, kernel, confidential computing (TDX, SEV-SNP), NVIDIA GPUs, memory, disk, clock, ports, limits,
  engine and model. Each finding is one line: fine, worth knowing, or to be mended with the command below it. Changes
  nothing. As root it sees more: whether quotes can be had, and who holds a port.

  ready        as it is
  mend         after what is marked
  development  (worker) with tdx-sim, on a development network only
  no           not on this machine

OUTPUT OF --json
  {"roles": {"client": {"verdict": "ready", "text": "can be a client"}, "proxy": {...}, "worker": {...}},
   "checks": [{"id": "clock", "state": "ok|note|mend", "text": "...", "command": "..."|null, "roles": ["client"]}]}

EXIT STATUS
  0 if this machine can be a client and a proxy, after mending included; 1 if not.)";

}  // namespace

void add_doctor_command(Commands& commands) {
  commands.add(commands.root(), "doctor",
               "what this machine can be (worker, proxy, client) and what to mend", kDoctorHelp,
               [](Terminal& terminal) { return run_doctor(terminal); });
}

}  // namespace cocoon::apps
