#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace cocoon {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "COCOON_CHECK failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace cocoon
