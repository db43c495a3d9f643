#pragma once

#include "sim/fabric.h"
#include "sim/ledger.h"

namespace cocoon::sim {

// How one app goes about its question.
struct Habits {
  std::optional<Duration> leaves_after;  // gives up, whatever has come by then
  Duration reads_every{0};               // a slow reader
  Duration writes_over{0};               // a slow writer
};

// The question numbers whose answer is a stream.
[[nodiscard]] inline bool is_streamed(std::uint64_t question) { return question % 4 != 0; }

// Asks one question over a connection to a client and reports to the ledger what came of it: the
// whole right answer, an error that shows, or nothing since the app left. Anything else is a
// broken invariant.
[[nodiscard]] Task<void> ask(std::shared_ptr<Connection> to_client, Ledger& ledger, Trace& trace,
                             async::Clock& clock, std::uint64_t question, Habits habits);

}  // namespace cocoon::sim
