#include "apps/tdx-sim/devices.h"

#include <doctest/doctest.h>

#include <fstream>

#include "apps/tdx-sim/error.h"
#include "apps/tdx-sim/tree.h"
#include "attest/amd/evidence.h"
#include "files/small_files.h"
#include "tdxsim/fixture.h"
#include "tests/support/temp_folder.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;

Bytes bytes_of(const fs::path& file) { return files::read_file(file, 65536).value(); }

TEST_CASE("an EPYC keeps its keys, and a report comes with a table that verifies it") {
  testing::TempFolder folder;
  const auto random = tdxsim::seeded_bytes("devices");
  const auto first =
      open_snp(folder.path(), random, tdxsim::kFixtureNow, attest::amd::Product::kTurin);
  REQUIRE(first.has_value());
  const auto again =
      open_snp(folder.path(), random, tdxsim::kFixtureNow, attest::amd::Product::kTurin);
  REQUIRE(again.has_value());
  CHECK(first->root_fingerprint() == again->root_fingerprint());
  CHECK(crypto::sha256(bytes_of(folder / "snp-root.der")) == first->root_fingerprint());

  TsmTree tree(folder / "tsm",
               [&](BytesView inblob) {
                 ByteArray<64> data{};
                 std::ranges::copy(inblob, data.begin());
                 return first->report(data, tdxsim::default_snp_measurement());
               },
               Logger::silent(), {.name = "sev_guest", .auxblob = first->certificate_table()});
  REQUIRE(tree.open().has_value());
  const fs::path entry = folder / "tsm" / "one";
  fs::create_directory(entry);
  CHECK(tree.serve_once() == 0);
  CHECK(as_text(bytes_of(entry / "provider")) == "sev_guest\n");
  std::ofstream(entry / "inblob", std::ios::binary) << std::string(64, 'x');
  CHECK(tree.serve_once() == 1);
  const attest::amd::SnpEvidence evidence{
      .report = bytes_of(entry / "outblob"),
      .certificates_der =
          attest::amd::parse_certificate_table(bytes_of(entry / "auxblob")).value()};
  const std::vector<crypto::Sha256Digest> roots(1, first->root_fingerprint());
  attest::amd::EndorsementCache cache(1);
  const auto verified =
      attest::amd::verify_snp_evidence(evidence.encode(), roots, tdxsim::kFixtureNow, cache);
  REQUIRE(verified.has_value());
  CHECK(as_text(verified->body().report_data) == std::string(64, 'x'));
}

TEST_CASE("a GPU keeps its keys, and its golden file matches its evidence") {
  testing::TempFolder folder;
  const auto random = tdxsim::seeded_bytes("devices");
  const auto first = open_gpu(folder.path(), random, tdxsim::kFixtureNow);
  REQUIRE(first.has_value());
  const auto gpu = open_gpu(folder.path(), random, tdxsim::kFixtureNow);
  REQUIRE(gpu.has_value());
  CHECK(first->gpu.root_fingerprint() == gpu->gpu.root_fingerprint());
  std::string hex(as_text(bytes_of(folder / "golden-key.hex")));
  hex.pop_back();
  const attest::nvidia::WorkerGpus evidence{
      .gpus = {gpu->gpu.evidence({}).value()},
      .golden = {.json = bytes_of(folder / "golden.json"),
                 .signature =
                     crypto::Ed25519Signature::from(bytes_of(folder / "golden.json.sig")).value()}};
  attest::nvidia::GpuChainCache cache(1);
  const attest::nvidia::GpuPolicy policy{
      .roots = {gpu->gpu.root_fingerprint()},
      .golden_keys = {crypto::Ed25519PublicKey::from_hex(hex).value()},
      .driver_versions = {tdxsim::kGpuDriverVersion},
      .vbios_versions = {tdxsim::kGpuVbiosVersion}};
  const auto judged = attest::nvidia::verify_gpu_evidence(evidence.encode(), {}, policy,
                                                          tdxsim::kFixtureNow, cache);
  CHECK(judged.has_value());
}

TEST_CASE("a device's keys that others may read are refused") {
  testing::TempFolder folder;
  const auto random = tdxsim::seeded_bytes("devices");
  REQUIRE(open_gpu(folder.path(), random, tdxsim::kFixtureNow).has_value());
  fs::permissions(folder / "gpu.cbor", fs::perms::others_read, fs::perm_options::add);
  CHECK(open_gpu(folder.path(), random, tdxsim::kFixtureNow).error().is(SimError::kInsecure));
}

}  // namespace
}  // namespace cocoon::apps
