#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "async/race.h"
#include "openai/api_error.h"
#include "openai/commit.h"
#include "openai/request.h"
#include "openai/stream_meter.h"
#include "provenance/receipt.h"
#include "roles/client/fleet.h"
#include "sealed/open_response/open_response.h"
#include "sealed/schedule/plaintext.h"
#include "sealed/seal_request/seal_request.h"

namespace cocoon::client {

struct ExchangeSettings {
  std::size_t candidates = 3;
  std::uint32_t output_tokens_default = 1024;       // over all choices, if the app sets no bound
  std::uint32_t output_tokens_max = 4096;           // over all choices, whatever the app asks for
  NanoTon price_max;                                // per request
  std::uint32_t validity_s = 120;                   // the envelope's life
  std::size_t answer_bytes_max = 64 * 1024 * 1024;  // of one answer that is not a stream
  async::Duration head_by = std::chrono::minutes(10);   // first frame of the answer
  async::Duration idle_max = std::chrono::minutes(10);  // between two frames
};

// One question on its way: sealed to a few verified workers, sent through one proxy (or, while
// nothing has been answered, the next), opened, metered and checked against its receipt before its
// end is handed over.
class Exchange {
 public:
  struct Question {
    openai::Endpoint endpoint;
    openai::RequestFacts facts;
    ModelHash model;
    Bytes body;
    std::vector<ReceiptHash> parents;   // receipts that it builds on
    std::vector<RequestId> parent_ids;  // of those of them that are this client's own
  };
  struct World {
    Fleet& fleet;
    ports::Random& random;
    async::Clock& clock;
    const Logger& log;
  };
  Exchange(const ExchangeSettings& settings, Question question, World world);

  // Sends the question and waits for the answer's head.
  [[nodiscard]] Task<openai::ApiResult<sealed::ResponseHead>> begin();
  // The next bytes for the app; empty once the answer is complete and its receipt has been checked.
  [[nodiscard]] Task<openai::ApiResult<Bytes>> read();
  // Runs a task that reads many times, until the worker has been silent for too long. Between two
  // reads the time is the app's.
  [[nodiscard]] Task<openai::ApiResult<void>> unless_silent(Task<openai::ApiResult<void>> task);

  // After begin().
  [[nodiscard]] const RequestId& request_id() const { return request_id_; }
  [[nodiscard]] const attest::VerifiedWorker& worker() const { return *worker_; }
  [[nodiscard]] const std::shared_ptr<ProxyLine>& line() const { return line_; }
  // By what the answering worker was judged; nullptr if it is known no more.
  [[nodiscard]] const std::shared_ptr<const WorkerOrigin>& origin() const { return origin_; }
  [[nodiscard]] const std::vector<RequestId>& parent_ids() const { return question_.parent_ids; }
  // What the salts of the receipt's commitments derive from.
  [[nodiscard]] const provenance::SaltRoot& salts() const { return *salts_; }
  // After read() returned the empty end.
  [[nodiscard]] const Bytes& signed_receipt() const { return signed_receipt_; }

 private:
  [[nodiscard]] Task<openai::ApiResult<sealed::ResponseHead>> try_line(Choice choice);
  [[nodiscard]] Result<sealed::SealedRequest> seal(const Choice& choice);
  [[nodiscard]] Task<Result<sealed::ResponseHead>> await_head(const Choice& choice);
  [[nodiscard]] Task<Result<sealed::Frame>> next_frame();
  [[nodiscard]] std::unexpected<openai::ApiError> broken_off(const Error& why) const;
  [[nodiscard]] Result<Bytes> take_data(BytesView data);
  [[nodiscard]] Status check_receipt(BytesView signed_receipt);
  [[nodiscard]] Status compare(const provenance::Receipt& receipt,
                               const provenance::OutputCommitment& output) const;

  const ExchangeSettings& settings_;
  Question question_;
  World world_;
  async::IdleLimit silence_;
  bool is_watched_ = false;  // by silence_; else each wait has a deadline of its own
  RequestId request_id_;
  std::unique_ptr<ports::HttpResponse> response_;
  std::unique_ptr<sealed::ResponseOpener> opener_;
  std::deque<sealed::Frame> frames_;
  std::shared_ptr<ProxyLine> line_;
  std::shared_ptr<const attest::VerifiedWorker> worker_;
  std::shared_ptr<const WorkerOrigin> origin_;
  sealed::ResponseHead head_;
  std::unique_ptr<provenance::SaltRoot> salts_;
  std::unique_ptr<provenance::OutputCommitter> output_;
  std::unique_ptr<openai::StreamMeter> meter_;
  Status output_status_;
  // The end of the answer, or all of one that is not a stream: kept back until the receipt holds.
  Bytes held_back_;
  Bytes signed_receipt_;
  enum class Stage : std::uint8_t { kBody, kChecked, kDone } stage_ = Stage::kBody;
};

}  // namespace cocoon::client
