#include "roles/worker/answer.h"

#include <algorithm>

#include "async/race.h"
#include "codec/base64.h"
#include "openai/commit.h"
#include "openai/token_list.h"
#include "sealed/format/stream.h"
#include "wire/protocol.h"

namespace cocoon::worker {
namespace {

using provenance::AnswerStatus;
using sealed::FrameKind;

constexpr std::string_view kMediaEvents = "text/event-stream";
constexpr std::string_view kBrokeOff = "the engine broke off its answer";
constexpr int kStatusOk = 200;

bool is_event_stream(const ports::HttpFields& headers) {
  return ports::find_field(headers, "content-type").starts_with(kMediaEvents);
}

}  // namespace

Answer::Answer(const AnswerSettings& settings, Question question, World world)
    : settings_(settings),
      question_(std::move(question)),
      world_(world),
      started_(world.clock.now()),
      salts_(provenance::SaltRoot::of(question_.secret.secret)),
      output_(salts_.output()) {}

Task<Answer::Outcome> Answer::send(ports::ResponseWriter& response) {
  auto sealer = sealed::ResponseSealer::create(question_.secret,
                                               sealed::ResponseNonce(world_.random.array<32>()));
  if (!sealer) co_return Outcome::kNotBegun;
  sealer_ = std::make_unique<sealed::ResponseSealer>(std::move(sealer).value());

  const auto endpoint = openai::find_endpoint(question_.plaintext.method, question_.plaintext.path);
  if (!endpoint) co_return co_await refuse(response, endpoint.error());
  endpoint_ = *endpoint;
  openai::EngineLimits limits;
  limits.output_tokens_max =
      std::min<std::uint64_t>(settings_.output_tokens_max, question_.header.max_output_tokens);
  limits.context_tokens = settings_.context_tokens;
  limits.model = settings_.model_name;
  auto prepared = openai::prepare_for_engine(endpoint_, question_.plaintext.body.expose(), limits);
  if (!prepared) co_return co_await refuse(response, prepared.error());
  prepared_ = std::make_unique<openai::PreparedRequest>(std::move(prepared).value());

  auto called = co_await async::unless(
      response.wait_closed(),
      world_.engine.call("POST", std::string(openai::endpoint_path(endpoint_)),
                         std::move(prepared_->body), world_.clock.in(settings_.engine_by)));
  if (!called)
    co_return called.error().is(async::AsyncError::kCancelled) ? Outcome::kAborted
                                                               : Outcome::kNotBegun;
  co_return co_await relay(response, std::move(called).value());
}

// A request that no engine should see: the app gets its error object, sealed like any answer.
Task<Answer::Outcome> Answer::refuse(ports::ResponseWriter& response, openai::ApiError error) {
  const std::string body = openai::error_json(error);
  output_status_ = openai::commit_body(output_, as_bytes(body));
  Status sent = co_await begin(response, error.status, wire::kMediaJson);
  if (sent) sent = co_await send_data(response, as_bytes(body));
  if (sent) sent = co_await conclude(response, sealed::ResponseFailure{});
  co_return sent ? Outcome::kFailed : Outcome::kAborted;
}

Task<Answer::Outcome> Answer::relay(ports::ResponseWriter& response, ports::HttpResponse engine) {
  const bool is_stream = engine.status == kStatusOk && is_event_stream(engine.headers);
  Status sent =
      co_await begin(response, engine.status, ports::find_field(engine.headers, "content-type"));
  Failure failure;
  if (sent && is_stream) {
    sent = co_await relay_stream(response, *engine.body, failure);
  } else if (sent) {
    sent = co_await relay_whole(response, engine.status, *engine.body, failure);
  }
  // Whatever happens now, the engine need not go on.
  engine.body.reset();
  if (sent && failure) {
    auto frame = sealer_->frame(FrameKind::kError, failure->encode());
    sent = frame ? co_await response.write(std::move(frame).value())
                 : Status(std::unexpected(frame.error()));
  }
  if (engine.status != kStatusOk && !failure) failure.emplace();
  if (sent) sent = co_await conclude(response, failure);
  if (!sent) {
    response.abort();
    co_return Outcome::kAborted;
  }
  co_return failure ? Outcome::kFailed : Outcome::kSent;
}

Task<Status> Answer::begin(ports::ResponseWriter& response, int status,
                           std::string_view content_type) {
  Bytes first = sealer_->header();
  const sealed::ResponseHead head{.status = static_cast<std::uint16_t>(status),
                                  .content_type = std::string(content_type)};
  CO_TRY(const Bytes frame, sealer_->frame(FrameKind::kHead, head.encode()));
  append(first, frame);
  CO_TRY_VOID(response.head(kStatusOk, {{"content-type", std::string(wire::kMediaResponse)},
                                        {"trailer", std::string(wire::kTrailerBill)}}));
  const auto since_accepted = std::chrono::duration<double>(world_.clock.now() - started_);
  world_.metrics.observe_seconds(ports::Timing::kFirstFrame, since_accepted.count());
  co_return co_await response.write(std::move(first));
}

Task<Status> Answer::send_data(ports::ResponseWriter& response, BytesView data) {
  if (data.empty()) co_return Status();
  CO_TRY(Bytes frames, sealer_->frame(FrameKind::kData, data));
  co_return co_await response.write(std::move(frames));
}

openai::SegmentSink Answer::commit_segments() {
  return [this](const openai::Segment& segment) {
    if (output_status_) output_status_ = openai::commit(output_, segment);
  };
}

// Everything that the engine sends, metered and sealed, up to its end or `failure`.
Task<Status> Answer::meter_stream(ports::ResponseWriter& response, ports::BodyReader& body,
                                  openai::StreamMeter& meter, async::IdleLimit& limit,
                                  Failure& failure) {
  for (;;) {
    auto chunk = co_await body.read();
    limit.hold();
    Result<Bytes> metered = Bytes();
    const bool is_end = chunk && chunk->empty();
    if (chunk && !is_end) metered = meter.feed(*chunk);
    if (!chunk || !metered) {
      failure = sealed::ResponseFailure{.status = 502, .message = std::string(kBrokeOff)};
      co_return Status();
    }
    CO_TRY_VOID(co_await send_data(response, *metered));
    if (is_end) co_return Status();
    limit.moved();
  }
}

Task<Status> Answer::relay_stream(ports::ResponseWriter& response, ports::BodyReader& body,
                                  Failure& failure) {
  openai::StreamMeter meter(endpoint_, prepared_->usage_chunk, commit_segments());
  async::IdleLimit limit(world_.clock, settings_.engine_idle_max);
  const Status metered = co_await async::unless(
      response.wait_closed(),
      async::within(limit, meter_stream(response, body, meter, limit, failure)));
  if (!metered && metered.error().is(async::AsyncError::kTimeout)) {
    failure = sealed::ResponseFailure{.status = 502, .message = std::string(kBrokeOff)};
  } else {
    CO_TRY_VOID(metered);
  }
  // What an engine that broke off left of an event is not sent, so it is not committed to either.
  if (!failure) CO_TRY_VOID(co_await send_data(response, meter.finish()));
  totals_ = meter.totals();
  if (!failure && totals_.end != openai::AnswerTotals::End::kDone) {
    failure =
        sealed::ResponseFailure{.status = 502, .message = "the engine ended its answer too early"};
  }
  co_return Status();
}

Task<Status> Answer::relay_whole(ports::ResponseWriter& response, int status,
                                 ports::BodyReader& body, Failure& failure) {
  const async::Deadline by = world_.clock.in(settings_.engine_by);
  auto whole = co_await async::unless(
      response.wait_closed(),
      ports::read_all_by(world_.clock, by, body, settings_.answer_bytes_max));
  if (!whole && whole.error().is(async::AsyncError::kCancelled))
    co_return std::unexpected(whole.error());
  if (!whole) {
    failure = sealed::ResponseFailure{.status = 502, .message = std::string(kBrokeOff)};
    co_return Status();
  }
  const std::uint64_t listed = status == kStatusOk ? count_listed(*whole) : 0;
  if (auto totals = openai::commit_whole(endpoint_, status, *whole, output_)) {
    totals_ = *totals;
    totals_.usage.output_tokens = std::max(totals_.usage.output_tokens, listed);
  } else {
    output_status_ = std::unexpected(std::move(totals).error());
  }
  CO_TRY_VOID(co_await send_data(response, *whole));
  // What is no JSON object is at best a part of an answer, however orderly it ended.
  if (status == kStatusOk && totals_.end != openai::AnswerTotals::End::kDone) {
    failure =
        sealed::ResponseFailure{.status = 502, .message = "the engine ended its answer too early"};
  }
  co_return Status();
}

AnswerStatus Answer::status_after(const Failure& failure) const {
  if (failure) return AnswerStatus::kError;
  return totals_.finish_reason == openai::FinishReason::kLength ? AnswerStatus::kLimit
                                                                : AnswerStatus::kOk;
}

std::uint64_t Answer::count_listed(Bytes& whole) const {
  if (prepared_->original.facts.choices < 2) return 0;
  auto list = openai::take_token_list(whole);
  if (!list) return 0;
  if (prepared_->listed == openai::PreparedRequest::Listed::kForTheMeter)
    whole = std::move(list->rest);
  return list->tokens;
}

Result<provenance::Receipt> Answer::make_receipt(AnswerStatus status) {
  TRY_VOID(std::move(output_status_));
  TRY(const provenance::OutputTree tree, std::move(output_).finish());
  const openai::RequestCommitments asked =
      openai::commit_request(endpoint_, question_.plaintext.body.expose(), salts_);
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(world_.clock.now() - started_);
  const std::uint64_t started_ms = std::uint64_t{world_.began_at.value()} * 1000;
  return provenance::Receipt{
      .request_id = question_.header.request_id,
      .kid = question_.kid,
      .image_hash = question_.image_hash,
      .model_hash = settings_.model_hash,
      .params = asked.params,
      .prompt = asked.prompt,
      .output = tree.commitment(),
      .tokens = {.input = TokenCount(totals_.usage.input_tokens),
                 .cached =
                     TokenCount(std::min(totals_.usage.cached_tokens, totals_.usage.input_tokens)),
                 .output = TokenCount(totals_.usage.output_tokens),
                 .reasoning = TokenCount(
                     std::min(totals_.usage.reasoning_tokens, totals_.usage.output_tokens))},
      .started_at = UnixMillis(started_ms),
      .ended_at = UnixMillis(started_ms + static_cast<std::uint64_t>(elapsed.count())),
      .status = status,
      .terms_hash = question_.terms_hash,
      .price = NanoTon(),
      .parents = question_.plaintext.parents,
      .masterchain_seqno = question_.block_seqno,
  };
}

Task<Status> Answer::conclude(ports::ResponseWriter& response, const Failure& failure) {
  const AnswerStatus status = status_after(failure);
  CO_TRY(const provenance::Receipt receipt, make_receipt(status));
  CO_TRY(const Bytes signed_receipt, provenance::sign_receipt(receipt, world_.identity));
  const provenance::Bill bill{.request_id = receipt.request_id,
                              .kid = receipt.kid,
                              .buckets = provenance::buckets_of(receipt.tokens),
                              .price = receipt.price,
                              .status = status,
                              .receipt = provenance::receipt_hash(signed_receipt)};
  CO_TRY(Bytes last, sealer_->frame(FrameKind::kReceipt, signed_receipt));
  CO_TRY(const Bytes end, sealer_->finish());
  append(last, end);
  CO_TRY_VOID(co_await response.write(std::move(last)));
  world_.metrics.add(ports::Counter::kInputTokens, receipt.tokens.input.value());
  world_.metrics.add(ports::Counter::kOutputTokens, receipt.tokens.output.value());
  const auto whole = std::chrono::duration<double>(world_.clock.now() - started_);
  world_.metrics.observe_seconds(ports::Timing::kWholeAnswer, whole.count());
  co_return co_await response.finish(
      {{std::string(wire::kTrailerBill),
        codec::to_base64(provenance::sign_bill(bill, world_.identity))}});
}

}  // namespace cocoon::worker
