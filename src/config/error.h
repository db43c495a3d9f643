#pragma once

#include "base/result.h"

namespace cocoon::config {

enum class ConfigError : std::uint16_t {
  kUnreadable = 1,  // the file cannot be opened or is over its bound
  kBadSyntax = 2,   // not TOML, an unknown key, a value of the wrong type or unit
  kOutOfRange = 3,  // a value that the setting does not allow
  kInsecure = 4,    // a setting or file mode that would expose the user
};
constexpr Library library_of(ConfigError) { return Library::kConfig; }

}  // namespace cocoon::config
