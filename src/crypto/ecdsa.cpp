#include "crypto/ecdsa.h"

#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "base/check.h"
#include "crypto/ecdsa_pkey.h"

namespace cocoon::crypto {
namespace openssl {
namespace {

using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;

constexpr std::byte kUncompressed{4};  // SEC 1: 04 ‖ x ‖ y

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

Pkey make_parameters(const CurveNames& curve) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  COCOON_CHECK(builder != nullptr);
  COCOON_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                               curve.group, 0) == 1);
  Pkey made = pkey_from(builder.get(), EVP_PKEY_KEY_PARAMETERS);
  COCOON_CHECK(made != nullptr);
  return made;
}

// A curve as a key without a point, made once: OpenSSL takes longer to make one than to copy it.
const EVP_PKEY* parameters_of(const CurveNames& curve) {
  static const Pkey p256 = make_parameters(kCurveNames<P256>);
  static const Pkey p384 = make_parameters(kCurveNames<P384>);
  return curve.nid == kCurveNames<P384>.nid ? p384.get() : p256.get();
}

ParamBuilder builder_with(const CurveNames& curve, BytesView point) {
  ParamBuilder builder(OSSL_PARAM_BLD_new());
  COCOON_CHECK(builder != nullptr);
  COCOON_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                               curve.group, 0) == 1);
  COCOON_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                point.data(), point.size()) == 1);
  return builder;
}

}  // namespace

Result<Pkey> ecdsa_public_pkey(const CurveNames& curve, BytesView key) {
  const Bytes point = concat({std::array{kUncompressed}, key});
  Pkey pkey(EVP_PKEY_new());
  COCOON_CHECK(pkey != nullptr);
  COCOON_CHECK(EVP_PKEY_copy_parameters(pkey.get(), parameters_of(curve)) == 1);
  if (EVP_PKEY_set1_encoded_public_key(pkey.get(), raw(BytesView(point)), point.size()) != 1) {
    return refuse(CryptoError::kBadKey, "not a point of the curve");
  }
  return pkey;
}

Result<EcdsaPrivate> ecdsa_private_pkey(const CurveNames& curve, BytesView scalar) {
  if (scalar.size() != curve.coordinate_size)
    return fail(CryptoError::kBadKey, "ECDSA private key of the wrong length");
  const Group group(EC_GROUP_new_by_curve_name(curve.nid));
  const BigNumber number(BN_secure_new());
  COCOON_CHECK(group != nullptr && number != nullptr);
  COCOON_CHECK(BN_bin2bn(raw(scalar), static_cast<int>(scalar.size()), number.get()) != nullptr);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  if (BN_is_zero(number.get()) == 1 ||
      BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0) {
    return fail(CryptoError::kBadKey, "ECDSA private key out of range");
  }

  const Point point(EC_POINT_new(group.get()));
  COCOON_CHECK(point != nullptr);
  Bytes encoded(1 + 2 * curve.coordinate_size);
  COCOON_CHECK(EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) ==
               1);
  COCOON_CHECK(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                  raw(MutableBytesView(encoded)), encoded.size(),
                                  nullptr) == encoded.size());

  const ParamBuilder builder = builder_with(curve, encoded);
  COCOON_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) == 1);
  Pkey pkey = pkey_from(builder.get(), EVP_PKEY_KEYPAIR);
  if (pkey == nullptr) return refuse(CryptoError::kBadKey, "not an ECDSA private key");
  return EcdsaPrivate{std::move(pkey), to_bytes(BytesView(encoded).subspan(1))};
}

}  // namespace openssl

namespace {

using openssl::CurveNames;
using openssl::kCurveNames;

// r‖s to the DER sequence that OpenSSL wants.
Bytes der_of(BytesView signature) {
  const int half = static_cast<int>(signature.size() / 2);
  const openssl::EcdsaSignature parsed(ECDSA_SIG_new());
  openssl::BigNumber r(BN_bin2bn(openssl::raw(signature), half, nullptr));
  openssl::BigNumber s(
      BN_bin2bn(openssl::raw(signature.last(signature.size() / 2)), half, nullptr));
  COCOON_CHECK(parsed != nullptr && r != nullptr && s != nullptr);
  COCOON_CHECK(ECDSA_SIG_set0(parsed.get(), r.release(), s.release()) == 1);
  Bytes der(signature.size() + 16);
  unsigned char* cursor = openssl::raw(MutableBytesView(der));
  const int length = i2d_ECDSA_SIG(parsed.get(), &cursor);
  COCOON_CHECK(length > 0 && static_cast<std::size_t>(length) <= der.size());
  der.resize(static_cast<std::size_t>(length));
  return der;
}

Status verify_with(const CurveNames& curve, EVP_PKEY* pkey, BytesView message,
                   BytesView signature) {
  const Bytes der = der_of(signature);
  const openssl::MdContext context(EVP_MD_CTX_new());
  COCOON_CHECK(context != nullptr);
  if (EVP_DigestVerifyInit_ex(context.get(), nullptr, curve.digest, nullptr, nullptr, pkey,
                              nullptr) != 1) {
    return openssl::refuse(CryptoError::kLibrary, "ECDSA verification could not start");
  }
  if (EVP_DigestVerify(context.get(), openssl::raw(der), der.size(), openssl::raw(message),
                       message.size()) != 1) {
    return openssl::refuse(CryptoError::kBadSignature, "ECDSA signature does not verify");
  }
  return {};
}

Status verify(const CurveNames& curve, BytesView key, BytesView message, BytesView signature) {
  TRY(const openssl::Pkey pkey, openssl::ecdsa_public_pkey(curve, key));
  return verify_with(curve, pkey.get(), message, signature);
}

// r‖s over the message.
Result<Bytes> sign_raw(const CurveNames& curve, EVP_PKEY* key, BytesView message) {
  const openssl::MdContext context(EVP_MD_CTX_new());
  COCOON_CHECK(context != nullptr);
  Bytes der(2 * curve.coordinate_size + 16);
  std::size_t length = der.size();
  if (EVP_DigestSignInit_ex(context.get(), nullptr, curve.digest, nullptr, nullptr, key, nullptr) !=
          1 ||
      EVP_DigestSign(context.get(), openssl::raw(MutableBytesView(der)), &length,
                     openssl::raw(message), message.size()) != 1) {
    return openssl::refuse(CryptoError::kLibrary, "ECDSA signing failed");
  }
  const unsigned char* cursor = openssl::raw(BytesView(der));
  const openssl::EcdsaSignature parsed(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(length)));
  COCOON_CHECK(parsed != nullptr);
  Bytes out(2 * curve.coordinate_size);
  const int half = static_cast<int>(curve.coordinate_size);
  unsigned char* const bytes = openssl::raw(MutableBytesView(out));
  COCOON_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), bytes, half) == half);
  COCOON_CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), bytes + half, half) == half);
  return out;
}

}  // namespace

Status verify_p256(const P256PublicKey& key, BytesView message, const P256Signature& signature) {
  return verify(kCurveNames<P256>, key.view(), message, signature.view());
}

Status verify_p384(const P384PublicKey& key, BytesView message, const P384Signature& signature) {
  return verify(kCurveNames<P384>, key.view(), message, signature.view());
}

template <class Curve>
struct EcdsaVerifier<Curve>::State {
  openssl::Pkey pkey;
};

template <class Curve>
Result<EcdsaVerifier<Curve>> EcdsaVerifier<Curve>::create(const EcdsaPublicKey<Curve>& key) {
  TRY(openssl::Pkey pkey, openssl::ecdsa_public_pkey(kCurveNames<Curve>, key.view()));
  return EcdsaVerifier(std::make_shared<const State>(std::move(pkey)));
}

template <class Curve>
Status EcdsaVerifier<Curve>::verify(BytesView message,
                                    const EcdsaSignature<Curve>& signature) const {
  return verify_with(kCurveNames<Curve>, state_->pkey.get(), message, signature.view());
}

template class EcdsaVerifier<P256>;
template class EcdsaVerifier<P384>;

template <class Curve>
struct EcdsaKeyPair<Curve>::State {
  openssl::Pkey pkey;
};

template <class Curve>
EcdsaKeyPair<Curve>::EcdsaKeyPair(SecretArray<kScalarSize> scalar,
                                  std::shared_ptr<const State> state,
                                  const EcdsaPublicKey<Curve>& public_key)
    : scalar_(std::move(scalar)), state_(std::move(state)), public_key_(public_key) {}

template <class Curve>
Result<EcdsaKeyPair<Curve>> EcdsaKeyPair<Curve>::from_private(SecretArray<kScalarSize> scalar) {
  TRY(openssl::EcdsaPrivate made, openssl::ecdsa_private_pkey(kCurveNames<Curve>, scalar.expose()));
  TRY(const auto public_key, EcdsaPublicKey<Curve>::from(made.public_key));
  auto state = std::make_shared<const State>(std::move(made.pkey));
  return EcdsaKeyPair(std::move(scalar), std::move(state), public_key);
}

template <class Curve>
Result<EcdsaSignature<Curve>> EcdsaKeyPair<Curve>::sign(BytesView message) const {
  COCOON_CHECK(state_ != nullptr);
  TRY(const Bytes signature, sign_raw(kCurveNames<Curve>, state_->pkey.get(), message));
  return EcdsaSignature<Curve>::from(signature);
}

template class EcdsaKeyPair<P256>;
template class EcdsaKeyPair<P384>;

}  // namespace cocoon::crypto
