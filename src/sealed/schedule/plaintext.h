#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "base/strong.h"
#include "sealed/format/error.h"

// What is inside the seals (docs/formats/request.md, docs/formats/response.md).
namespace cocoon::sealed {

inline constexpr std::size_t kMethodBytesMax = 16;
inline constexpr std::size_t kPathBytesMax = 2048;
inline constexpr std::size_t kParentsMax = 64;

// The app's HTTP request. Move-only, since its body is wiped when dropped.
struct RequestPlaintext {
  std::string method;  // upper-case ASCII letters
  std::string path;    // starts with '/', printable ASCII without spaces
  SecretBytes body;
  std::vector<ReceiptHash> parents;  // receipts that this request builds on
};

// len u32 ‖ CBOR ‖ zeros up to the smallest power of two from 1 KiB. kBadArgument for a method or
// path outside the grammar above or too many parents, kTooLarge above 32 MiB.
[[nodiscard]] Result<SecretBytes> encode_padded(const RequestPlaintext& request);
// The reverse; refuses a bucket that is not the smallest, padding that is not zero, and any CBOR
// but the one that encode_padded() writes.
[[nodiscard]] Result<RequestPlaintext> decode_padded(BytesView padded);

// Data of a head frame.
struct ResponseHead {
  std::uint16_t status = 200;  // HTTP status, 100 … 599
  std::string content_type;
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<ResponseHead> decode(BytesView cbor);
  bool operator==(const ResponseHead&) const = default;
};

// Data of an error frame: the answer stops here; whatever came before stays valid but incomplete.
struct ResponseFailure {
  std::uint16_t status = 500;  // the HTTP status that says it best, 400 … 599
  std::string message;         // for the app; holds nothing of prompt or answer
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<ResponseFailure> decode(BytesView cbor);
  bool operator==(const ResponseFailure&) const = default;
};

}  // namespace cocoon::sealed
