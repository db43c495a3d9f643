#include "attest/amd/verify.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "attest/amd/describe.h"
#include "tdxsim/fixture.h"
#include "tdxsim/snp_platform.h"

namespace cocoon::attest::amd {
namespace {

using crypto::Certificate;
using tdxsim::kFixtureNow;
using tdxsim::SnpOptions;
using tdxsim::SnpPlatform;

constexpr UnixSeconds kMid2025{1'750'000'000};
constexpr UnixSeconds kMid2026{1'783'000'000};

Bytes data(const std::string& name) {
  std::ifstream file("tests/data/attestation/snp/" + name, std::ios::binary);
  REQUIRE(file.good());
  return to_bytes(std::string((std::istreambuf_iterator<char>(file)), {}));
}

Certificate certificate(const std::string& name) {
  auto parsed = Certificate::from_der(data(name));
  REQUIRE(parsed.has_value());
  return *std::move(parsed);
}

Result<VerifiedEndorsement> endorse(const std::string& name, UnixSeconds at) {
  TRY(const auto chain, with_vendor_issuers(certificate(name)));
  return verify_endorsement(chain, amd_roots(), at);
}

UnverifiedReport report(const std::string& name) {
  auto parsed = UnverifiedReport::parse(data(name));
  REQUIRE(parsed.has_value());
  return *std::move(parsed);
}

Result<VerifiedReport> verify_recorded(const std::string& name, const std::string& key,
                                       UnixSeconds at) {
  TRY(const VerifiedEndorsement endorsement, endorse(key, at));
  return verify_report(report(name), endorsement, at);
}

// Takes any firmware of both products.
constexpr GuestPolicy kAnyFirmware{.genoa_tcb_min = TcbVersion{}, .turin_tcb_min = TcbVersion{}};

template <class T>
void check_refused(const Result<T>& result, AmdError code) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().message());
  CHECK(result.error().is(code));
}

TEST_CASE("verifies the recorded reports of Genoa and Milan, and refuses Milan for what it is") {
  const auto genoa = verify_recorded("azure_genoa.report.bin", "azure_genoa.vcek.der", kMid2025);
  REQUIRE(genoa.has_value());
  CHECK(genoa->product() == Product::kGenoa);
  CHECK(genoa->reported_tcb() ==
        TcbVersion{.bootloader = 0x0a, .tee = 0, .snp = 0x17, .microcode = 0x54});
  CHECK(genoa->chip_id().size() == 64);
  CHECK(check_guest(*genoa, kAnyFirmware).has_value());

  for (const char* name : {"coco_milan", "dstack_milan"}) {
    CAPTURE(name);
    const auto milan = verify_recorded(std::string(name) + ".report.bin",
                                       std::string(name) + ".vcek.der", kMid2026);
    REQUIRE(milan.has_value());
    CHECK(milan->product() == Product::kMilan);
    check_refused(check_guest(*milan, kAnyFirmware), AmdError::kRefusedProduct);
  }
}

TEST_CASE("verifies a recorded report under a chain that came with it") {
  const auto chain = Certificate::from_pem_chain(as_text(data("azure_milan.chain.pem")), 3).value();
  const auto endorsement = verify_endorsement(chain, amd_roots(), kMid2025);
  REQUIRE(endorsement.has_value());
  CHECK(verify_report(report("azure_milan.report.bin"), *endorsement, kMid2025).has_value());
}

TEST_CASE("verifies a recorded report that a VLEK signed") {
  const auto verified =
      verify_recorded("coco_milan_vlek.report.bin", "coco_milan_vlek.vlek.der", kMid2025);
  REQUIRE(verified.has_value());
  CHECK(verified->body().vmpl == 1);
  CHECK(verified->report().key_kind() == KeyKind::kVlek);
  CHECK(verified->chip_id().empty());
  check_refused(endorse("coco_milan_vlek.vlek.der", kMid2026), AmdError::kBadSignature);
}

TEST_CASE("verifies the recorded report of a debug guest, whose policy says so") {
  const auto verified =
      verify_recorded("google_milan_debug.report.bin", "google_milan_debug.vcek.der", kMid2025);
  REQUIRE(verified.has_value());
  CHECK((verified->body().policy >> 19U & 1U) == 1);
}

TEST_CASE("refuses keys that AMD did not certify") {
  for (const char* name : {"test-vcek-invalid-legacy.der", "test-vcek-invalid-new.der"}) {
    CAPTURE(name);
    check_refused(endorse(name, kMid2025), AmdError::kBadSignature);
  }
  check_refused(endorse("azure_genoa.vcek.der", UnixSeconds(1'700'000'000)),
                AmdError::kBadSignature);
}

TEST_CASE("reads a Turin key: eight bytes of hardware id, and the FMC's version first") {
  const auto endorsement = endorse("virtee_turin.vcek.der", kMid2025);
  REQUIRE(endorsement.has_value());
  CHECK(endorsement->product() == Product::kTurin);
  CHECK(to_hex(endorsement->key().hardware_id) == "1e550a8ee5cf9f4d");
  CHECK(endorsement->key().tcb == TcbVersion{.microcode = 9});
}

TEST_CASE("refuses a report under another chip's key, another product's and another kind's") {
  check_refused(verify_recorded("coco_milan.report.bin", "google_milan_debug.vcek.der", kMid2025),
                AmdError::kBadSignature);
  check_refused(verify_recorded("coco_milan.report.bin", "coco_milan_vlek.vlek.der", kMid2025),
                AmdError::kBadSignature);
}

TEST_CASE("refuses every flip of a bit in a recorded report") {
  const auto endorsement = endorse("azure_genoa.vcek.der", kMid2025);
  REQUIRE(endorsement.has_value());
  const Bytes original = data("azure_genoa.report.bin");
  constexpr std::size_t kSigned = 0x2a0;
  const auto accepted = [&](const Bytes& bytes) {
    auto parsed = UnverifiedReport::parse(bytes);
    return parsed.has_value() &&
           verify_report(*std::move(parsed), *endorsement, kMid2025).has_value();
  };
  REQUIRE(accepted(original));
  for (std::size_t at = 0; at < original.size(); at += 7) {
    Bytes bent = original;
    bent[at] ^= static_cast<std::byte>(1U << (at % 8));
    CAPTURE(at);
    CHECK_FALSE(accepted(bent));
    static_assert(kSigned < kReportSize);
  }
}

TEST_CASE("refuses what is not exactly a report") {
  const Bytes good = data("coco_milan.report.bin");
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    Bytes bent = good;
    bent[at] = std::byte{value};
    return UnverifiedReport::parse(bent);
  };
  check_refused(UnverifiedReport::parse(BytesView(good).first(kReportSize - 1)),
                AmdError::kMalformed);
  check_refused(UnverifiedReport::parse(concat({good, Bytes(1)})), AmdError::kMalformed);
  check_refused(UnverifiedReport::parse(BytesView()), AmdError::kMalformed);
  check_refused(with(0, 1), AmdError::kUnsupported);
  check_refused(with(0, 6), AmdError::kUnsupported);
  check_refused(with(0x34, 2), AmdError::kUnsupported);
  check_refused(with(0x48, 1U << 1U), AmdError::kUnsupported);  // masked chip key
  check_refused(with(0x48, 7U << 2U), AmdError::kUnsupported);  // no key
  check_refused(with(0x48, 0x20), AmdError::kMalformed);
  check_refused(with(0x188, 0x19), AmdError::kMalformed);  // CPUID in version 2
  check_refused(with(0x2a0 + 48, 1), AmdError::kMalformed);
  check_refused(with(0x49f, 1), AmdError::kMalformed);
}

// A simulated guest on a development root, bent by options.
struct Simulated {
  explicit Simulated(Product product = Product::kTurin, KeyKind kind = KeyKind::kVcek)
      : platform(
            SnpPlatform::create(tdxsim::seeded_bytes("snp"), kFixtureNow, product, kind).value()) {}

  [[nodiscard]] Result<VerifiedEndorsement> endorsement() const {
    const std::vector<crypto::Sha256Digest> roots(1, platform.root_fingerprint());
    return verify_endorsement(platform.chain(), roots, kFixtureNow);
  }
  [[nodiscard]] Result<VerifiedReport> verify(const SnpOptions& options = {}) const {
    TRY(const VerifiedEndorsement key, endorsement());
    const Bytes bytes = platform.report({}, tdxsim::default_snp_measurement(), options).value();
    TRY(UnverifiedReport parsed, UnverifiedReport::parse(bytes));
    return verify_report(std::move(parsed), key, kFixtureNow);
  }
  [[nodiscard]] Status judge(const SnpOptions& options,
                             const GuestPolicy& policy = kAnyFirmware) const {
    return check_guest(verify(options).value(), policy);
  }
  SnpPlatform platform;
};

TEST_CASE("accepts simulated Turin and Genoa guests under their development root only") {
  for (const Product product : {Product::kTurin, Product::kGenoa}) {
    const Simulated simulated(product);
    for (const std::uint32_t version : {2U, 3U, 5U}) {
      CHECK(simulated.judge({.version = version}).has_value());
    }
    check_refused(verify_endorsement(simulated.platform.chain(), amd_roots(), kFixtureNow),
                  AmdError::kUntrustedRoot);
    check_refused(verify_endorsement(simulated.platform.chain(), {}, kFixtureNow),
                  AmdError::kUntrustedRoot);
  }
  const auto turin = Simulated().verify();
  REQUIRE(turin.has_value());
  CHECK(turin->chip_id().size() == 8);
  CHECK(turin->reported_tcb().fmc == 1);
}

TEST_CASE("refuses a simulated guest that may be watched, moved or confused with another") {
  const Simulated turin;
  constexpr std::uint64_t kHealthy = std::uint64_t{3} << 16U;
  const auto policy_bit = [&](unsigned index) {
    return turin.judge({.policy = kHealthy | std::uint64_t{1} << index});
  };
  check_refused(policy_bit(18), AmdError::kGuestPolicy);
  check_refused(policy_bit(19), AmdError::kGuestPolicy);
  check_refused(policy_bit(26), AmdError::kGuestPolicy);
  check_refused(turin.judge({.policy = 0}), AmdError::kGuestPolicy);
  CHECK(policy_bit(20).has_value());
  check_refused(turin.judge({.vmpl = 1}), AmdError::kGuestPolicy);
  check_refused(Simulated(Product::kGenoa).judge({.platform_info = 0}), AmdError::kGuestPolicy);
  check_refused(Simulated(Product::kMilan).judge({}), AmdError::kRefusedProduct);
}

TEST_CASE("binds a report to its chip, also where the host masks the id") {
  const Simulated turin;
  check_refused(turin.verify({.chip_id = SnpOptions::ChipId::kAnother}), AmdError::kWrongChip);
  const auto masked = turin.verify({.chip_id = SnpOptions::ChipId::kMasked});
  REQUIRE(masked.has_value());
  CHECK(masked->chip_id() == turin.endorsement()->key().hardware_id);

  const Simulated lent(Product::kTurin, KeyKind::kVlek);
  CHECK(lent.judge({}).has_value());
  check_refused(lent.judge({.chip_id = SnpOptions::ChipId::kMasked}), AmdError::kGuestPolicy);
}

TEST_CASE("holds REPORTED_TCB to the key's certificate and to the policy's floor") {
  const Simulated turin;
  TcbVersion other = turin.platform.tcb();
  other.snp += 1;
  check_refused(turin.verify({.reported_tcb = other}), AmdError::kTcbMismatch);
  check_refused(turin.judge({}, {.turin_tcb_min = other}), AmdError::kTcbTooOld);
  check_refused(turin.judge({}, {.genoa_tcb_min = TcbVersion{}}), AmdError::kRefusedProduct);
  check_refused(turin.judge({}, {}), AmdError::kRefusedProduct);
  CHECK(turin.judge({}, {.turin_tcb_min = turin.platform.tcb()}).has_value());
}

TEST_CASE("refuses chains of another shape") {
  const auto good = with_vendor_issuers(certificate("azure_genoa.vcek.der")).value();
  const auto of = [](const std::vector<Certificate>& chain) {
    return verify_endorsement(chain, amd_roots(), kMid2025);
  };
  check_refused(of({}), AmdError::kMalformed);
  check_refused(of({good[0], good[2]}), AmdError::kMalformed);
  check_refused(of({good[1], good[1], good[2]}), AmdError::kMalformed);
  const auto milan = with_vendor_issuers(certificate("coco_milan.vcek.der")).value();
  check_refused(of({good[0], milan[1], milan[2]}), AmdError::kBadSignature);
  check_refused(with_vendor_issuers(good[2]), AmdError::kUntrustedRoot);
}

TEST_CASE("describes a report without judging it") {
  const codec::Json described = describe_report(report("google_milan_debug.report.bin"));
  CHECK(described.find("policy")->find("debug")->as_boolean() != nullptr);
  CHECK(*described.find("policy")->find("debug")->as_boolean());
  CHECK(*described.find("signing_key")->as_string() == "VCEK");
}

}  // namespace
}  // namespace cocoon::attest::amd
