// What one flipped bit of recorded evidence does to a verdict. COCOON_FLIPS=all tries every bit of
// the quotes and 10,000 of each collateral (tests/soak/attest_flips); otherwise a sample.

#include "attest/flips_test.h"

#include <doctest/doctest.h>

#include <random>

#include "attest/verdict.h"
#include "codec/rfc3339.h"

using namespace cocoon;
using namespace cocoon::attest;
using intel::UnverifiedCollateral;
using intel::UnverifiedQuote;
using test::flipped;
using test::meaning_of_quote;
using test::tries_all;

namespace {

struct Vector {
  std::string name;
  Bytes quote;
  Bytes collateral;
  UnixSeconds at;
};

std::vector<Vector> vectors() {
  std::vector<Vector> out;
  for (const char* name :
       {"01_v4_phala_b0c06f_2025-06", "04_v4_gcp_2026-06", "10_v5_google_90c06f_2026-02"}) {
    const std::string folder = "tdx/" + std::string(name);
    const Bytes json = intel::test::data(folder + "/expected.json");
    const codec::Json expected = codec::parse_json(as_text(json)).value();
    out.push_back({.name = name,
                   .quote = intel::test::data(folder + "/quote.bin"),
                   .collateral = intel::test::data(folder + "/collateral.json"),
                   .at = codec::parse_rfc3339(*expected.find("verify_at")->as_string()).value()});
  }
  return out;
}

bool is_accepted(const Vector& vector, BytesView quote, BytesView collateral) {
  const auto verdict = judge_quote(quote, collateral, vector.at, nullptr);
  return verdict && verdict->record.outcome == Verdict::Outcome::kAccept;
}

// Everything in collateral that a judgement reads: its signed texts, signatures, lists and
// certificates.
std::vector<Bytes> meaning_of_collateral(BytesView bytes) {
  const UnverifiedCollateral parts = UnverifiedCollateral::parse(bytes).value();
  std::vector<Bytes> out{to_bytes(parts.tcb_info),    to_bytes(parts.tcb_info_signature.view()),
                         to_bytes(parts.qe_identity), to_bytes(parts.qe_identity_signature.view()),
                         parts.root_ca_crl,           parts.pck_crl};
  for (const std::string* pem : {&parts.tcb_info_issuer_chain, &parts.qe_identity_issuer_chain,
                                 &parts.pck_crl_issuer_chain}) {
    const auto chain = crypto::Certificate::from_pem_chain(*pem, 2).value();
    for (const crypto::Certificate& certificate : chain) out.push_back(certificate.der());
  }
  return out;
}

// The two cases of a hexadecimal letter differ in this bit.
bool is_case_of_hex_digit(const Bytes& bytes, std::size_t bit) {
  const auto letter = static_cast<char>(bytes[bit / 8] | std::byte{0x20});
  return bit % 8 == 5 && letter >= 'a' && letter <= 'f';
}

}  // namespace

TEST_CASE("a quote with one flipped bit is refused, or means the same to the last byte") {
  const std::size_t step = tries_all() ? 1 : 211;
  for (const Vector& vector : vectors()) {
    CAPTURE(vector.name);
    REQUIRE(is_accepted(vector, vector.quote, vector.collateral));
    const std::vector<Bytes> meaning = meaning_of_quote(vector.quote);
    const std::size_t size = UnverifiedQuote::parse(vector.quote)->canonical().size();
    std::size_t refused = 0;
    std::size_t same = 0;
    for (std::size_t bit = 0; bit < vector.quote.size() * 8; bit += step) {
      const Bytes bad = flipped(vector.quote, bit);
      if (!is_accepted(vector, bad, vector.collateral)) {
        ++refused;
        continue;
      }
      ++same;
      CAPTURE(bit);
      REQUIRE(meaning_of_quote(bad) == meaning);
      // Only what follows the quote, and the NUL behind its certificates, can be such a bit.
      CHECK_GE(bit / 8, size - 1);
    }
    MESSAGE(vector.name << ": " << refused << " refused, " << same << " without a meaning");
    CHECK_GT(refused, 0);
  }
}

TEST_CASE("a collateral with one flipped bit is refused, or means the same to the last byte") {
  const int samples = tries_all() ? 10'000 : 150;
  for (const Vector& vector : vectors()) {
    CAPTURE(vector.name);
    const std::vector<Bytes> meaning = meaning_of_collateral(vector.collateral);
    std::mt19937_64 draw(4);  // the same bits each time
    int refused = 0;
    int same = 0;
    for (int i = 0; i < samples; ++i) {
      const std::size_t bit = draw() % (vector.collateral.size() * 8);
      const Bytes bad = flipped(vector.collateral, bit);
      if (!is_accepted(vector, vector.quote, bad)) {
        ++refused;
        continue;
      }
      ++same;
      CAPTURE(bit);
      REQUIRE(meaning_of_collateral(bad) == meaning);
      CHECK(is_case_of_hex_digit(vector.collateral, bit));
    }
    MESSAGE(vector.name << ": " << refused << " refused, " << same << " without a meaning");
    CHECK_GT(refused, 0);
  }
}
