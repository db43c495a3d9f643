#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "codec/error.h"

namespace cocoon::codec {

// X.690 DER, as much as the vendors' certificate extensions need: definite lengths, single-byte
// tags.
enum class DerTag : std::uint8_t {
  kInteger = 0x02,
  kOctetString = 0x04,
  kObjectIdentifier = 0x06,
  kEnumerated = 0x0a,
  kBoolean = 0x01,
  kSequence = 0x30,
};

class DerReader {
 public:
  explicit DerReader(BytesView bytes) : rest_(bytes) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  // The content of the next element, which must have this tag and a minimal length.
  [[nodiscard]] Result<BytesView> element(DerTag tag);
  [[nodiscard]] Result<DerReader> sequence();
  [[nodiscard]] Result<std::string> object_identifier();   // dotted
  [[nodiscard]] Result<std::uint64_t> unsigned_integer();  // minimal, non-negative
  [[nodiscard]] Result<DerTag> peek() const;
  [[nodiscard]] Status expect_end() const;

 private:
  BytesView rest_;
};

// Encoders, for the development root and for tests: their arguments are our own.
[[nodiscard]] Bytes der_element(DerTag tag, BytesView content);
[[nodiscard]] Bytes der_sequence(std::initializer_list<BytesView> elements);
[[nodiscard]] Bytes der_object_identifier(std::string_view dotted);
[[nodiscard]] Bytes der_unsigned(std::uint64_t value);

}  // namespace cocoon::codec
