#include "net/hello_exchange.h"

namespace cocoon::net {

async::Task<Status> send_hello(std::shared_ptr<TlsChannel> channel, attest::Role role, Kid kid,
                               std::shared_ptr<const crypto::Ed25519KeyPair> key) {
  CO_TRY(const auto binding, channel->binding());
  const Bytes hello = wire::make_hello(role, kid, *key, binding);
  co_return co_await channel->write(hello);
}

async::Task<Result<wire::Hello>> receive_hello(std::shared_ptr<TlsChannel> channel,
                                               attest::Role expected_role) {
  CO_TRY(const auto binding, channel->binding());
  ByteArray<wire::Hello::kSize> bytes;
  const Status read = co_await channel->read_exact(bytes);
  if (!read) co_return fail(NetError::kBadPeer, "the peer sent no hello");
  auto hello = wire::verify_hello(bytes, binding);
  if (!hello) co_return fail(NetError::kBadPeer, hello.error().message());
  if (hello->role != expected_role) co_return fail(NetError::kBadPeer, "the peer has another role");
  co_return *hello;
}

}  // namespace cocoon::net
