#include "attest/statement.h"
#include "base/check.h"

// A statement that decodes encodes to the same bytes: there is one encoding of each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cocoon::BytesView bytes = std::as_bytes(std::span(data, size));
  const auto statement = cocoon::attest::Statement::decode(bytes);
  if (statement.has_value()) COCOON_CHECK(cocoon::equal(statement->encode(), bytes));
  return 0;
}
