#include "attest/nvidia/golden.h"
#include "attest/nvidia/report.h"
#include "base/check.h"

// A report that parses is its input but for one zero, parses again from itself, and can be compared
// with any manifest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::nvidia;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const auto report = UnverifiedGpuReport::parse(bytes);
  if (!report.has_value()) return 0;
  COCOON_CHECK(report->bytes().size() + 1 >= bytes.size());
  COCOON_CHECK(equal(report->bytes(), bytes.first(report->bytes().size())));
  COCOON_CHECK(report->signed_part().size() + 96 == report->bytes().size());
  const auto again = UnverifiedGpuReport::parse(report->bytes());
  COCOON_CHECK(again.has_value() && again->measurements() == report->measurements());
  GoldenManifest manifest;
  manifest.measurements[200] = {crypto::Sha384Digest{}};
  static_cast<void>(compare_manifest(*report, manifest));
  static_cast<void>(vbios_manifest_id(report->device()));
  return 0;
}
