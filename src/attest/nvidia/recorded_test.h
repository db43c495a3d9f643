#pragma once

// Recorded evidence for the tests of this room.

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "attest/nvidia/verify.h"
#include "codec/base64.h"
#include "codec/json.h"

namespace cocoon::attest::nvidia::test {

inline std::string data(const std::string& name) {
  std::ifstream file("tests/data/attestation/nvidia/" + name, std::ios::binary);
  REQUIRE(file.good());
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

struct Recorded {
  Bytes report;
  std::vector<crypto::Certificate> chain;
  std::string nonce;  // hexadecimal, where the recording says it
};

// NAME.report.txt, hexadecimal, and its chain.
inline Recorded recorded(const std::string& name, const std::string& chain) {
  return {.report = from_hex(data(name + ".report.txt")).value(),
          .chain = crypto::Certificate::from_pem_chain(data(chain + ".chain.pem"), 5).value(),
          .nonce = {}};
}
inline Recorded recorded(const std::string& name) { return recorded(name, name); }

// NAME.json: a list of GPUs.
inline std::vector<Recorded> recorded_list(const std::string& name) {
  const codec::Json document = codec::parse_json(data(name + ".json")).value();
  std::vector<Recorded> out;
  for (const codec::Json& item : *document.as_array()) {
    const Bytes pem = codec::from_base64(*item.find("certificate")->as_string()).value();
    out.push_back({.report = codec::from_base64(*item.find("evidence")->as_string()).value(),
                   .chain = crypto::Certificate::from_pem_chain(as_text(pem), 5).value(),
                   .nonce = *item.find("nonce")->as_string()});
  }
  return out;
}

inline const std::vector<crypto::Sha256Digest>& vendor_roots() {
  static const std::vector<crypto::Sha256Digest> roots(1, nvidia_root());
  return roots;
}

template <class T>
void check_refused(const Result<T>& result, NvidiaError code) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().message());
  CHECK(result.error().is(code));
}

}  // namespace cocoon::attest::nvidia::test
