#include "roles/proxy/relay.h"

#include <algorithm>
#include <vector>

#include "codec/base64.h"
#include "provenance/bill.h"
#include "wire/protocol.h"

namespace cocoon::proxy {
namespace {

constexpr int kStatusOk = 200;

bool may_try_next(int status) {
  // 421: not a key of that worker (any more). 429 and 503: no place, draining, engine down. None of
  // them opened anything.
  return status == 421 || status == 429 || status == 503;
}

}  // namespace

// One request under way, and the bytes it holds in memory for its peer, counted against the relay's
// bound.
class Relay::Hold {
 public:
  Hold(Relay& relay, std::uint32_t peer) : relay_(relay), peer_(peer) {
    ++relay_.in_flight_;
    publish();
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() {
    --relay_.in_flight_;
    release();
  }

  [[nodiscard]] bool add(std::size_t bytes) {
    const std::size_t free = relay_.limits_.buffered_bytes_max - relay_.buffered_bytes_;
    const auto holder = relay_.held_by_.find(peer_);
    const std::size_t of_peer = holder == relay_.held_by_.end() ? 0 : holder->second;
    if (bytes > free) return false;
    const std::size_t most = std::max(free - bytes, relay_.limits_.envelope_bytes_max);
    if (of_peer + bytes > most) return false;
    relay_.buffered_bytes_ += bytes;
    held_ += bytes;
    relay_.held_by_[peer_] = of_peer + bytes;
    publish();
    return true;
  }
  void release() {
    const std::size_t held = std::exchange(held_, 0);
    relay_.buffered_bytes_ -= held;
    const auto holder = relay_.held_by_.find(peer_);
    if (holder != relay_.held_by_.end()) {
      holder->second -= held;
      if (holder->second == 0) relay_.held_by_.erase(holder);
    }
    publish();
  }

 private:
  void publish() {
    relay_.world_.metrics.set(ports::Gauge::kRequestsInFlight,
                              static_cast<std::int64_t>(relay_.in_flight_));
    relay_.world_.metrics.set(ports::Gauge::kBytesBuffered,
                              static_cast<std::int64_t>(relay_.buffered_bytes_));
  }
  Relay& relay_;
  std::uint32_t peer_;
  std::size_t held_ = 0;
};

Task<void> Relay::carry(ports::HttpRequest request, ports::ResponseWriter& response) {
  Hold hold(*this, request.peer);
  std::optional<Refusal> refusal;
  auto envelope = co_await receive(*request.body, hold);
  if (!envelope) {
    refusal = std::move(envelope).error();
  } else if (const auto parsed =
                 sealed::parse_envelope_head(*envelope, sealed::EnvelopeKind::kRelay);
             !parsed) {
    refusal = Refusal{400, parsed.error().message()};
  } else {
    const Status served = co_await async::unless(
        response.wait_closed(),
        serve(parsed->head, parsed->bytes_consumed, *envelope, hold, response, refusal));
    if (!refusal) {
      const bool is_aborted = !served && served.error().is(async::AsyncError::kCancelled);
      world_.metrics.increment(served       ? ports::Counter::kRequestsOk
                               : is_aborted ? ports::Counter::kRequestsAborted
                                            : ports::Counter::kRequestsFailed);
      if (!served) response.abort();
      co_return;
    }
  }
  world_.metrics.increment(ports::Counter::kRequestsRefused);
  ports::HttpFields fields{{"content-type", "text/plain; charset=utf-8"}};
  if (refusal->status == 429 || refusal->status == 503) fields.push_back({"retry-after", "1"});
  (void)co_await ports::respond(response, refusal->status, std::move(fields),
                                to_bytes(refusal->text));
}

Task<Status> Relay::serve(const sealed::EnvelopeHead& head, std::size_t body_at, Bytes& envelope,
                          Hold& hold, ports::ResponseWriter& response,
                          std::optional<Refusal>& refusal) {
  auto begun = co_await find_taker(head, BytesView(envelope).subspan(body_at));
  if (!begun) {
    refusal = std::move(begun).error();
    co_return Status();
  }
  // No other candidate will need it.
  hold.release();
  Bytes().swap(envelope);
  co_return co_await pass_back(head.header, std::move(begun).value(), response);
}

Task<std::expected<Bytes, Relay::Refusal>> Relay::receive(ports::BodyReader& body, Hold& hold) {
  Bytes envelope;
  const async::Deadline by = world_.clock.in(limits_.envelope_by);
  for (;;) {
    const auto chunk = co_await ports::read_by(world_.clock, by, body);
    if (!chunk) {
      const bool is_late = chunk.error().is(async::AsyncError::kTimeout);
      co_return std::unexpected(Refusal{is_late ? 408 : 400, "the envelope did not arrive"});
    }
    if (chunk->empty()) co_return envelope;
    if (chunk->size() > limits_.envelope_bytes_max - envelope.size()) {
      co_return std::unexpected(Refusal{413, "the envelope is too large"});
    }
    if (!hold.add(chunk->size())) co_return std::unexpected(Refusal{503, "this proxy is full"});
    append(envelope, *chunk);
  }
}

Task<std::expected<Relay::Begun, Relay::Refusal>> Relay::find_taker(
    const sealed::EnvelopeHead& head, BytesView body) {
  struct Choice {
    std::shared_ptr<AttachedWorker> worker;
    const sealed::Recipient* recipient;
  };
  std::vector<Choice> choices;
  bool is_any_full = false;
  for (const sealed::Recipient& recipient : head.recipients) {
    auto worker = world_.pool.find(recipient.kid);
    if (!worker) continue;
    if (worker->in_flight() >= limits_.in_flight_per_worker_max) {
      is_any_full = true;
    } else {
      choices.push_back({std::move(worker), &recipient});
    }
  }
  std::ranges::sort(choices, {}, [](const Choice& choice) {
    return std::pair(choice.worker->busy_permille(), choice.worker->last_chosen());
  });
  Refusal last = is_any_full ? Refusal{429, "every candidate has its fill"}
                             : Refusal{503, "none of the candidates is attached to this proxy"};
  bool is_first = true;
  for (const Choice& choice : choices) {
    if (!std::exchange(is_first, false)) world_.metrics.increment(ports::Counter::kRelayRetries);
    auto begun = co_await offer(choice.worker, head.header, *choice.recipient, body);
    if (begun || !may_try_next(begun.error().status)) co_return begun;
    last = std::move(begun).error();
  }
  // What the candidate meant for this proxy is no answer for the client.
  if (last.status == 421) last = {503, "the candidates' keys have changed"};
  co_return std::unexpected(std::move(last));
}

Task<std::expected<Relay::Begun, Relay::Refusal>> Relay::offer(
    std::shared_ptr<AttachedWorker> worker, const sealed::RequestHeader& header,
    const sealed::Recipient& recipient, BytesView body) {
  AttachedWorker::InFlight in_flight(worker, world_.pool.next_turn());
  const async::Deadline by = world_.clock.in(limits_.first_frame_by);
  Bytes envelope = sealed::encode_infer_head(header, recipient);
  append(envelope, body);
  world_.metrics.add(ports::Counter::kBytesRelayed, envelope.size());
  auto answer =
      co_await worker->client().send({.method = "POST",
                                      .path = std::string(wire::kPathInfer),
                                      .headers = {{"content-type", std::string(wire::kMediaInfer)},
                                                  {std::string(wire::kHeaderVoucher), ""}},
                                      .body = ports::body_of(std::move(envelope))},
                                     by);
  if (!answer) {
    world_.log.warn("proxy.worker_failed",
                    {LogField::kid(recipient.kid), LogField::error(answer.error())});
    co_return std::unexpected(Refusal{503, "the candidate did not answer"});
  }
  if (answer->status != kStatusOk) {
    const auto text = co_await ports::read_all_by(world_.clock, by, *answer->body, 4096);
    co_return std::unexpected(Refusal{
        answer->status, text ? std::string(as_text(*text)) : std::string("refused by the worker")});
  }
  auto first = co_await ports::read_by(world_.clock, by, *answer->body);
  if (!first || first->empty())
    co_return std::unexpected(Refusal{503, "the candidate broke off before its first frame"});
  co_return Begun{.kid = recipient.kid,
                  .worker = std::move(worker),
                  .in_flight = std::move(in_flight),
                  .answer = std::move(answer).value(),
                  .first_chunk = std::move(first).value()};
}

Task<Status> Relay::pass_back(const sealed::RequestHeader& header, Begun begun,
                              ports::ResponseWriter& response) {
  CO_TRY_VOID(response.head(kStatusOk, {{"content-type", std::string(wire::kMediaResponse)},
                                        {std::string(wire::kHeaderKid), begun.kid.hex()}}));
  async::IdleLimit limit(world_.clock, limits_.idle_max);
  CO_TRY_VOID(co_await async::within(limit, copy(begun, response, limit)));
  keep_bill(header, begun);
  co_return co_await response.finish({});
}

Task<Status> Relay::copy(Begun& begun, ports::ResponseWriter& response, async::IdleLimit& limit) {
  Bytes chunk = std::move(begun.first_chunk);
  while (!chunk.empty()) {
    world_.metrics.add(ports::Counter::kBytesRelayed, chunk.size());
    limit.hold();
    CO_TRY_VOID(co_await response.write(std::move(chunk)));
    limit.moved();
    CO_TRY(chunk, co_await begun.answer.body->read());
  }
  co_return Status();
}

void Relay::keep_bill(const sealed::RequestHeader& header, const Begun& begun) {
  const auto bytes =
      codec::from_base64(ports::find_field(begun.answer.body->trailers(), wire::kTrailerBill));
  if (bytes) {
    const auto bill = provenance::verify_bill(*bytes, begun.worker->identity_key());
    if (bill && bill->request_id == header.request_id && bill->kid == begun.kid) {
      world_.bills.put(header.request_id, *bytes);
      if (!world_.receipts.submit(bill->receipt)) {
        world_.metrics.increment(ports::Counter::kReceiptsNotLogged);
        world_.log.error("proxy.receipt_not_logged", {LogField::kid(begun.kid)});
      }
      return;
    }
  }
  world_.log.warn("proxy.bill_refused", {LogField::kid(begun.kid)});
}

}  // namespace cocoon::proxy
