#pragma once

// Recorded evidence for the tests of this room.

#include <fstream>
#include <iterator>
#include <string>

#include "codec/json.h"
#include "crypto/certificate.h"
#include "tdxsim/fixture.h"

namespace cocoon::attest::intel::test {

using tdxsim::kFixtureNow;
using tdxsim::make_platform;

inline Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return to_bytes(text);
}

inline Bytes data(const std::string& name) { return read_file("tests/data/attestation/" + name); }

inline crypto::CertificateFingerprint fingerprint_of(const std::string& der_name) {
  return crypto::CertificateFingerprint(crypto::sha256(data(der_name)));
}

}  // namespace cocoon::attest::intel::test
