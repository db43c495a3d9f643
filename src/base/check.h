#pragma once

namespace cocoon {

// Reports a broken invariant of our own on standard error and aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace cocoon

// States an invariant of ours. Never validates anything that came from outside: that is what Result
// is for.
#define COCOON_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::cocoon::check_failed(#expression, __FILE__, __LINE__))
