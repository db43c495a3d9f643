#include "sealed/seal_response/seal_response.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/reader.h"

namespace cocoon::sealed {

ResponseSealer::ResponseSealer(const ResponseHeader& header, SequenceCipher cipher)
    : header_(header), cipher_(std::move(cipher)) {}

Result<ResponseSealer> ResponseSealer::create(const ResponseSecret& secret,
                                              const ResponseNonce& nonce) {
  TRY(SequenceCipher cipher, response_cipher(secret, nonce));
  return ResponseSealer({.kid = secret.kid, .nonce = nonce}, std::move(cipher));
}

Bytes ResponseSealer::header() const { return to_bytes(header_.encode()); }

Result<Bytes> ResponseSealer::frame(FrameKind kind, BytesView data) {
  switch (kind) {
    case FrameKind::kEnd:
      return fail(SealedError::kBadArgument, "the end frame is finish()'s");
    case FrameKind::kTicket:
      return fail(SealedError::kUnsupported, "tickets are not served yet");
    case FrameKind::kPad:
      if (!data.empty()) return fail(SealedError::kBadArgument, "a pad frame carries no data");
      break;
    case FrameKind::kData:
      break;
    case FrameKind::kHead:
    case FrameKind::kReceipt:
    case FrameKind::kError:
      if (data.size() > kFrameDataMax) return fail(SealedError::kTooLarge, "frame too large");
      break;
  }
  if (is_closed_) return fail(SealedError::kClosed, "the answer has ended");
  Bytes out;
  if (kind != FrameKind::kData) {
    TRY_VOID(append_frame(kind, data, out));
    return out;
  }
  while (!data.empty()) {
    const BytesView part = data.first(std::min(data.size(), kFrameDataMax));
    data = data.subspan(part.size());
    TRY_VOID(append_frame(kind, part, out));
  }
  return out;
}

Result<Bytes> ResponseSealer::finish() {
  if (is_closed_) return fail(SealedError::kClosed, "the answer has ended");
  Bytes out;
  TRY_VOID(append_frame(FrameKind::kEnd, {}, out));
  is_closed_ = true;
  return out;
}

Status ResponseSealer::append_frame(FrameKind kind, BytesView data, Bytes& out) {
  COCOON_CHECK(data.size() <= kFrameDataMax);
  const std::size_t plaintext_size = kFramePlaintextOverhead + data.size();
  Writer length;
  length.u16(static_cast<std::uint16_t>(plaintext_size + kFrameTagSize));
  append(out, length.view());

  Bytes buffer;
  buffer.reserve(plaintext_size);
  buffer.push_back(static_cast<std::byte>(kind));
  buffer.push_back(static_cast<std::byte>(data.size() >> 8U));
  buffer.push_back(static_cast<std::byte>(data.size() & 0xffU));
  append(buffer, data);
  const SecretBytes plaintext(std::move(buffer));
  const Position position = kind == FrameKind::kEnd ? Position::kLast : Position::kMiddle;
  return cipher_.seal_append(position, plaintext.expose(), out);
}

}  // namespace cocoon::sealed
