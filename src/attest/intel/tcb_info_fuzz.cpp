#include "attest/intel/qe_identity.h"
#include "base/check.h"

// Levels come out sorted, whatever order they came in, and none is lost to a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::intel;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const auto info = parse_tcb_info(text);
  if (info.has_value()) {
    COCOON_CHECK(!info->levels.empty());
    for (std::size_t i = 1; i < info->levels.size(); ++i) {
      COCOON_CHECK(info->levels[i - 1].sgx_components >= info->levels[i].sgx_components);
    }
    static_cast<void>(info->module_of(1));
  }
  const auto identity = parse_qe_identity(text);
  if (identity.has_value()) static_cast<void>(identity->matches(QeReport{}));
  return 0;
}
