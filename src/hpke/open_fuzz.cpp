#include <algorithm>

#include "base/check.h"
#include "hpke/hpke.h"

// The input is an AEAD choice (1 byte), an encapsulation (32) and a ciphertext; a receiver with a
// fixed key is asked to open it. The same bytes, taken as a plaintext, are sealed to that receiver
// and must come back.
namespace {

using cocoon::Bytes;
using cocoon::BytesView;
using cocoon::SecretArray;
using cocoon::crypto::X25519KeyPair;
using cocoon::crypto::X25519PublicKey;
using cocoon::hpke::AeadId;

X25519KeyPair pair_of(std::uint8_t seed) {
  return X25519KeyPair::from_private(SecretArray<32>::copy_of(Bytes(32, std::byte{seed})).value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const X25519KeyPair recipient = pair_of(1);
  static const X25519KeyPair ephemeral = pair_of(2);
  constexpr AeadId kChoices[] = {AeadId::kAes128Gcm, AeadId::kAes256Gcm, AeadId::kChaCha20Poly1305,
                                 AeadId::kExportOnly};
  const BytesView input(reinterpret_cast<const std::byte*>(data), size);
  if (input.size() < 33) return 0;
  const AeadId aead = kChoices[data[0] % 4];
  const auto enc = X25519PublicKey::from(input.subspan(1, 32)).value();

  auto receiver = cocoon::hpke::setup_receiver(aead, enc, recipient, cocoon::as_bytes("fuzz"));
  if (receiver.has_value()) {
    const auto opened = receiver->open(BytesView(), input.subspan(33));
    COCOON_CHECK(!opened.has_value() ||
                 opened->size() + cocoon::crypto::kAeadTagSize == input.size() - 33);
  }

  auto sender =
      cocoon::hpke::setup_sender(aead, recipient.public_key(), input.first(33), ephemeral);
  COCOON_CHECK(sender.has_value());
  auto peer = cocoon::hpke::setup_receiver(aead, sender->enc, recipient, input.first(33));
  COCOON_CHECK(peer.has_value());
  COCOON_CHECK(sender->context.export_secret<32>(input) == peer->export_secret<32>(input));
  const auto sealed = sender->context.seal(input.first(1), input);
  COCOON_CHECK(sealed.has_value() == (aead != AeadId::kExportOnly));
  if (!sealed.has_value()) return 0;
  const auto opened = peer->open(input.first(1), *sealed);
  COCOON_CHECK(opened.has_value() && std::ranges::equal(*opened, input));
  return 0;
}
