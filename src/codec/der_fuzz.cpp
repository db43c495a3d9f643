#include <cstdint>

#include "base/check.h"
#include "codec/der.h"

namespace {

using namespace cocoon;
using codec::DerReader;
using codec::DerTag;

// Reads what it can of `bytes` and writes it again; what was read in full must come out unchanged.
Bytes rewrite(DerReader reader, unsigned depth_left) {
  Bytes out;
  while (!reader.at_end()) {
    const Result<DerTag> tag = reader.peek();
    if (!tag) return {};
    DerReader integer = reader;
    DerReader identifier = reader;
    const Result<BytesView> content = reader.element(*tag);
    if (!content) return {};
    Bytes element = codec::der_element(*tag, *content);
    if (const auto value = integer.unsigned_integer()) {
      COCOON_CHECK(equal(codec::der_unsigned(*value), element));
    }
    if (const auto dotted = identifier.object_identifier()) {
      COCOON_CHECK(equal(codec::der_object_identifier(*dotted), element));
    }
    if (*tag == DerTag::kSequence && depth_left > 0) {
      const Bytes inner = rewrite(DerReader(*content), depth_left - 1);
      if (inner.size() == content->size()) element = codec::der_sequence({inner});
    }
    append(out, element);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const Bytes again = rewrite(DerReader(bytes), 8);
  if (!again.empty()) COCOON_CHECK(equal(again, bytes));
  return 0;
}
