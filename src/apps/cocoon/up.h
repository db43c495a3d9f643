#pragma once

#include "apps/cocoon/devnet.h"
#include "apps/cocoon/terminal.h"
#include "codec/json.h"

namespace cocoon::apps {

// `cocoon up`: starts a network that stays, and returns once it serves. Exit status.
[[nodiscard]] int run_up(const DevnetOptions& options, Terminal& terminal);
// `cocoon status`: 0 if everything serves, 1 if not or if there is no network.
[[nodiscard]] int run_status(const std::filesystem::path& state, Terminal& terminal);
// `cocoon down`: ends the network of this state folder.
[[nodiscard]] int run_down(const std::filesystem::path& state, Terminal& terminal);

// The facts of the network that runs in this state folder, as `cocoon up --json` gives them.
// kNotRunning if there is none.
[[nodiscard]] Result<codec::Json> running_network(const std::filesystem::path& state);

// Where `up` keeps its network unless told otherwise: $XDG_STATE_HOME/cocoon/devnet.
[[nodiscard]] std::filesystem::path default_state();

}  // namespace cocoon::apps
