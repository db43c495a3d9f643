#include "attest/intel/collateral.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "attest/intel/quote_verify.h"
#include "attest/intel/recorded_test.h"
#include "codec/base64.h"

using namespace cocoon;
using namespace cocoon::attest::intel;
using codec::Json;

namespace {

const std::vector kIntel{intel_sgx_root()};
const char* const kGood = "tdx/01_v4_phala_b0c06f_2025-06/collateral.json";

Json good_json() { return codec::parse_json(as_text(test::data(kGood))).value(); }

std::string text_of(const Json& json, std::string_view key) { return *json.find(key)->as_string(); }

Status verify(const Json& json) {
  TRY(const UnverifiedCollateral parsed,
      UnverifiedCollateral::parse(as_bytes(codec::write_json(json))));
  const auto verified = verify_collateral(parsed, kIntel);
  return verified ? Status() : std::unexpected(verified.error());
}

Status verify_with(std::string_view key, Json value) {
  Json json = good_json();
  json.set(key, std::move(value));
  return verify(json);
}

Status verify_text(const std::string& text) {
  TRY(const UnverifiedCollateral parsed, UnverifiedCollateral::parse(as_bytes(text)));
  const auto verified = verify_collateral(parsed, kIntel);
  return verified ? Status() : std::unexpected(verified.error());
}

// As the headers of Intel's service carry it.
std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    out += is_plain ? std::string(1, c) : "%" + to_hex(as_bytes(std::string_view(&c, 1)));
  }
  return out;
}

// The certificates of a PEM text the other way round.
std::string reversed(const std::string& pem) {
  const std::size_t second = pem.find("-----BEGIN", 10);
  return pem.substr(second) + "\n" + pem.substr(0, second);
}

}  // namespace

TEST_CASE("all recorded collateral verifies under Intel's root") {
  int count = 0;
  for (const auto& folder : std::filesystem::directory_iterator("tests/data/attestation/tdx")) {
    CAPTURE(folder.path().string());
    const Bytes json = test::read_file(folder.path().string() + "/collateral.json");
    const auto parsed = UnverifiedCollateral::parse(json);
    REQUIRE(parsed.has_value());
    const auto verified = verify_collateral(*parsed, kIntel);
    if (!verified) MESSAGE(verified.error().message());
    REQUIRE(verified.has_value());
    CHECK_EQ(verified->root(), intel_sgx_root());
    CHECK_FALSE(verified->is_signer_revoked());
    CHECK_GE(verified->tcb_info().levels.size(), 2);
    CHECK_EQ(UnverifiedCollateral::parse(as_bytes(parsed->to_json()))->to_json(),
             parsed->to_json());
    ++count;
  }
  CHECK_GE(count, 15);
}

TEST_CASE("collateral for SGX vouches for no TD") {
  const Bytes json = test::data("sgx/phala/sgx_quote_collateral.json");
  const auto refused = verify_collateral(UnverifiedCollateral::parse(json).value(), kIntel);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(IntelError::kCollateralMismatch));
}

TEST_CASE("a part that is missing, or is no part, is no collateral") {
  for (const char* key : {"tcb_info", "tcb_info_signature", "tcb_info_issuer_chain", "qe_identity",
                          "qe_identity_signature", "qe_identity_issuer_chain", "root_ca_crl",
                          "pck_crl", "pck_crl_issuer_chain"}) {
    CAPTURE(key);
    Json json = good_json();
    json.erase(key);
    CHECK(verify(json).error().is(IntelError::kMalformed));
    CHECK(verify_with(key, Json::null()).error().library() == Library::kAttestIntel);
    CHECK_FALSE(verify_with(key, Json::string("")).has_value());
    CHECK_FALSE(verify_with(key, Json::array()).has_value());
    CHECK_FALSE(verify_with(key, Json::string("zz")).has_value());
  }
  CHECK_FALSE(UnverifiedCollateral::parse({}).has_value());
  CHECK_FALSE(UnverifiedCollateral::parse(as_bytes("[]")).has_value());
  CHECK_FALSE(UnverifiedCollateral::parse(Bytes(kCollateralBytesMax + 1, std::byte{' '})));
  std::string nested(200, '[');
  CHECK_FALSE(UnverifiedCollateral::parse(as_bytes("{\"tcb_info\":" + nested)).has_value());
  const std::string trailing = codec::write_json(good_json()) + "{}";
  CHECK(verify_text(trailing).error().is(IntelError::kMalformed));
}

TEST_CASE("the encodings that libraries hand out mean the same") {
  const Json json = good_json();
  CHECK(verify(json).has_value());
  CHECK(verify_with("new_member", Json::string("x")).has_value());
  for (const char* key :
       {"tcb_info_signature", "qe_identity_signature", "root_ca_crl", "pck_crl"}) {
    CAPTURE(key);
    std::string upper = text_of(json, key);
    for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c);
    CHECK(verify_with(key, Json::string(upper)).has_value());
    CHECK(verify_with(key, Json::string(" " + upper + "\n")).has_value());
  }
  for (const char* key : {"root_ca_crl", "pck_crl"}) {
    CAPTURE(key);
    const std::string base64 = codec::to_base64(from_hex(text_of(json, key)).value());
    CHECK(verify_with(key, Json::string(base64)).has_value());
    CHECK(verify_with(key, Json::string("-----BEGIN X509 CRL-----\n" + base64 +
                                        "\n-----END X509 CRL-----\n"))
              .has_value());
  }
  for (const char* key :
       {"tcb_info_issuer_chain", "qe_identity_issuer_chain", "pck_crl_issuer_chain"}) {
    CAPTURE(key);
    const std::string pem = text_of(json, key);
    CHECK(verify_with(key, Json::string(reversed(pem))).has_value());
    CHECK(verify_with(key, Json::string(pem + std::string(1, '\0'))).has_value());
    CHECK_FALSE(verify_with(key, Json::string(pem + pem)).has_value());
    CHECK(verify_with(key, Json::string(percent_encoded(pem))).has_value());
    CHECK_FALSE(verify_with(key, Json::string(pem + "%")).has_value());
    CHECK_FALSE(verify_with(key, Json::string(pem + "%0")).has_value());
    CHECK_FALSE(verify_with(key, Json::string(pem + "%zz")).has_value());
    const std::string leaf = pem.substr(0, pem.find("-----BEGIN", 10));
    CHECK_FALSE(verify_with(key, Json::string(leaf)).has_value());
  }
}

TEST_CASE("signed texts are taken as they were transmitted, wrapped or in place") {
  const Json json = good_json();
  const std::string info = text_of(json, "tcb_info");
  const std::string signature = text_of(json, "tcb_info_signature");
  const std::string wrapped = "{\"tcbInfo\":" + info + ",\"signature\":\"" + signature + "\"}";
  CHECK(verify_with("tcb_info", Json::string(wrapped)).has_value());
  Json without = json;
  without.set("tcb_info", Json::string(wrapped));
  without.erase("tcb_info_signature");
  CHECK(verify(without).has_value());
  // In place of the text the object itself, its bytes untouched.
  std::string text = codec::write_json(json);
  const std::string quoted = codec::write_json(Json::string(info));
  text.replace(text.find(quoted), quoted.size(), info + " ");
  CHECK(verify_text(text).has_value());
  // A blank inside is another text.
  std::string spaced = info;
  spaced.insert(1, " ");
  CHECK(verify_with("tcb_info", Json::string(spaced)).error().is(IntelError::kBadCollateral));
}

TEST_CASE("collateral under a root that is not trusted is refused") {
  const Bytes json = test::data("sim/collateral.json");
  const auto parsed = UnverifiedCollateral::parse(json).value();
  CHECK(verify_collateral(parsed, kIntel).error().is(IntelError::kUntrustedRoot));
  CHECK(verify_collateral(parsed, {}).error().is(IntelError::kUntrustedRoot));
  const std::vector dev{test::fingerprint_of("sim/dev_root.der")};
  CHECK(verify_collateral(parsed, dev).has_value());
}

TEST_CASE("parts of different collaterals do not add up") {
  const Json other =
      codec::parse_json(as_text(test::data("tdx/19_v4_gcp_solana_2025-07/collateral.json")))
          .value();
  CHECK_FALSE(verify_with("tcb_info", *other.find("tcb_info")).has_value());
  CHECK_FALSE(verify_with("qe_identity_signature", *other.find("tcb_info_signature")).has_value());
  CHECK_FALSE(verify_with("root_ca_crl", *other.find("pck_crl")).has_value());
  CHECK_FALSE(verify_with("pck_crl", *other.find("root_ca_crl")).has_value());
  const Json json = good_json();
  CHECK_FALSE(verify_with("tcb_info_issuer_chain", *json.find("pck_crl_issuer_chain")).has_value());
}

TEST_CASE("the text of a member is found whatever surrounds it") {
  constexpr std::string_view kObject =
      R"( { "a" : "}\"," , "b":[1,{"c":2}],"c": 12 ,"d":{"a":1} } )";
  CHECK_EQ(member_text(kObject, "a").value(), R"("}\",")");
  CHECK_EQ(member_text(kObject, "b").value(), R"([1,{"c":2}])");
  CHECK_EQ(member_text(kObject, "c").value(), "12");
  CHECK_EQ(member_text(kObject, "d").value(), R"({"a":1})");
  CHECK_FALSE(member_text(kObject, "e").has_value());
  CHECK_FALSE(member_text("{}", "a").has_value());
}
