#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/p256_pkey.h"

namespace cocoon::crypto {
namespace openssl {
namespace {

using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;
using EncodedPoint = ByteArray<65>;  // SEC 1 uncompressed: 04 ‖ x ‖ y

constexpr char kGroupName[] = "prime256v1";

EncodedPoint encode(const P256PublicKey& key) {
  EncodedPoint out;
  out[0] = std::byte{4};
  std::ranges::copy(key.view(), out.begin() + 1);
  return out;
}

Pkey pkey_from(const OSSL_PARAM_BLD* builder, int selection) {
  const Params params(OSSL_PARAM_BLD_to_param(const_cast<OSSL_PARAM_BLD*>(builder)));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  COCOON_CHECK(params != nullptr && context != nullptr);
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, selection, params.get()) != 1) {
    return nullptr;
  }
  return Pkey(made);
}

ParamBuilder builder_with(const EncodedPoint& point) {
  ParamBuilder builder(OSSL_PARAM_BLD_new());
  COCOON_CHECK(builder != nullptr);
  COCOON_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                               kGroupName, 0) == 1);
  COCOON_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                point.data(), point.size()) == 1);
  return builder;
}

}  // namespace

Result<Pkey> p256_public_pkey(const P256PublicKey& key) {
  const EncodedPoint point = encode(key);
  const ParamBuilder builder = builder_with(point);
  Pkey pkey = pkey_from(builder.get(), EVP_PKEY_PUBLIC_KEY);
  if (pkey == nullptr) return refuse(CryptoError::kBadKey, "not a point of P-256");
  return pkey;
}

Result<P256Private> p256_private_pkey(BytesView scalar) {
  if (scalar.size() != 32)
    return fail(CryptoError::kBadKey, "P-256 private key of the wrong length");
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const BigNumber number(BN_secure_new());
  COCOON_CHECK(group != nullptr && number != nullptr);
  COCOON_CHECK(BN_bin2bn(raw(scalar), 32, number.get()) != nullptr);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  if (BN_is_zero(number.get()) == 1 ||
      BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0) {
    return fail(CryptoError::kBadKey, "P-256 private key out of range");
  }

  const Point point(EC_POINT_new(group.get()));
  COCOON_CHECK(point != nullptr);
  EncodedPoint encoded;
  COCOON_CHECK(EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) ==
               1);
  COCOON_CHECK(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                  raw(MutableBytesView(encoded)), encoded.size(),
                                  nullptr) == encoded.size());

  const ParamBuilder builder = builder_with(encoded);
  COCOON_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) == 1);
  Pkey pkey = pkey_from(builder.get(), EVP_PKEY_KEYPAIR);
  if (pkey == nullptr) return refuse(CryptoError::kBadKey, "not a P-256 private key");
  TRY(const auto public_key, P256PublicKey::from(BytesView(encoded).subspan(1)));
  return P256Private{std::move(pkey), public_key};
}

}  // namespace openssl

namespace {

// r‖s to the DER sequence that OpenSSL wants; a null signature if r or s cannot be written.
Bytes der_of(const P256Signature& signature) {
  const openssl::EcdsaSignature parsed(ECDSA_SIG_new());
  openssl::BigNumber r(BN_bin2bn(openssl::raw(signature.view().first(32)), 32, nullptr));
  openssl::BigNumber s(BN_bin2bn(openssl::raw(signature.view().last(32)), 32, nullptr));
  COCOON_CHECK(parsed != nullptr && r != nullptr && s != nullptr);
  COCOON_CHECK(ECDSA_SIG_set0(parsed.get(), r.release(), s.release()) == 1);
  Bytes der(80);
  unsigned char* cursor = openssl::raw(MutableBytesView(der));
  const int length = i2d_ECDSA_SIG(parsed.get(), &cursor);
  COCOON_CHECK(length > 0 && static_cast<std::size_t>(length) <= der.size());
  der.resize(static_cast<std::size_t>(length));
  return der;
}

}  // namespace

Status verify_p256(const P256PublicKey& key, BytesView message, const P256Signature& signature) {
  TRY(const openssl::Pkey pkey, openssl::p256_public_pkey(key));
  const Bytes der = der_of(signature);
  const openssl::MdContext context(EVP_MD_CTX_new());
  COCOON_CHECK(context != nullptr);
  if (EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA2-256", nullptr, nullptr, pkey.get(),
                              nullptr) != 1) {
    return openssl::refuse(CryptoError::kLibrary, "ECDSA verification could not start");
  }
  if (EVP_DigestVerify(context.get(), openssl::raw(der), der.size(), openssl::raw(message),
                       message.size()) != 1) {
    return openssl::refuse(CryptoError::kBadSignature, "ECDSA signature does not verify");
  }
  return {};
}

struct P256KeyPair::State {
  openssl::Pkey pkey;
};

P256KeyPair::P256KeyPair(SecretArray<32> scalar, std::shared_ptr<const State> state,
                         const P256PublicKey& public_key)
    : scalar_(std::move(scalar)), state_(std::move(state)), public_key_(public_key) {}

Result<P256KeyPair> P256KeyPair::from_private(SecretArray<32> scalar) {
  TRY(openssl::P256Private made, openssl::p256_private_pkey(scalar.expose()));
  auto state = std::make_shared<const State>(std::move(made.pkey));
  return P256KeyPair(std::move(scalar), std::move(state), made.public_key);
}

Result<P256Signature> P256KeyPair::sign(BytesView message) const {
  COCOON_CHECK(state_ != nullptr);
  const openssl::MdContext context(EVP_MD_CTX_new());
  COCOON_CHECK(context != nullptr);
  ByteArray<80> der;
  std::size_t length = der.size();
  if (EVP_DigestSignInit_ex(context.get(), nullptr, "SHA2-256", nullptr, nullptr,
                            state_->pkey.get(), nullptr) != 1 ||
      EVP_DigestSign(context.get(), openssl::raw(MutableBytesView(der)), &length,
                     openssl::raw(message), message.size()) != 1) {
    return openssl::refuse(CryptoError::kLibrary, "ECDSA signing failed");
  }
  const unsigned char* cursor = openssl::raw(BytesView(der));
  const openssl::EcdsaSignature parsed(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(length)));
  COCOON_CHECK(parsed != nullptr);
  ByteArray<64> out;
  unsigned char* const bytes = openssl::raw(MutableBytesView(out));
  COCOON_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), bytes, 32) == 32);
  COCOON_CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), bytes + 32, 32) == 32);
  return P256Signature(out);
}

}  // namespace cocoon::crypto
