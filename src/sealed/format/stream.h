#pragma once

#include <cstdint>

#include "base/strong.h"
#include "sealed/format/error.h"

// The readable part of a response stream (docs/formats/response.md).
namespace cocoon::sealed {

inline constexpr std::size_t kResponseHeaderSize = 4 + 32 + 32;
// One frame: `len u16 | ct`; its plaintext is kind u8 | length u16 | data | zeros.
inline constexpr std::size_t kFramePlaintextOverhead = 3;
inline constexpr std::size_t kFrameDataMax = std::size_t{16} * 1024;
// Data, its three bytes in front, and zeros up to the next multiple of 256.
inline constexpr std::size_t kFramePlaintextMax = kFrameDataMax + 256;
inline constexpr std::size_t kFrameTagSize = 16;
inline constexpr std::size_t kFrameCiphertextMax = kFramePlaintextMax + kFrameTagSize;
inline constexpr std::size_t kFrameCiphertextMin = kFramePlaintextOverhead + kFrameTagSize;

using ResponseNonce = TaggedBytes<struct ResponseNonceTag, 32>;

enum class FrameKind : std::uint8_t {
  kHead = 1,     // status and content type (sealed/schedule/plaintext.h)
  kData = 2,     // bytes of the answer's body
  kReceipt = 3,  // the signed receipt
  kTicket = 4,   // refused: not built yet
  kError = 5,    // why the answer stops (sealed/schedule/plaintext.h)
  kPad = 6,      // nothing; swallowed by the opener
  kEnd = 7,      // the last frame, and the only one with AAD 01
};

struct ResponseHeader {
  Kid kid;
  ResponseNonce nonce;

  [[nodiscard]] ByteArray<kResponseHeaderSize> encode() const;
  // Off the front of `bytes`; kTruncated if there are fewer than kResponseHeaderSize.
  [[nodiscard]] static Result<ResponseHeader> decode(BytesView bytes);
  bool operator==(const ResponseHeader&) const = default;
};

}  // namespace cocoon::sealed
