#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/secret.h"

namespace cocoon::crypto {

using Sha256Digest = ByteArray<32>;
using Sha384Digest = ByteArray<48>;
using Sha512Digest = ByteArray<64>;

// FIPS 180-4. The parts are hashed as if they were one buffer.
[[nodiscard]] Sha256Digest sha256(std::initializer_list<BytesView> parts);
[[nodiscard]] Sha256Digest sha256(BytesView bytes);
[[nodiscard]] Sha384Digest sha384(BytesView bytes);
[[nodiscard]] Sha512Digest sha512(std::initializer_list<BytesView> parts);

// SHA-256 over a stream.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(BytesView bytes);
  [[nodiscard]] Sha256Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// RFC 5869 with SHA-256.
using HkdfPrk = SecretArray<32>;
[[nodiscard]] HkdfPrk hkdf_extract(BytesView salt, BytesView input_key);
// The same over an input key given in parts, so that a secret among them is not copied into a
// buffer.
[[nodiscard]] HkdfPrk hkdf_extract_parts(BytesView salt,
                                         std::initializer_list<BytesView> input_key);
// Fills `out`, at most 255 × 32 bytes.
[[nodiscard]] Status hkdf_expand(const HkdfPrk& prk, BytesView info, MutableBytesView out);
template <std::size_t N>
[[nodiscard]] SecretArray<N> hkdf_expand_to(const HkdfPrk& prk, BytesView info) {
  static_assert(N <= std::size_t{255} * 32);
  SecretArray<N> out;
  (void)hkdf_expand(prk, info, out.expose_mutable());  // cannot fail at this length
  return out;
}

}  // namespace cocoon::crypto
