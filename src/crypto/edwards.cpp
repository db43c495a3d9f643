#include "crypto/edwards.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {
namespace {

using openssl::BigNumber;
using openssl::raw;
using BigContext = std::unique_ptr<BN_CTX, openssl::FreeWith<BN_CTX_free>>;

// 2^255 - 19
BigNumber field_prime() {
  BigNumber prime(BN_new());
  COCOON_CHECK(prime != nullptr && BN_set_bit(prime.get(), 255) == 1 &&
               BN_sub_word(prime.get(), 19) == 1);
  return prime;
}

}  // namespace

Result<X25519PublicKey> x25519_of(const Ed25519PublicKey& key) {
  ByteArray<32> y_bytes = key.bytes();
  y_bytes[31] &= std::byte{0x7F};  // the top bit is the sign of x
  const BigNumber prime = field_prime();
  const BigContext context(BN_CTX_new());
  const BigNumber y(BN_lebin2bn(raw(BytesView(y_bytes)), 32, nullptr));
  const BigNumber above(BN_new());
  const BigNumber below(BN_new());
  COCOON_CHECK(context != nullptr && y != nullptr && above != nullptr && below != nullptr);
  if (BN_cmp(y.get(), prime.get()) >= 0 || BN_is_one(y.get()) == 1) {
    return fail(CryptoError::kBadKey, "an Ed25519 key that is no usable point");
  }
  COCOON_CHECK(BN_mod_add(above.get(), y.get(), BN_value_one(), prime.get(), context.get()) == 1);
  COCOON_CHECK(BN_mod_sub(below.get(), BN_value_one(), y.get(), prime.get(), context.get()) == 1);
  COCOON_CHECK(BN_mod_inverse(below.get(), below.get(), prime.get(), context.get()) != nullptr);
  COCOON_CHECK(BN_mod_mul(above.get(), above.get(), below.get(), prime.get(), context.get()) == 1);
  ByteArray<32> u;
  COCOON_CHECK(BN_bn2lebinpad(above.get(), raw(MutableBytesView(u)), 32) == 32);
  return X25519PublicKey(u);
}

X25519KeyPair x25519_of_seed(const SecretArray<32>& seed) {
  Sha512Digest digest = sha512({seed.expose()});
  ByteArray<32> scalar;
  std::copy_n(digest.begin(), scalar.size(), scalar.begin());
  wipe(digest);
  return X25519KeyPair::from_private(SecretArray<32>(scalar));  // X25519 clamps as Ed25519 does
}

}  // namespace cocoon::crypto
