#include "base/check.h"
#include "base/reader.h"
#include "store/journal_index.h"

using namespace cocoon;
using namespace cocoon::store;

namespace {

ReadIndex reading(BytesView index) {
  return [index](std::size_t offset, std::size_t length) {
    COCOON_CHECK(offset <= index.size() && length <= index.size() - offset);
    return Result<Bytes>(to_bytes(index.subspan(offset, length)));
  };
}

// Places as the bytes say: id ‖ offset ‖ length of a receipt, again and again.
Places places_of(BytesView bytes) {
  Places places;
  Reader reader(bytes);
  while (const auto id = reader.tagged<RequestId>()) {
    const auto offset = reader.u32();
    const auto length = reader.u16();
    if (!offset || !length) break;
    places[*id] = {.offset = *offset, .length = 28U + *length};
  }
  return places;
}

}  // namespace

// Any bytes are an index in which something is found, is not there, or cannot be told, by reads
// within it; what was put in is found; and no other journal's index tells anything.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input = std::as_bytes(std::span(data, size));
  for (int first = 0; first < 256; ++first) {
    ByteArray<16> id{};
    id[0] = static_cast<std::byte>(first);
    (void)find_in_index(1, RequestId(id), input.size(), reading(input));
  }
  const Places places = places_of(input);
  const Bytes index = encode_index(1, places);
  for (const auto& [id, place] : places) {
    const auto found = find_in_index(1, id, index.size(), reading(index));
    COCOON_CHECK(found.has_value() && *found == place);
    COCOON_CHECK(!find_in_index(2, id, index.size(), reading(index)).has_value());
  }
  return 0;
}
