#include "base/check.h"
#include "ton/proof/recording.h"

// A lite-server's answer, as bytes: what it proves ends in a report, and a report that holds is the
// same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::ton;
  const std::string text = to_hex(std::as_bytes(std::span(data, size)));
  const RecordingReport report = check_recording(text);
  if (report.verdict == Verdict::kHolds) {
    COCOON_CHECK(codec::write_json(check_recording(text).json) == codec::write_json(report.json));
  }
  // The text itself may be a recording too.
  (void)check_recording(as_text(std::as_bytes(std::span(data, size))));
  return 0;
}
