#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "codec/error.h"

namespace cocoon::codec {

// X.690 DER, as much as certificates, revocation lists and the vendors' extensions need: definite
// lengths, single-byte tags.
enum class DerTag : std::uint8_t {
  kBoolean = 0x01,
  kInteger = 0x02,
  kBitString = 0x03,
  kOctetString = 0x04,
  kNull = 0x05,
  kObjectIdentifier = 0x06,
  kEnumerated = 0x0a,
  kUtf8String = 0x0c,
  kPrintableString = 0x13,
  kIa5String = 0x16,
  kUtcTime = 0x17,
  kGeneralizedTime = 0x18,
  kSequence = 0x30,
  kSet = 0x31,
  kExplicit0 = 0xa0,  // [0] and [3], constructed: a certificate's version and extensions
  kExplicit3 = 0xa3,
};

struct DerElement {
  DerTag tag;
  BytesView content;
  BytesView whole;  // tag, length and content
};

class DerReader {
 public:
  explicit DerReader(BytesView bytes) : rest_(bytes) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  // The next element, whatever it is of these tags.
  [[nodiscard]] Result<DerElement> next();
  // The next element of any single-byte tag, also one that DerTag does not name.
  [[nodiscard]] Result<DerElement> any();
  // Whether an element of this tag comes next.
  [[nodiscard]] bool is_next(DerTag tag) const;
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
