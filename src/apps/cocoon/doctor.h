#pragma once

#include "apps/cocoon/terminal.h"
#include "codec/json.h"
#include "tee/machine.h"

namespace cocoon::apps {

// `cocoon doctor`: what this machine can be, and exactly what to mend. Exit status 0 if it can be a
// client and a proxy, things to mend included, else 1.
int run_doctor(const Terminal& terminal);

// The parts of it: what it prints of a checkup, as docs/operations.md describes it, and the exit
// status.
[[nodiscard]] codec::Json doctor_json(const tee::Checkup& checkup);
void print_checkup(const tee::Checkup& checkup, const Terminal& terminal);
[[nodiscard]] int doctor_exit_status(const tee::Checkup& checkup);

}  // namespace cocoon::apps
