#pragma once

// Recorded evidence for the tests of this room.

#include <fstream>
#include <iterator>
#include <string>

#include "attest/policy.h"
#include "codec/json.h"
#include "tdxsim/fixture.h"

namespace cocoon::attest::test {

using tdxsim::kFixtureNow;
using tdxsim::make_platform;

inline Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return to_bytes(text);
}

inline Bytes data(const std::string& name) { return read_file("tests/data/attestation/" + name); }

inline RootFingerprint fingerprint_of(const std::string& der_name) {
  return RootFingerprint(crypto::sha256(data(der_name)));
}

}  // namespace cocoon::attest::test
