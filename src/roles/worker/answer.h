#pragma once

#include <memory>
#include <optional>

#include "async/race.h"
#include "openai/api_error.h"
#include "openai/engine_request.h"
#include "openai/stream_meter.h"
#include "ports/engine.h"
#include "ports/metrics.h"
#include "provenance/bill.h"
#include "provenance/commitment.h"
#include "provenance/receipt.h"
#include "roles/worker/keyring.h"
#include "sealed/format/envelope.h"
#include "sealed/schedule/keys.h"
#include "sealed/schedule/plaintext.h"
#include "sealed/seal_response/seal_response.h"

namespace cocoon::worker {

// What is the same for every answer of this worker.
struct AnswerSettings {
  ModelHash model_hash;
  // The registry's and the engine's; whatever else an app writes chooses nothing.
  std::string model_name = {};
  std::uint64_t output_tokens_max = 4096;
  std::uint64_t context_tokens = 0;                 // 0 if unknown
  std::size_t answer_bytes_max = 64 * 1024 * 1024;  // of one answer that is not a stream
  // The engine's first byte, and after it the whole of an answer that is not a stream.
  async::Duration engine_by = std::chrono::minutes(10);
  async::Duration engine_idle_max =
      std::chrono::minutes(5);  // the engine's longest silence after it
};

// One opened request on its way through the engine and back: sealed frames, then receipt and bill.
class Answer {
 public:
  struct Question {
    sealed::RequestHeader header;
    TermsHash terms_hash;
    // Of the key that opened the request, not the key itself: it is wiped when its time has come,
    // however long the answer takes.
    Kid kid;
    ImageHash image_hash;
    Seqno block_seqno;
    sealed::RequestPlaintext plaintext;
    sealed::ResponseSecret secret;
  };
  struct World {
    const crypto::Ed25519KeyPair& identity;
    UnixSeconds began_at;
    ports::Engine& engine;
    ports::Random& random;
    ports::Metrics& metrics;
    async::Clock& clock;
  };
  enum class Outcome : std::uint8_t {
    kSent,      // whole answer, receipt and bill
    kFailed,    // the answer carries an error, with receipt and bill
    kAborted,   // the client or the proxy went away
    kNotBegun,  // nothing was sent: another worker may take the request
  };

  Answer(const AnswerSettings& settings, Question question, World world);
  [[nodiscard]] Task<Outcome> send(ports::ResponseWriter& response);

 private:
  // Nothing went wrong, or what goes into the error frame.
  using Failure = std::optional<sealed::ResponseFailure>;

  [[nodiscard]] Task<Outcome> refuse(ports::ResponseWriter& response, openai::ApiError error);
  [[nodiscard]] Task<Outcome> relay(ports::ResponseWriter& response, ports::HttpResponse engine);
  [[nodiscard]] Task<Status> relay_stream(ports::ResponseWriter& response, ports::BodyReader& body,
                                          Failure& failure);
  [[nodiscard]] Task<Status> meter_stream(ports::ResponseWriter& response, ports::BodyReader& body,
                                          openai::StreamMeter& meter, async::IdleLimit& limit,
                                          Failure& failure);
  [[nodiscard]] Task<Status> relay_whole(ports::ResponseWriter& response, int status,
                                         ports::BodyReader& body, Failure& failure);
  [[nodiscard]] Task<Status> begin(ports::ResponseWriter& response, int status,
                                   std::string_view content_type);
  [[nodiscard]] Task<Status> send_data(ports::ResponseWriter& response, BytesView data);
  [[nodiscard]] Task<Status> conclude(ports::ResponseWriter& response, const Failure& failure);
  [[nodiscard]] openai::SegmentSink commit_segments();
  [[nodiscard]] Result<provenance::Receipt> make_receipt(provenance::AnswerStatus status);
  [[nodiscard]] provenance::AnswerStatus status_after(const Failure& failure) const;

  const AnswerSettings& settings_;
  // The tokens that a whole answer of several choices lists; the list goes if only this asked for
  // it.
  [[nodiscard]] std::uint64_t count_listed(Bytes& whole) const;
  Question question_;
  World world_;
  async::TimePoint started_;
  std::unique_ptr<sealed::ResponseSealer> sealer_;
  std::unique_ptr<openai::PreparedRequest> prepared_;
  openai::Endpoint endpoint_ = openai::Endpoint::kChatCompletions;
  provenance::SaltRoot salts_;
  provenance::OutputCommitter output_;
  Status output_status_;
  openai::AnswerTotals totals_;
};

}  // namespace cocoon::worker
