#pragma once

#include "base/result.h"

namespace cocoon::net {

enum class NetError : std::uint16_t {
  kUnreachable = 1,  // no such host, refused, or no connection in time
  kTls = 2,          // the TLS handshake failed or chose nothing we speak
  kBadPeer = 3,      // the peer's hello is missing, not for this channel, or not the expected key's
  kBind = 4,         // the address to listen on is not ours to take
  kBadEndpoint = 5,  // not host:port
  kLibrary = 6,      // OpenSSL or nghttp2 refused for a reason of its own
};
constexpr Library library_of(NetError) { return Library::kNet; }

}  // namespace cocoon::net
