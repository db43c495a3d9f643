#include "wire/hello.h"

#include "base/reader.h"

namespace cocoon::wire {
namespace {

constexpr std::string_view kMagic = "CCH1";

// "cocoon/1 chan\0" ‖ role ‖ exporter ‖ SHA-256(server SPKI) ‖ kid or zeros
// (docs/formats/hello.md).
Bytes signed_message(attest::Role role, const Kid& kid, const ChannelBinding& binding) {
  Writer writer;
  writer.bytes(label("cocoon/1 chan"))
      .u8(static_cast<std::uint8_t>(role))
      .bytes(binding.exporter)
      .bytes(binding.server_spki_hash)
      .bytes(kid.view());
  return std::move(writer).take();
}

}  // namespace

Bytes make_hello(attest::Role role, const Kid& kid, const crypto::Ed25519KeyPair& key,
                 const ChannelBinding& binding) {
  Writer writer;
  writer.bytes(as_bytes(kMagic))
      .u8(static_cast<std::uint8_t>(role))
      .bytes(kid.view())
      .bytes(key.public_key().view())
      .bytes(key.sign(signed_message(role, kid, binding)).view());
  return std::move(writer).take();
}

Result<Hello> verify_hello(BytesView bytes, const ChannelBinding& binding) {
  Reader reader(bytes);
  TRY(const BytesView magic, reader.take(kMagic.size()));
  if (as_text(magic) != kMagic) return fail(WireError::kMalformed, "not a hello");
  TRY(const std::uint8_t role, reader.u8());
  if (role < static_cast<std::uint8_t>(attest::Role::kWorker) ||
      role > static_cast<std::uint8_t>(attest::Role::kOwner)) {
    return fail(WireError::kMalformed, "hello of an unknown role");
  }
  Hello hello{.role = static_cast<attest::Role>(role), .kid = {}, .identity_key = {}};
  TRY(hello.kid, reader.tagged<Kid>());
  TRY(hello.identity_key, reader.tagged<crypto::Ed25519PublicKey>());
  TRY(const auto signature, reader.tagged<crypto::Ed25519Signature>());
  TRY_VOID(reader.expect_end());
  if (!crypto::verify_ed25519(hello.identity_key, signed_message(hello.role, hello.kid, binding),
                              signature)) {
    return fail(WireError::kBadHello, "the hello was not signed for this connection");
  }
  return hello;
}

}  // namespace cocoon::wire
