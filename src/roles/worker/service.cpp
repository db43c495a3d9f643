#include "roles/worker/service.h"

#include <algorithm>
#include <limits>

#include "async/race.h"
#include "sealed/open_request/open_request.h"
#include "wire/directory.h"
#include "wire/protocol.h"

namespace cocoon::worker {
namespace {

using ports::HttpFields;

constexpr std::string_view kMediaText = "text/plain; charset=utf-8";

Task<void> refuse(ports::ResponseWriter& response, Refusal refusal) {
  HttpFields fields{{"content-type", std::string(kMediaText)}};
  if (refusal.status == 429 || refusal.status == 503) fields.push_back({"retry-after", "1"});
  // A peer that is gone needs no answer.
  (void)co_await ports::respond(response, refusal.status, std::move(fields),
                                to_bytes(refusal.text));
}

Task<void> reply(ports::ResponseWriter& response, Bytes body,
                 std::string_view media = wire::kMediaCbor) {
  (void)co_await ports::respond(response, 200, {{"content-type", std::string(media)}},
                                std::move(body));
}

std::unexpected<Refusal> refused(int status, std::string text) {
  return std::unexpected(Refusal{status, std::move(text)});
}

}  // namespace

Service::Service(const async::Executor& executor, AnswerSettings settings, ServiceLimits limits,
                 World world)
    : settings_(std::move(settings)),
      limits_(limits),
      world_(world),
      places_(executor, limits.running_max, limits.queue_max),
      replay_guard_(limits.replay_ids_max) {}

bool Service::is_ready() const {
  return is_intake_open_ && world_.keyring.newest() != nullptr &&
         world_.engine.state() == ports::EngineState::kReady;
}

Bytes Service::report_load() const {
  std::vector<Kid> kids = world_.keyring.kids();
  if (kids.size() > wire::kKidsPerWorkerMax) kids.resize(wire::kKidsPerWorkerMax);
  // An engine that others use too may be fuller than this worker knows of; what it does not say
  // counts for nothing.
  const ports::EngineLoad engine = world_.engine.load();
  const auto collateral = world_.collateral.current();
  const std::uint64_t in_engine =
      std::uint64_t{engine.requests_running.value_or(0)} + engine.requests_waiting.value_or(0);
  return wire::LoadReport{
      .kids = std::move(kids),
      .intake = is_ready() ? wire::LoadReport::Intake::kOpen : wire::LoadReport::Intake::kClosed,
      .places = places_.total(),
      .occupied = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
          in_engine, places_.occupied(), std::numeric_limits<std::uint32_t>::max())),
      .collateral = collateral ? std::optional(collateral->digest) : std::nullopt,
  }
      .encode();
}

Task<void> Service::handle(ports::HttpRequest request, ports::ResponseWriter& response) {
  if (request.method == "POST" && request.path == wire::kPathInfer) {
    co_await infer(std::move(request), response);
    co_return;
  }
  if (request.method == "GET" && request.path == wire::kPathLoad) {
    co_await reply(response, report_load());
    co_return;
  }
  if (request.method == "GET" && request.path.starts_with(wire::kPathCollateral)) {
    const auto digest = CollateralDigest::from_hex(
        std::string_view(request.path).substr(wire::kPathCollateral.size()));
    const auto collateral = world_.collateral.current();
    if (digest && collateral && collateral->digest == *digest) {
      co_await reply(response, collateral->json, wire::kMediaJson);
      co_return;
    }
  }
  if (request.method == "GET" && request.path.starts_with(wire::kPathEvidence)) {
    const auto kid =
        Kid::from_hex(std::string_view(request.path).substr(wire::kPathEvidence.size()));
    const auto key = kid ? world_.keyring.find(*kid) : nullptr;
    if (key) {
      co_await reply(response, key->evidence);
      co_return;
    }
  }
  co_await refuse(response, {404, "no such thing here"});
}

Task<void> Service::infer(ports::HttpRequest request, ports::ResponseWriter& response) {
  std::optional<Refusal> refusal;
  if (!is_ready()) {
    refusal = Refusal{503, "this worker takes no requests now"};
  } else if (ports::find_field(request.headers, "content-type") != wire::kMediaInfer) {
    refusal = Refusal{415, "expected application/cocoon-infer"};
  }
  if (refusal) {
    world_.metrics.increment(ports::Counter::kRequestsRefused);
    co_await refuse(response, std::move(*refusal));
    co_return;
  }
  auto ticket = places_.enter(request.peer);
  if (!ticket) {
    world_.metrics.increment(ports::Counter::kRequestsRefused);
    co_await refuse(response, {429, ticket.error().message()});
    co_return;
  }
  world_.metrics.set(ports::Gauge::kRequestsQueued, places_.waiting());
  auto envelope = co_await ports::read_all_by(world_.clock, world_.clock.in(limits_.body_by),
                                              *request.body, limits_.request_bytes_max);
  if (!envelope) {
    refusal = envelope.error().is(ports::HttpError::kTooLarge)
                  ? Refusal{413, envelope.error().message()}
              : envelope.error().is(async::AsyncError::kTimeout)
                  ? Refusal{408, "the envelope took too long"}
                  : Refusal{400, "the envelope did not arrive"};
  } else if (auto admitted =
                 admit(*envelope, ports::find_field(request.headers, wire::kHeaderVoucher));
             !admitted) {
    refusal = std::move(admitted).error();
  } else {
    refusal = co_await serve(std::move(ticket).value(), std::move(admitted).value(),
                             std::move(envelope).value(), response);
  }
  world_.metrics.set(ports::Gauge::kRequestsQueued, places_.waiting());
  if (!refusal) co_return;
  world_.metrics.increment(ports::Counter::kRequestsRefused);
  co_await refuse(response, std::move(*refusal));
}

std::expected<Service::Admitted, Refusal> Service::admit(BytesView envelope,
                                                         std::string_view voucher) const {
  auto parsed = sealed::parse_envelope_head(envelope, sealed::EnvelopeKind::kInfer);
  if (!parsed) return refused(400, parsed.error().message());
  const sealed::RequestHeader& header = parsed->head.header;
  // 421 (Misdirected Request) tells the proxy that another wrap may still be good.
  if (!world_.keyring.find(parsed->head.recipients.front().kid)) {
    return refused(421, "not wrapped for a key of this worker");
  }
  if (header.model_hash != settings_.model_hash)
    return refused(421, "this worker serves another model");
  if (const Status fresh = sealed::check_expiry(header, world_.keyring.now()); !fresh) {
    return refused(400, fresh.error().message());
  }
  // The voucher's slot. While the registry's price is zero an empty one buys everything; vouchers
  // themselves come with the market, and until then a price above zero refuses.
  const auto registry = world_.registry.current();
  if (!registry) return refused(503, registry.error().message());
  if ((*registry)->parameters.price_floor > NanoTon() || !voucher.empty()) {
    return refused(
        402, "vouchers are not accepted yet, and the registry asks for payment or one was sent");
  }
  return Admitted{std::move(parsed->head), parsed->bytes_consumed};
}

Task<std::optional<Refusal>> Service::serve(Places::Ticket ticket, Admitted admitted,
                                            Bytes envelope, ports::ResponseWriter& response) {
  const auto wait_for_place = [](Places::Ticket& mine) -> Task<Status> {
    co_await mine.run();
    co_return Status();
  };
  const Status place = ticket.try_run()
                           ? Status()
                           : co_await async::unless(response.wait_closed(), wait_for_place(ticket));
  if (!place) co_return Refusal{499, "the client went away"};
  // Looked up only now and let go of as soon as the request is open: waiting requests and long
  // answers keep no key from being wiped. One that was wiped in the meantime opens nothing more,
  // and the ids it answered are forgotten.
  std::shared_ptr<const EpochKey> key = world_.keyring.find(admitted.head.recipients.front().kid);
  if (key == nullptr) co_return Refusal{421, "the key was wiped while the request waited"};

  auto opened = sealed::open_request(admitted.head, BytesView(envelope).subspan(admitted.body_at),
                                     key->kid, key->hpke);
  if (!opened) co_return Refusal{400, opened.error().message()};
  if (const Status first = replay_guard_.insert(admitted.head.header.request_id, key->epoch,
                                                admitted.head.header.expires, world_.keyring.now());
      !first) {
    const bool is_replay = first.error().is(sealed::SealedError::kReplayed);
    if (is_replay) world_.metrics.increment(ports::Counter::kReplaysRefused);
    co_return Refusal{is_replay ? 409 : 503, first.error().message()};
  }
  Bytes().swap(envelope);
  world_.metrics.set(ports::Gauge::kRequestsInFlight, places_.running());
  Answer answer(settings_,
                {.header = admitted.head.header,
                 .terms_hash = admitted.head.recipients.front().terms_hash,
                 .kid = key->kid,
                 .image_hash = key->image_hash,
                 .block_seqno = key->statement.block_seqno,
                 .plaintext = std::move(opened->plaintext),
                 .secret = std::move(opened->response_secret)},
                {.identity = world_.keyring.identity(),
                 .began_at = world_.keyring.now(),
                 .engine = world_.engine,
                 .random = world_.random,
                 .metrics = world_.metrics,
                 .clock = world_.clock});
  key.reset();
  const Answer::Outcome outcome = co_await answer.send(response);
  world_.metrics.set(ports::Gauge::kRequestsInFlight, places_.running() - 1);
  switch (outcome) {
    case Answer::Outcome::kSent:
      world_.metrics.increment(ports::Counter::kRequestsOk);
      break;
    case Answer::Outcome::kFailed:
      world_.metrics.increment(ports::Counter::kRequestsFailed);
      break;
    case Answer::Outcome::kAborted:
      world_.metrics.increment(ports::Counter::kRequestsAborted);
      break;
    case Answer::Outcome::kNotBegun:
      co_return Refusal{503, "the engine does not answer"};
  }
  co_return std::nullopt;
}

}  // namespace cocoon::worker
