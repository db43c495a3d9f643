#pragma once

#include "sealed/format/stream.h"
#include "sealed/schedule/keys.h"

namespace cocoon::sealed {

// Seals one answer. Send header(), then what frame() gives, then what finish() gives.
class ResponseSealer {
 public:
  // `nonce` is drawn fresh for each answer.
  [[nodiscard]] static Result<ResponseSealer> create(const ResponseSecret& secret,
                                                     const ResponseNonce& nonce);

  // The stream's first kResponseHeaderSize bytes.
  [[nodiscard]] Bytes header() const;
  // Wire bytes of the frame. kData above kFrameDataMax becomes several frames, empty kData none;
  // other kinds fit in one frame or are refused as kTooLarge. kEnd is finish()'s alone and kTicket
  // is not served. kClosed after the end.
  [[nodiscard]] Result<Bytes> frame(FrameKind kind, BytesView data);
  // The end frame, without which the client takes nothing for complete. Once.
  [[nodiscard]] Result<Bytes> finish();

 private:
  ResponseSealer(const ResponseHeader& header, SequenceCipher cipher);
  [[nodiscard]] Status append_frame(FrameKind kind, BytesView data, Bytes& out);

  ResponseHeader header_;
  SequenceCipher cipher_;
  bool is_closed_ = false;
};

}  // namespace cocoon::sealed
