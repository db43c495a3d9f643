#include "attest/inspect_file.h"

// Any file is described or refused, and what describes it can be written as JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const auto described = attest::inspect_file_json(std::as_bytes(std::span(data, size)));
  if (described.has_value()) static_cast<void>(codec::write_json(*described));
  return 0;
}
