#include "attest/nvidia/verify.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "attest/nvidia/recorded_test.h"

namespace cocoon::attest::nvidia {
namespace {

using test::check_refused;
using test::Recorded;
using test::recorded;
using test::recorded_list;
using test::vendor_roots;

constexpr UnixSeconds kNow{1'780'000'000};

Result<VerifiedGpuReport> verify(const Recorded& gpu) {
  TRY(UnverifiedGpuReport report, UnverifiedGpuReport::parse(gpu.report));
  TRY(const VerifiedGpuChain chain, verify_gpu_chain(gpu.chain, vendor_roots(), kNow));
  return verify_gpu_report(std::move(report), chain, kNow);
}

crypto::Ed25519KeyPair golden_key() {
  const auto seed = crypto::sha256(as_bytes("cocoon/1 test golden key"));
  return crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(seed).value());
}

Result<GoldenSet> golden(const std::string& name) {
  const std::string json = test::data("golden/" + name + ".json");
  const auto signature =
      crypto::Ed25519Signature::from(as_bytes(test::data("golden/" + name + ".json.sig"))).value();
  return GoldenSet::open(as_bytes(json), signature, golden_key().public_key());
}

std::vector<Bytes> ders(const std::vector<crypto::Certificate>& chain) {
  std::vector<Bytes> out(chain.size());
  std::ranges::transform(chain, out.begin(), [](const auto& one) { return one.der(); });
  return out;
}

TEST_CASE("verifies recorded reports of single H100s and reads what they run") {
  struct Case {
    const char* name;
    const char* driver;
    const char* vbios;
    bool states_firmware;
  };
  for (const Case& c : {Case{"h100_535", "535.86.09", "96.00.5E.00.01", false},
                        {"h100_550", "550.90.07", "96.00.9F.00.01", true},
                        {"h100_580_coco", "580.95.05", "96.00.74.00.1A", true},
                        {"h100_580_sdk", "580.159.03", "96.00.74.00.20", true}}) {
    CAPTURE(c.name);
    const auto verified = verify(recorded(c.name));
    REQUIRE(verified.has_value());
    const DeviceInfo& device = verified->report().device();
    CHECK(device.driver_version == c.driver);
    CHECK(device.vbios_version == c.vbios);
    CHECK(device.fwid.has_value() == c.states_firmware);
    CHECK(device.nvdec0 == DeviceInfo::Decoder::kDisabled);
    CHECK(verified->chain().model() == "GH100");
    CHECK(verified->report().measurements().size() == 64);
  }
}

TEST_CASE("verifies the GPUs of a machine with one, four and eight, each another chip") {
  for (const auto& [name, count] : {std::pair("h100_590", 1U),
                                    {"h100_590_four", 4U},
                                    {"h100_590_eight", 8U},
                                    {"h100_570_hold", 1U}}) {
    CAPTURE(name);
    const auto gpus = recorded_list(name);
    CHECK(gpus.size() == count);
    std::set<GpuId> ids;
    for (const Recorded& gpu : gpus) {
      const auto verified = verify(gpu);
      REQUIRE(verified.has_value());
      CHECK(to_hex(verified->report().request_nonce()) == gpu.nonce);
      ids.insert(verified->chain().gpu_id());
    }
    CHECK(!ids.empty());
  }
}

TEST_CASE("refuses GPUs that share plaintext over NVLink, whatever they measure") {
  const Recorded gpu = recorded_list("h100_590_eight").front();
  const auto verified = verify(gpu);
  REQUIRE(verified.has_value());
  check_refused(
      check_gpu(*verified, verified->report().request_nonce(), golden("recorded").value(), {}),
      NvidiaError::kMode);
}

TEST_CASE("no time, root or certificate of the recordings says that the one named expired is") {
  CHECK(verify(recorded("h100_570_expired")).has_value());
  check_refused(verify_gpu_chain(recorded("h100_570_expired").chain, vendor_roots(),
                                 UnixSeconds(1'600'000'000)),
                NvidiaError::kBadSignature);
}

TEST_CASE("verifies a switch's report, refuses it as a GPU, and refuses a bad signature") {
  const auto verified = verify(recorded("ls10"));
  REQUIRE(verified.has_value());
  CHECK(verified->chain().model() == "LS_10");
  CHECK(verified->report().device().vbios_version == "96.10.55.00.01");
  check_refused(
      check_gpu(*verified, verified->report().request_nonce(), golden("recorded").value(), {}),
      NvidiaError::kMode);
  check_refused(verify(recorded("ls10_invalid_signature", "ls10")), NvidiaError::kBadSignature);
}

TEST_CASE("refuses a report under another GPU's chain, and chains of another shape or root") {
  check_refused(verify(recorded("h100_550", "h100_535")), NvidiaError::kBadSignature);
  const auto chain = recorded("h100_550").chain;
  check_refused(verify_gpu_chain({chain.begin(), chain.end() - 1}, vendor_roots(), kNow),
                NvidiaError::kMalformed);
  check_refused(verify_gpu_chain({chain.rbegin(), chain.rend()}, vendor_roots(), kNow),
                NvidiaError::kUntrustedRoot);
  check_refused(verify_gpu_chain(chain, {}, kNow), NvidiaError::kUntrustedRoot);
  auto mixed = chain;
  mixed[0] = recorded("h100_535").chain[0];
  check_refused(verify_gpu_chain(mixed, vendor_roots(), kNow), NvidiaError::kBadSignature);
}

TEST_CASE("refuses flipped bits all over a recorded report") {
  const Recorded gpu = recorded("h100_580_sdk");
  const VerifiedGpuChain chain = verify_gpu_chain(gpu.chain, vendor_roots(), kNow).value();
  for (std::size_t at = 0; at < gpu.report.size(); at += 41) {
    Bytes bent = gpu.report;
    bent[at] ^= static_cast<std::byte>(1U << (at % 8));
    CAPTURE(at);
    auto report = UnverifiedGpuReport::parse(bent);
    if (report.has_value()) {
      CHECK_FALSE(verify_gpu_report(*std::move(report), chain, kNow).has_value());
    }
  }
}

TEST_CASE("the recorded VBIOS matches all twelve indices of its genuine manifest") {
  const auto report = UnverifiedGpuReport::parse(recorded("h100_535").report).value();
  const GoldenSet set = golden("recorded").value();
  CHECK(set.size() == 2);
  const std::string id = vbios_manifest_id(report.device());
  CHECK(id == "NV_GPU_VBIOS_1010_0200_882_96005E0001");
  const GoldenManifest* const vbios = set.find(GoldenManifest::Kind::kVbios, id);
  REQUIRE(vbios != nullptr);
  CHECK(vbios->measurements.size() == 12);
  CHECK(compare_manifest(report, *vbios).has_value());
  // Another VBIOS.
  const auto other = UnverifiedGpuReport::parse(recorded("h100_580_sdk").report).value();
  check_refused(compare_manifest(other, *vbios), NvidiaError::kMeasurementMismatch);
}

TEST_CASE("refuses the recorded VBIOS under a manifest that differs in index 9, for that reason") {
  const auto report = UnverifiedGpuReport::parse(recorded("h100_535").report).value();
  const GoldenSet set = golden("vbios_mismatch").value();
  const Status compared = compare_manifest(
      report, *set.find(GoldenManifest::Kind::kVbios, vbios_manifest_id(report.device())));
  check_refused(compared, NvidiaError::kMeasurementMismatch);
  CHECK(compared.error().message().starts_with("GPU measurement 9 "));
}

TEST_CASE("a driver's manifest and a VBIOS's that overlap are no golden measurements") {
  const auto report = UnverifiedGpuReport::parse(recorded("h100_535").report).value();
  const GoldenSet set = golden("recorded").value();
  const GoldenManifest& vbios =
      *set.find(GoldenManifest::Kind::kVbios, vbios_manifest_id(report.device()));
  check_refused(compare_measurements(report, vbios, vbios), NvidiaError::kMalformed);
  GoldenManifest nothing;
  CHECK(compare_measurements(report, nothing, vbios).has_value());
  // Index 35 counts only while the decoder that it measures is enabled.
  nothing.measurements[35] = {crypto::Sha384Digest{std::byte{1}}};
  CHECK(compare_measurements(report, nothing, vbios).has_value());
  nothing.measurements[36] = {crypto::Sha384Digest{std::byte{1}}};
  check_refused(compare_measurements(report, nothing, vbios), NvidiaError::kMeasurementMismatch);
  GoldenManifest beyond;
  beyond.measurements[64] = {crypto::Sha384Digest{}};
  check_refused(compare_measurements(report, beyond, vbios), NvidiaError::kMeasurementMismatch);
}

TEST_CASE("opens golden measurements under the right key only, and by their schema") {
  const std::string json = test::data("golden/recorded.json");
  const auto signature =
      crypto::Ed25519Signature::from(as_bytes(test::data("golden/recorded.json.sig"))).value();
  const crypto::Ed25519KeyPair key = golden_key();
  check_refused(GoldenSet::open(as_bytes(json), signature, crypto::Ed25519PublicKey()),
                NvidiaError::kBadSignature);
  check_refused(GoldenSet::open(as_bytes(json + " "), signature, key.public_key()),
                NvidiaError::kBadSignature);
  const auto open = [&key](const std::string& text) {
    return GoldenSet::open(as_bytes(text), key.sign(golden_signing_input(as_bytes(text))),
                           key.public_key());
  };
  CHECK(open(R"({"version":1,"manifests":[]})").has_value());
  check_refused(open(R"({"version":2,"manifests":[]})"), NvidiaError::kUnsupported);
  check_refused(open(R"({"version":1})"), NvidiaError::kMalformed);
  check_refused(open(R"({"version":1,"manifests":[],"x":1})"), NvidiaError::kMalformed);
  check_refused(open("[]"), NvidiaError::kMalformed);
  const std::string digest(96, 'a');
  const auto manifest = [&](const std::string& kind, const std::string& index,
                            const std::string& hash) {
    return open(R"({"version":1,"manifests":[{"kind":")" + kind +
                R"(","id":"i","version":"v","rim_sha256":"","measurements":[{"index":)" + index +
                R"(,"sha384":[")" + hash + R"("]}]}]})");
  };
  CHECK(manifest("driver", "1", digest).has_value());
  check_refused(manifest("other", "1", digest), NvidiaError::kMalformed);
  check_refused(manifest("driver", "255", digest), NvidiaError::kMalformed);
  check_refused(manifest("driver", "-1", digest), NvidiaError::kMalformed);
  check_refused(manifest("driver", "1", digest.substr(2)), NvidiaError::kMalformed);
}

TEST_CASE("the cache answers as the verification did, within validity and roots") {
  const Recorded gpu = recorded("h100_550");
  std::vector<Bytes> der = ders(gpu.chain);
  GpuChainCache cache(2);
  for (int i = 0; i < 2; ++i) {
    const auto chain = cache.verify(der, vendor_roots(), kNow);
    REQUIRE(chain.has_value());
    CHECK(chain->gpu_id() == verify_gpu_chain(gpu.chain, vendor_roots(), kNow)->gpu_id());
    check_refused(cache.verify(der, {}, kNow), NvidiaError::kUntrustedRoot);
    check_refused(cache.verify(der, vendor_roots(), UnixSeconds(1)), NvidiaError::kBadSignature);
  }
  for (const char* other : {"h100_535", "h100_580_sdk", "h100_580_coco"}) {
    CHECK(cache.verify(ders(recorded(other).chain), vendor_roots(), kNow).has_value());
  }
  CHECK(cache.verify(der, vendor_roots(), kNow).has_value());
  der[0][der[0].size() - 1] ^= std::byte{1};
  CHECK_FALSE(cache.verify(der, vendor_roots(), kNow).has_value());
}

TEST_CASE("refuses what is not exactly a report") {
  const Bytes good = recorded("h100_550").report;
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    Bytes bent = good;
    bent[at] = std::byte{value};
    return UnverifiedGpuReport::parse(bent);
  };
  for (std::size_t length = 0; length < good.size(); length += 97) {
    check_refused(UnverifiedGpuReport::parse(BytesView(good).first(length)),
                  NvidiaError::kMalformed);
  }
  CHECK(UnverifiedGpuReport::parse(concat({good, Bytes(1)})).has_value());
  check_refused(UnverifiedGpuReport::parse(concat({good, Bytes(2)})), NvidiaError::kMalformed);
  check_refused(with(0, 0x12), NvidiaError::kUnsupported);
  check_refused(with(2, 0), NvidiaError::kUnsupported);
  check_refused(with(36, 1), NvidiaError::kUnsupported);
  check_refused(with(38, 0x7f), NvidiaError::kUnsupported);
  check_refused(with(41, 63), NvidiaError::kMalformed);   // one block fewer
  check_refused(with(45, 2), NvidiaError::kMalformed);    // first block's number
  check_refused(with(46, 2), NvidiaError::kUnsupported);  // its specification
  check_refused(UnverifiedGpuReport::parse(Bytes(kReportBytesMax + 1)), NvidiaError::kMalformed);
}

}  // namespace
}  // namespace cocoon::attest::nvidia
