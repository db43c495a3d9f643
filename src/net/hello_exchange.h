#pragma once

#include <memory>

#include "net/tls.h"

// Inside this room: the first message of each side that has an identity (docs/formats/hello.md).
namespace cocoon::net {

[[nodiscard]] async::Task<Status> send_hello(std::shared_ptr<TlsChannel> channel, attest::Role role,
                                             Kid kid,
                                             std::shared_ptr<const crypto::Ed25519KeyPair> key);
// The peer's hello, verified against this very channel and of this role. Its key is the caller's to
// judge.
[[nodiscard]] async::Task<Result<wire::Hello>> receive_hello(std::shared_ptr<TlsChannel> channel,
                                                             attest::Role expected_role);

}  // namespace cocoon::net
