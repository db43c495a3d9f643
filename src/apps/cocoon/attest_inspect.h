#pragma once

#include "apps/cocoon/commands.h"

namespace cocoon::apps {

// `cocoon attest inspect`.
void add_inspect_command(Commands& commands, CLI::App& group);

}  // namespace cocoon::apps
