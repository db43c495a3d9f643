#pragma once

#include "crypto/ecdsa.h"
#include "crypto/openssl_handles.h"

// For this room's sources only: elliptic-curve keys as OpenSSL's objects.
namespace cocoon::crypto::openssl {

// A curve by OpenSSL's names.
struct CurveNames {
  const char* group;
  int nid;
  const char* digest;
  std::size_t coordinate_size;
};
template <class Curve>
inline constexpr CurveNames kCurveNames{};
template <>
inline constexpr CurveNames kCurveNames<P256>{.group = "prime256v1",
                                              .nid = NID_X9_62_prime256v1,
                                              .digest = "SHA2-256",
                                              .coordinate_size = P256::kCoordinateSize};
template <>
inline constexpr CurveNames kCurveNames<P384>{.group = "secp384r1",
                                              .nid = NID_secp384r1,
                                              .digest = "SHA2-384",
                                              .coordinate_size = P384::kCoordinateSize};

// `key` is x‖y. Refuses coordinates that are no point of the curve.
[[nodiscard]] Result<Pkey> ecdsa_public_pkey(const CurveNames& curve, BytesView key);

struct EcdsaPrivate {
  Pkey pkey;
  Bytes public_key;  // x‖y
};
// Refuses a scalar outside [1, n-1]. `scalar` is as long as a coordinate, big-endian.
[[nodiscard]] Result<EcdsaPrivate> ecdsa_private_pkey(const CurveNames& curve, BytesView scalar);

}  // namespace cocoon::crypto::openssl
