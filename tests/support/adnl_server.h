#pragma once

#include <algorithm>
#include <optional>

#include "base/reader.h"
#include "crypto/aes_ctr.h"
#include "crypto/edwards.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "ton/adnl/session.h"

// ADNL over TCP, the server's side, for tests of the client's.
namespace cocoon::testing {

// What a lite-server does with a handshake: finds the parameters, and has each stream the other way
// round.
class AdnlServer {
 public:
  // Nothing if the handshake is for another key, or does not decrypt.
  static std::optional<AdnlServer> accept(BytesView handshake, const SecretArray<32>& seed) {
    if (handshake.size() != ton::kAdnlHandshakeSize) return std::nullopt;
    const auto client = crypto::Ed25519PublicKey::from(handshake.subspan(32, 32)).value();
    const auto shared =
        crypto::x25519_of_seed(seed).shared_secret(crypto::x25519_of(client).value()).value();
    const BytesView checksum = handshake.subspan(64, 32);
    const Bytes key = concat({shared.expose().first(16), checksum.subspan(16)});
    const Bytes counter = concat({checksum.first(4), shared.expose().subspan(20)});
    Bytes parameters = to_bytes(handshake.subspan(96));
    stream_of(key, counter).apply(parameters);
    if (!equal(crypto::sha256(BytesView(parameters)), checksum)) return std::nullopt;
    const BytesView all(parameters);
    return AdnlServer(stream_of(all.subspan(32, 32), all.subspan(80, 16)),
                      stream_of(all.first(32), all.subspan(64, 16)));
  }

  Bytes frame(BytesView payload) {
    const ByteArray<32> nonce{std::byte{9}};
    Bytes out = std::move(Writer(Endian::kLittle)
                              .u32(static_cast<std::uint32_t>(payload.size() + 64))
                              .bytes(nonce)
                              .bytes(payload)
                              .bytes(crypto::sha256({nonce, payload})))
                    .take();
    send_.apply(out);
    return out;
  }
  // In place.
  void decrypt(MutableBytesView bytes) { receive_.apply(bytes); }

 private:
  AdnlServer(crypto::AesCtr receive, crypto::AesCtr send)
      : receive_(std::move(receive)), send_(std::move(send)) {}
  static crypto::AesCtr stream_of(BytesView key, BytesView counter) {
    ByteArray<16> start;
    std::ranges::copy(counter, start.begin());
    return crypto::AesCtr(SecretArray<32>::copy_of(key).value(), start);
  }

  crypto::AesCtr receive_;
  crypto::AesCtr send_;
};

}  // namespace cocoon::testing
