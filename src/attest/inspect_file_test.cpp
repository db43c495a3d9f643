#include "attest/inspect_file.h"

#include <doctest/doctest.h>

#include "attest/intel/recorded_test.h"
#include "attest/nvidia/evidence.h"
#include "tdxsim/fixture.h"
#include "tdxsim/gpu.h"

namespace cocoon::attest {
namespace {

using codec::Json;
using intel::test::data;

Json inspect(const std::string& name) {
  auto described = inspect_file_json(data(name));
  REQUIRE(described.has_value());
  CHECK_FALSE(*described->find("verified")->as_boolean());
  return *std::move(described);
}

std::string kind_of(const std::string& name) { return *inspect(name).find("kind")->as_string(); }

TEST_CASE("tells recorded evidence of every kind apart") {
  CHECK(kind_of("tdx/10_v5_google_90c06f_2026-02/quote.bin") == "quote");
  CHECK(kind_of("snp/azure_genoa.report.bin") == "sev-snp report");
  CHECK(kind_of("eventlog/coco_gcp.bin") == "event log");
  CHECK(kind_of("nvidia/h100_550.report.txt") == "gpu report");
  CHECK(kind_of("nvidia/h100_590_eight.json") == "gpu evidence");
  CHECK(inspect("nvidia/h100_590_eight.json").find("gpus")->as_array()->size() == 8);
}

TEST_CASE("an event log beside its quote is replayed, and alone authenticates nothing") {
  const Json pair = inspect("eventlog/pairs/quote-report.json");
  const Json& log = *pair.find("event_log");
  CHECK(*log.find("replays")->as_boolean());
  CHECK(*log.find("events")->as_array()->back().find("authenticated")->as_boolean());
  const Json alone = inspect("eventlog/coco_alibaba.bin");
  for (const Json& event : *alone.find("events")->as_array()) {
    CHECK_FALSE(*event.find("authenticated")->as_boolean());
  }
  CHECK(alone.find("kernel_command_line") == nullptr);
}

TEST_CASE("a bundle is shown with its event log and its GPUs, and with why they cannot be read") {
  const auto worker = tdxsim::make_worker_fixture();
  EvidenceBundle bundle = worker.bundle();
  const auto gpu =
      tdxsim::SimulatedGpu::create(tdxsim::seeded_bytes("gpu"), tdxsim::kFixtureNow).value();
  bundle.gpu_evidence =
      nvidia::WorkerGpus{.gpus = {gpu.evidence({}).value()}, .golden = {}}.encode();
  bundle.event_log = data("eventlog/dstack.bin");
  Json shown = inspect_file_json(bundle.encode()).value();
  CHECK(*shown.find("kind")->as_string() == "evidence");
  CHECK(shown.find("gpu")->find("gpus")->as_array()->size() == 1);
  CHECK_FALSE(*shown.find("event_log")->find("replays")->as_boolean());

  bundle.event_log = Bytes(3);
  bundle.gpu_evidence = Bytes(3);
  shown = inspect_file_json(bundle.encode()).value();
  CHECK(shown.find("gpu")->as_string() != nullptr);
  CHECK(shown.find("event_log")->as_string() != nullptr);
}

TEST_CASE("refuses what is no evidence") {
  for (const std::string_view text : {"", "hello", "{}", "[]x", "[1]", "11e0", "a2", "a6"}) {
    CAPTURE(text);
    CHECK_FALSE(inspect_file_json(as_bytes(text)).has_value());
  }
}

}  // namespace
}  // namespace cocoon::attest
