#pragma once

#include "async/task.h"

namespace cocoon::net {

// Returns at the first SIGTERM or SIGINT.
[[nodiscard]] async::Task<void> wait_for_shutdown_signal();

}  // namespace cocoon::net
