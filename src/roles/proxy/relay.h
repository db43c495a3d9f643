#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "async/race.h"
#include "ports/receipt_log.h"
#include "roles/proxy/bill_book.h"
#include "roles/proxy/worker_pool.h"
#include "sealed/format/envelope.h"

namespace cocoon::proxy {

struct RelayLimits {
  std::size_t envelope_bytes_max = sealed::kEnvelopeBytesMax;
  // Envelopes held at once, over all streams. One peer (HttpRequest::peer) holds one envelope, and
  // more only as long as it leaves as much free as it holds.
  std::size_t buffered_bytes_max = std::size_t{512} * 1024 * 1024;
  async::Duration envelope_by =
      std::chrono::seconds(60);  // a whole envelope must have arrived by then
  async::Duration first_frame_by = std::chrono::minutes(10);
  async::Duration idle_max = std::chrono::minutes(10);  // between two pieces of an answer
  std::uint32_t in_flight_per_worker_max = 1000;        // sent to one worker and not yet answered
};

// Carries one sealed request to the least busy of its candidates and the sealed answer back. An
// envelope is held in memory until the answer's first frame, so that the next candidate can take
// it.
class Relay {
 public:
  struct World {
    WorkerPool& pool;
    BillBook& bills;
    ports::ReceiptLog& receipts;
    ports::Metrics& metrics;
    async::Clock& clock;
    const Logger& log;
  };
  Relay(RelayLimits limits, World world) : limits_(limits), world_(world) {}

  [[nodiscard]] Task<void> carry(ports::HttpRequest request, ports::ResponseWriter& response);
  [[nodiscard]] std::size_t buffered_bytes() const { return buffered_bytes_; }

 private:
  struct Refusal {
    int status;
    std::string text;
  };
  // A worker that began to answer.
  struct Begun {
    Kid kid;
    std::shared_ptr<AttachedWorker> worker;
    AttachedWorker::InFlight in_flight;
    ports::HttpResponse answer;
    Bytes first_chunk;
  };
  class Hold;

  [[nodiscard]] Task<std::expected<Bytes, Refusal>> receive(ports::BodyReader& body, Hold& hold);
  [[nodiscard]] Task<std::expected<Begun, Refusal>> find_taker(const sealed::EnvelopeHead& head,
                                                               BytesView body);
  [[nodiscard]] Task<std::expected<Begun, Refusal>> offer(std::shared_ptr<AttachedWorker> worker,
                                                          const sealed::RequestHeader& header,
                                                          const sealed::Recipient& recipient,
                                                          BytesView body);
  // From the search for a taker to the end of the answer; `refusal` if nobody took it.
  [[nodiscard]] Task<Status> serve(const sealed::EnvelopeHead& head, std::size_t body_at,
                                   Bytes& envelope, Hold& hold, ports::ResponseWriter& response,
                                   std::optional<Refusal>& refusal);
  [[nodiscard]] Task<Status> pass_back(const sealed::RequestHeader& header, Begun begun,
                                       ports::ResponseWriter& response);
  [[nodiscard]] Task<Status> copy(Begun& begun, ports::ResponseWriter& response,
                                  async::IdleLimit& limit);
  void keep_bill(const sealed::RequestHeader& header, const Begun& begun);

  RelayLimits limits_;
  World world_;
  std::size_t buffered_bytes_ = 0;
  std::map<std::uint32_t, std::size_t> held_by_;  // of those bytes, by peer; none that is zero
  std::size_t in_flight_ = 0;
};

}  // namespace cocoon::proxy
