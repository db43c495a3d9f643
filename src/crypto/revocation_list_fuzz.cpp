#include "base/check.h"
#include "crypto/revocation_list.h"

// A list that parses answers every question about it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const auto list = crypto::RevocationList::from_der(std::as_bytes(std::span(data, size)));
  if (!list.has_value()) return 0;
  static_cast<void>(list->issuer_common_name());
  COCOON_CHECK(size <= crypto::kRevocationListBytesMax);
  return 0;
}
