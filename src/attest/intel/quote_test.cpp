#include "attest/intel/quote.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "attest/intel/quote_verify.h"
#include "attest/intel/recorded_test.h"
#include "codec/rfc3339.h"

using namespace cocoon;
using namespace cocoon::attest::intel;

namespace {

struct Recorded {
  std::string name;
  Bytes quote;
  codec::Json expected;
};

std::vector<Recorded> recorded_quotes() {
  std::vector<Recorded> out;
  for (const auto& folder : std::filesystem::directory_iterator("tests/data/attestation/tdx")) {
    const std::string name = folder.path().filename().string();
    const Bytes json = test::data("tdx/" + name + "/expected.json");
    out.push_back(
        {name, test::data("tdx/" + name + "/quote.bin"), codec::parse_json(as_text(json)).value()});
  }
  return out;
}

std::string text_of(const codec::Json& json, std::string_view key) {
  const codec::Json* value = json.find(key);
  return value == nullptr || value->as_string() == nullptr ? "" : *value->as_string();
}

// A vector without the time is checked at a time inside its certificates' validity.
UnixSeconds verify_time(const codec::Json& expected) {
  const std::string text = text_of(expected, "verify_at");
  return text.empty() ? UnixSeconds(1'778'000'000) : codec::parse_rfc3339(text).value();
}

}  // namespace

TEST_CASE("every recorded quote parses to its expected fields") {
  const auto quotes = recorded_quotes();
  REQUIRE(quotes.size() >= 15);
  for (const Recorded& recorded : quotes) {
    CAPTURE(recorded.name);
    const auto quote = UnverifiedQuote::parse(recorded.quote);
    REQUIRE(quote.has_value());
    CHECK_EQ(quote->version(), recorded.expected.find("quote_version")->as_unsigned().value());
    CHECK_EQ(static_cast<std::uint64_t>(quote->body().kind),
             recorded.expected.find("body_type")->as_unsigned().value());
    CHECK_EQ(to_hex(quote->body().mrtd), text_of(recorded.expected, "mrtd"));
    CHECK_EQ(to_hex(quote->body().report_data), text_of(recorded.expected, "reportdata"));
    CHECK_EQ(to_hex(quote->body().tee_tcb_svn), text_of(recorded.expected, "tee_tcb_svn"));
    const std::string svn2 = text_of(recorded.expected, "tee_tcb_svn2");
    CHECK_EQ(quote->body().td15.has_value(), !svn2.empty());
    if (!svn2.empty()) CHECK_EQ(to_hex(quote->body().td15->tee_tcb_svn2), svn2);
  }
}

TEST_CASE("every recorded quote's signatures lead to Intel's root") {
  CHECK_EQ(intel_sgx_root(), test::fingerprint_of("roots/intel/TrustedRootCA.der"));
  const std::vector roots{intel_sgx_root()};
  for (const Recorded& recorded : recorded_quotes()) {
    CAPTURE(recorded.name);
    const auto verified = verify_quote(UnverifiedQuote::parse(recorded.quote).value(), roots);
    CHECK(verified->chain().validity.contains(verify_time(recorded.expected)));
    if (!verified.has_value()) MESSAGE(verified.error().message());
    REQUIRE(verified.has_value());
    CHECK_EQ(to_hex(verified->pck().fmspc), text_of(recorded.expected, "fmspc"));
    CHECK_EQ(to_hex(verified->pck().ppid), text_of(recorded.expected, "ppid"));
    CHECK_EQ(verified->root(), intel_sgx_root());
  }
}

TEST_CASE("quotes of a development root verify under that root only") {
  const std::vector roots{test::fingerprint_of("sim/dev_root.der")};
  for (const char* name : {"v4_ok", "v5_ok", "v4_debug", "v5_servtd"}) {
    CAPTURE(name);
    const Bytes bytes = test::data(std::string("sim/") + name + ".bin");
    CHECK(verify_quote(UnverifiedQuote::parse(bytes).value(), roots).has_value());
    const std::vector intel{intel_sgx_root()};
    CHECK(verify_quote(UnverifiedQuote::parse(bytes).value(), intel)
              .error()
              .is(IntelError::kUntrustedRoot));
    CHECK(verify_quote(UnverifiedQuote::parse(bytes).value(), {})
              .error()
              .is(IntelError::kUntrustedRoot));
  }
}

TEST_CASE("bytes after the quote are dropped, whatever they are") {
  Bytes bytes = test::data("sim/v4_ok.bin");
  const std::size_t size = UnverifiedQuote::parse(bytes)->canonical().size();
  bytes.resize(size);
  CHECK(equal(UnverifiedQuote::parse(bytes)->canonical(), bytes));
  Bytes padded = bytes;
  padded.resize(40'000, std::byte{0xa5});
  CHECK(equal(UnverifiedQuote::parse(padded)->canonical(), bytes));
}

TEST_CASE("every truncation of a quote is refused") {
  const Bytes bytes = test::data("sim/v4_ok.bin");
  const std::size_t size = UnverifiedQuote::parse(bytes)->canonical().size();
  for (std::size_t length = 0; length < size; length += 7) {
    CAPTURE(length);
    CHECK(
        UnverifiedQuote::parse(BytesView(bytes).first(length)).error().is(IntelError::kMalformed));
  }
}

TEST_CASE("other versions, key types, TEEs, vendors and bodies are unsupported") {
  const struct {
    const char* file;
    std::size_t offset;
    std::uint8_t value;
    IntelError expected;
  } cases[] = {
      {"sim/v4_ok.bin", 0, 3, IntelError::kUnsupported},
      {"sim/v4_ok.bin", 0, 6, IntelError::kUnsupported},
      {"sim/v4_ok.bin", 2, 3, IntelError::kUnsupported},
      {"sim/v4_ok.bin", 4, 0, IntelError::kUnsupported},
      {"sim/v4_ok.bin", 12, 0, IntelError::kUnsupported},
      {"sim/v4_ok.bin", 764, 5, IntelError::kUnsupported},  // certification data type
      {"sim/v5_ok.bin", 48, 1, IntelError::kUnsupported},   // an SGX enclave's body
      {"sim/v5_ok.bin", 48, 9, IntelError::kUnsupported},
      {"sim/v5_ok.bin", 48, 2, IntelError::kMalformed},  // size of another body
      {"sim/v5_ok.bin", 50, 0, IntelError::kMalformed},
      {"sim/v4_ok.bin", 766, 0, IntelError::kMalformed},     // inner size off by some
      {"sim/v4_ok.bin", 1219, 255, IntelError::kMalformed},  // authentication data too long
  };
  for (const auto& tried : cases) {
    CAPTURE(tried.file);
    CAPTURE(tried.offset);
    Bytes bytes = test::data(tried.file);
    bytes[tried.offset] = std::byte{tried.value};
    const auto quote = UnverifiedQuote::parse(bytes);
    REQUIRE_FALSE(quote.has_value());
    CHECK(quote.error().is(tried.expected));
  }
}

TEST_CASE("a changed byte anywhere in what is signed is refused") {
  const auto platform = test::make_platform();
  const std::vector roots{platform.root_fingerprint()};
  const Bytes good = platform.quote({}, tdxsim::default_measurements()).value();
  REQUIRE(verify_quote(UnverifiedQuote::parse(good).value(), roots).has_value());
  // Header, body, both signatures, attestation key, QE report, authentication data.
  for (const std::size_t offset :
       {28U, 48U, 200U, 631U, 636U, 699U, 700U, 763U, 770U, 1153U, 1154U, 1217U, 1220U, 1251U}) {
    CAPTURE(offset);
    Bytes bad = good;
    bad[offset] ^= std::byte{1};
    const auto refused = verify_quote(UnverifiedQuote::parse(bad).value(), roots);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().is(IntelError::kBadSignature));
  }
}

TEST_CASE("a certificate chain out of its validity, or of another length, is refused") {
  const auto platform = test::make_platform();
  const std::vector roots{platform.root_fingerprint()};
  const Bytes good = platform.quote({}, tdxsim::default_measurements()).value();
  const crypto::Validity validity =
      verify_quote(UnverifiedQuote::parse(good).value(), roots)->chain().validity;
  CHECK(validity.contains(test::kFixtureNow));
  CHECK_FALSE(validity.contains(UnixSeconds(test::kFixtureNow.value() - 2 * 86'400)));
  CHECK_FALSE(validity.contains(UnixSeconds(test::kFixtureNow.value() + 11U * 365 * 86'400)));

  // Blank out the last certificate: the sizes still fit, the chain does not.
  Bytes two = good;
  const std::string_view text = as_text(two);
  const std::size_t last = text.rfind("-----BEGIN");
  std::fill(two.begin() + static_cast<std::ptrdiff_t>(last), two.end(), std::byte{'\n'});
  const auto refused = verify_quote(UnverifiedQuote::parse(two).value(), roots);
  CHECK(refused.error().is(IntelError::kMalformed));
}
