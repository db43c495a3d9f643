#pragma once

#include "apps/cocoon/terminal.h"
#include "chain/ton_registry.h"
#include "codec/json.h"

namespace cocoon::apps {

// Everything that a proven registry says, for `cocoon registry show --json`; its --help describes
// it.
[[nodiscard]] codec::Json json_of(const chain::ProvenRegistry& registry);
// The same for people. `now` is the block's time.
void show_registry(const chain::ProvenRegistry& registry, UnixSeconds now,
                   const Terminal& terminal);

}  // namespace cocoon::apps
