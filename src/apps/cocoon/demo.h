#pragma once

#include <string>

#include "apps/cocoon/devnet.h"
#include "apps/cocoon/terminal.h"

namespace cocoon::apps {

// `cocoon demo`: the whole network for one answer. Exit status.
[[nodiscard]] int run_demo(DevnetOptions options, const std::string& question, Terminal& terminal);

}  // namespace cocoon::apps
