#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace cocoon {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

// "debug", "info", "warn", "error", and back. Apart from base/log.h, so that who reads a level out
// of a configuration need not link what writes logs.
[[nodiscard]] std::string_view name_of(LogLevel level);
[[nodiscard]] Result<LogLevel> parse_log_level(std::string_view name);

}  // namespace cocoon
