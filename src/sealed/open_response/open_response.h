#pragma once

#include <optional>
#include <vector>

#include "base/secret.h"
#include "sealed/format/stream.h"
#include "sealed/schedule/keys.h"

namespace cocoon::sealed {

struct Frame {
  FrameKind kind = FrameKind::kData;
  SecretBytes data;
};

// Opens one answer from bytes as they arrive. Sans-IO: feed() what was received, finish() when the
// stream ended.
class ResponseOpener {
 public:
  // One secret for each candidate of the request; the stream's header says which of them answered.
  explicit ResponseOpener(std::vector<ResponseSecret> secrets);

  // Whole frames that these bytes complete, without pads and without the end frame. After a
  // failure, and for any byte behind the end frame, every call fails; frames handed out before stay
  // authentic.
  [[nodiscard]] Result<std::vector<Frame>> feed(BytesView bytes);
  // Succeeds only if the end frame was the last thing fed: else the answer is incomplete
  // (kUnfinished).
  [[nodiscard]] Status finish() const;

  [[nodiscard]] bool at_end() const { return state_ == State::kEnded; }
  // The secret of the worker that answers, nullptr before the header. Its kid is claimed by the
  // stream and proven by the first frame that opens.
  [[nodiscard]] const ResponseSecret* answering() const;

 private:
  enum class State : std::uint8_t { kHeader, kFrames, kEnded, kFailed };

  [[nodiscard]] Status advance(std::vector<Frame>& frames);
  [[nodiscard]] Status read_header(BytesView bytes);
  [[nodiscard]] Status read_frame(BytesView ciphertext, std::vector<Frame>& frames);

  std::vector<ResponseSecret> secrets_;
  std::optional<std::size_t> answering_;
  std::optional<SequenceCipher> cipher_;
  Bytes pending_;  // ciphertext that does not make a whole frame yet
  State state_ = State::kHeader;
};

}  // namespace cocoon::sealed
