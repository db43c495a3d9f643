#pragma once

#include "apps/cocoon/terminal.h"
#include "base/result.h"

namespace cocoon::apps {

enum class AppError : std::uint16_t {
  kBadState = 1,     // the state folder cannot be used, or holds a network that is running
  kNotRunning = 2,   // there is no network to act on
  kChildFailed = 3,  // a program of the network did not start or died
  kTimeout = 4,
  kNoModel = 5,
  kBadAnswer = 6,     // the network answered, but not as it must
  kBadInput = 7,      // a file or argument of the user's
  kNotInstalled = 8,  // a part of the devnet that this machine need not have
};
constexpr Library library_of(AppError) { return Library::kApps; }

// Prints what went wrong, as text or as {"error":…}; gives the exit status for it.
[[nodiscard]] int report(const Terminal& terminal, const Error& error);

}  // namespace cocoon::apps
