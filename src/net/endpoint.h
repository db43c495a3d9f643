#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/error.h"

namespace cocoon::net {

// Where a peer listens. `host` is a name, an IPv4 address or an IPv6 address without brackets.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  // "host:port" or "[v6]:port".
  [[nodiscard]] static Result<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  bool operator==(const Endpoint&) const = default;
};

}  // namespace cocoon::net
