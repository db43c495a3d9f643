#include "base/check.h"
#include "provenance/bundle/judging.h"
#include "provenance/bundle/shown.h"

// What decodes encodes to the same bytes, and holds under no receipt that says nothing of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::provenance;
  using namespace cocoon::provenance::bundle;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const auto shown = Shown::decode(bytes);
  if (!shown) return 0;
  COCOON_CHECK(equal(shown->encode(), bytes));
  const Receipt receipt;
  const Link answer = judge_answer(*shown, receipt, nullptr);
  COCOON_CHECK(answer.state != LinkState::kProven);
  COCOON_CHECK(judge_question(*shown, receipt).state != LinkState::kProven);
  return 0;
}
