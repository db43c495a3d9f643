#include <cstdint>

#include "base/check.h"
#include "codec/toml_table.h"
#include "codec/utf8.h"

// A text that is quoted reads back as itself; durations and sizes that are accepted are the same
// ones in their smallest unit; and no document does more than be refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using codec::TomlTable;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  (void)TomlTable::parse(text);

  if (size <= 4096 && codec::is_valid_utf8(text)) {
    auto table = TomlTable::parse("k = " + codec::toml_quoted(text) + "\n");
    // The bound on nesting counts dots and brackets wherever they stand.
    COCOON_CHECK(table.has_value() || table.error().is(codec::CodecError::kTooDeep));
    if (table) {
      const auto read = table->text("k", 4096);
      COCOON_CHECK(read.has_value() && *read == text);
      COCOON_CHECK(table->finish().has_value());
    }
  }
  if (const auto duration = codec::parse_duration(text)) {
    const auto again = codec::parse_duration(std::to_string(duration->count()) + "ms");
    COCOON_CHECK(duration->count() >= 0 && again.has_value() && *again == *duration);
  }
  if (const auto bytes = codec::parse_byte_size(text)) {
    const auto again = codec::parse_byte_size(std::to_string(*bytes) + " B");
    COCOON_CHECK(again.has_value() && *again == *bytes);
  }
  if (const auto amount = NanoTon::parse(text)) {
    const auto again = NanoTon::parse(amount->decimal());
    COCOON_CHECK(again.has_value() && *again == *amount);
  }
  return 0;
}
