#pragma once

#include "base/result.h"

namespace cocoon::codec {

enum class CodecError : std::uint16_t {
  kMalformed = 1,     // not the grammar of the format
  kNotCanonical = 2,  // CBOR or DER that is not in its only allowed encoding
  kTooDeep = 3,
  kTooLarge = 4,
  kDuplicateKey = 5,
  kWrongType = 6,   // well-formed, but not the type the caller's schema wants
  kMissingKey = 7,  // a field that the schema requires
  kUnknownKey = 8,  // a field that the schema does not know
};
constexpr Library library_of(CodecError) { return Library::kCodec; }

}  // namespace cocoon::codec
