#include "base/check.h"
#include "store/journal_file.h"

using namespace cocoon;
using namespace cocoon::store;

// What is found as a record is read back and encodes to the same bytes; nothing behind the first
// bad one counts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input = std::as_bytes(std::span(data, size));
  std::size_t sum = 0;
  const std::size_t end =
      scan_records(input, [&](const RequestId& id, std::size_t offset, std::size_t length) {
        COCOON_CHECK(offset == sum);
        sum += length;
        const BytesView record = input.subspan(offset, length);
        const auto receipt = decode_record(id, record);
        COCOON_CHECK(receipt.has_value());
        COCOON_CHECK(equal(encode_record(id, *receipt), record));
      });
  COCOON_CHECK(end == sum && end <= size);
  return 0;
}
