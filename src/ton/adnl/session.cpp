#include "ton/adnl/session.h"

#include <algorithm>

#include "base/reader.h"
#include "crypto/edwards.h"
#include "crypto/hash.h"
#include "ton/tl/consensus.h"

namespace cocoon::ton {
namespace {

constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kNonceSize = 32;
constexpr std::size_t kChecksumSize = 32;

ByteArray<16> counter_from(BytesView bytes) {
  ByteArray<16> counter;
  std::ranges::copy(bytes, counter.begin());
  return counter;
}

// key = shared[0..16] ‖ checksum[16..32], counter = checksum[0..4] ‖ shared[20..32]
crypto::AesCtr handshake_cipher(const SecretArray<32>& shared, BytesView checksum) {
  Bytes key = concat({shared.expose().first(16), checksum.subspan(16)});
  const Bytes counter = concat({checksum.first(4), shared.expose().subspan(20)});
  const auto secret = SecretArray<32>::copy_of(key).value();
  wipe(key);
  return {secret, counter_from(counter)};
}

std::unexpected<Error> broken(const char* what) { return fail(TonError::kBrokenStream, what); }

}  // namespace

Result<AdnlSession> AdnlSession::open(const crypto::Ed25519PublicKey& server,
                                      const AdnlSecrets& secrets) {
  TRY(const crypto::X25519PublicKey peer, crypto::x25519_of(server));
  TRY(const SecretArray<32> shared, crypto::x25519_of_seed(secrets.key_seed).shared_secret(peer));
  const auto own = crypto::Ed25519KeyPair::from_seed(secrets.key_seed.clone()).public_key();
  const BytesView parameters = secrets.parameters.expose();
  const auto checksum = crypto::sha256(parameters);
  Bytes sealed = to_bytes(parameters);
  handshake_cipher(shared, checksum).apply(sealed);
  const auto key_at = [&](std::size_t at) {
    return SecretArray<32>::copy_of(parameters.subspan(at, 32)).value();
  };
  return AdnlSession(concat({node_id_of(server).view(), own.view(), checksum, sealed}),
                     crypto::AesCtr(key_at(0), counter_from(parameters.subspan(64, 16))),
                     crypto::AesCtr(key_at(32), counter_from(parameters.subspan(80, 16))));
}

void AdnlSession::seal(BytesView payload, const ByteArray<32>& nonce, Bytes& out) {
  const std::size_t begin = out.size();
  const auto size = static_cast<std::uint32_t>(kNonceSize + payload.size() + kChecksumSize);
  append(out, Writer(Endian::kLittle).u32(size).view());
  append(out, nonce);
  append(out, payload);
  append(out, crypto::sha256({nonce, payload}));
  send_.apply(MutableBytesView(out).subspan(begin));
}

void AdnlSession::feed(BytesView bytes) {
  const std::size_t begin = pending_.size();
  append(pending_, bytes);
  receive_.apply(MutableBytesView(pending_).subspan(begin));
}

Result<std::optional<Bytes>> AdnlSession::next() {
  if (frame_size_ == 0) {
    if (pending_.size() < kLengthSize) return std::optional<Bytes>();
    TRY(frame_size_, Reader(pending_, Endian::kLittle).u32());
    if (frame_size_ < kNonceSize + kChecksumSize || frame_size_ > kAdnlFrameMax) {
      return broken(
          "an ADNL frame of impossible length: not this server's key, or a stream out of step");
    }
  }
  if (pending_.size() - kLengthSize < frame_size_) return std::optional<Bytes>();
  const BytesView frame = BytesView(pending_).subspan(kLengthSize, frame_size_);
  const BytesView covered = frame.first(frame_size_ - kChecksumSize);
  if (!equal(crypto::sha256(covered), frame.last(kChecksumSize)))
    return broken("an ADNL frame with a wrong checksum");
  Bytes payload = to_bytes(covered.subspan(kNonceSize));
  pending_.erase(pending_.begin(),
                 pending_.begin() + static_cast<std::ptrdiff_t>(kLengthSize + frame_size_));
  frame_size_ = 0;
  return std::optional(std::move(payload));
}

}  // namespace cocoon::ton
