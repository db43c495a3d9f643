#include "apps/cocoon/error.h"

#include <fmt/format.h>

#include <cstdio>

#include "apps/common/role_program.h"
#include "codec/json.h"

namespace cocoon::apps {

int report(const Terminal& terminal, const Error& error) {
  if (terminal.is_json()) {
    codec::Json out = codec::Json::object();
    out.set("error", codec::Json::string(error.message()));
    terminal.json(codec::write_json(out));
  } else {
    fmt::print(stderr, "cocoon: {}\n", error.message());
  }
  return error.is(AppError::kBadInput) ? kExitUsage : kExitFailed;
}

}  // namespace cocoon::apps
