#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/strong.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

namespace cocoon::attest {

// A shape of machine that an image may run on: RTMR0 measures the virtual hardware, XFAM says which
// extended CPU features it has (8 bytes in the quote's order).
struct MachineShape {
  std::string name;
  crypto::Sha384Digest rtmr0{};
  ByteArray<8> xfam{};
};

// A worker image that may hold prompts: MRTD, RTMR1, RTMR2 and the machines it may run on.
struct Image {
  std::string name;
  crypto::Sha384Digest mrtd{};
  crypto::Sha384Digest rtmr1{};
  crypto::Sha384Digest rtmr2{};
  std::vector<MachineShape> shapes;
};

// What an image on a machine is called in receipts: SHA-256("cocoon/1 image\0" ‖ MRTD ‖ RTMR0 ‖
// RTMR1 ‖ RTMR2) (docs/formats/image.md).
[[nodiscard]] ImageHash image_hash_of(const Image& image, const MachineShape& shape);

// SHA-256 of the DER of a root certificate that quotes may lead to.
using RootFingerprint = crypto::CertificateFingerprint;

// What verification accepts, as a value. An empty one accepts nothing.
struct Policy {
  NetworkId network;
  std::vector<Image> images;
  // Roots the registry names. Outside the devnet only those also compiled into the verifier count.
  std::vector<RootFingerprint> roots;
  std::chrono::seconds statement_age_max{0};  // key_epoch + grace; 0 refuses everything

  // SHA-256 over the policy's canonical encoding: verdicts are cached and recomputed by it.
  [[nodiscard]] PolicyHash hash() const;
};

}  // namespace cocoon::attest
