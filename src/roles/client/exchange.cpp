#include "roles/client/exchange.h"

#include <algorithm>

#include "async/race.h"
#include "crypto/keys.h"
#include "roles/client/error.h"
#include "sealed/format/stream.h"
#include "wire/protocol.h"

namespace cocoon::client {
namespace {

using openai::ApiError;
using sealed::FrameKind;

constexpr int kStatusOk = 200;

// What a proxy's refusal means for the app. The proxy's own words stay out: it is not a party to
// trust with them.
ApiError refusal_of(int status) {
  switch (status) {
    case 402:
      return openai::no_funds("the workers ask for payment, which this client cannot make yet");
    case 413:
      return openai::body_too_large(sealed::kPaddedMax);
    case 429:
      return openai::rate_limited(std::chrono::seconds(1));
    case 503:
      return openai::unavailable("no worker could take the request just now; try again");
    case 408:
    case 504:
      return openai::timed_out("the network took too long to take the request");
    default:
      return openai::bad_gateway("the proxy refused the request with status " +
                                 std::to_string(status));
  }
}

bool may_try_next(const ApiError& error) {
  return error.status == 429 || error.status == 502 || error.status == 503 || error.status == 504;
}

bool is_event_stream(const sealed::ResponseHead& head) {
  return head.status == kStatusOk && head.content_type.starts_with("text/event-stream");
}

}  // namespace

Exchange::Exchange(const ExchangeSettings& settings, Question question, World world)
    : settings_(settings),
      question_(std::move(question)),
      world_(world),
      silence_(world.clock, settings.idle_max) {}

Task<openai::ApiResult<sealed::ResponseHead>> Exchange::begin() {
  std::vector<std::shared_ptr<ProxyLine>> tried;
  std::optional<ApiError> last;
  while (auto choice = world_.fleet.choose(question_.model, settings_.candidates, tried)) {
    tried.push_back(choice->line);
    auto head = co_await try_line(std::move(*choice));
    if (head || !may_try_next(head.error())) co_return head;
    last = std::move(head).error();
  }
  if (last) co_return std::unexpected(std::move(*last));
  const std::string why = world_.fleet.why_none(question_.model);
  co_return std::unexpected(
      openai::unavailable("no verified worker serves this model just now; " +
                          (why.empty() ? "try again" : "one was refused (" + why + ")")));
}

Result<sealed::SealedRequest> Exchange::seal(const Choice& choice) {
  std::vector<sealed::Candidate> candidates;
  sealed::RequestEntropy entropy;
  world_.random.fill(entropy.cek.expose_mutable());
  for (const auto& worker : choice.candidates) {
    candidates.push_back({.kid = worker->kid(),
                          .public_key = worker->statement().hpke_key,
                          .terms_hash = TermsHash()});
    world_.random.fill(entropy.ephemeral_keys.emplace_back().expose_mutable());
  }
  // A new id each time: a proxy that failed may still have delivered the envelope it got.
  request_id_ = RequestId(world_.random.array<16>());
  const std::uint64_t wanted =
      question_.facts.output_tokens_all().value_or(settings_.output_tokens_default);
  const sealed::RequestTerms terms{
      .request_id = request_id_,
      // By the clock that workers go by, whatever this machine's own says.
      .expires = UnixSeconds(world_.fleet.chain_now().value() + settings_.validity_s),
      .max_output_tokens =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, settings_.output_tokens_max)),
      .max_price = settings_.price_max,
      .model_hash = question_.model};
  const sealed::RequestPlaintext plaintext{
      .method = "POST",
      .path = std::string(openai::endpoint_path(question_.endpoint)),
      .body = SecretBytes(Bytes(question_.body)),
      .parents = question_.parents};
  return sealed::seal_request(terms, plaintext, candidates, std::move(entropy));
}

Task<openai::ApiResult<sealed::ResponseHead>> Exchange::try_line(Choice choice) {
  auto sealed_request = seal(choice);
  if (!sealed_request) {
    const bool is_large = sealed_request.error().is(sealed::SealedError::kTooLarge);
    co_return std::unexpected(is_large ? openai::body_too_large(sealed::kPaddedMax)
                                       : openai::internal_error());
  }
  opener_ = std::make_unique<sealed::ResponseOpener>(std::move(sealed_request->secrets));
  frames_.clear();
  // A first frame may take its time; a proxy that answers nothing else either is not waited for.
  auto sent = co_await async::unless(
      world_.fleet.wait_silent(choice.line),
      choice.line->http->send({.method = "POST",
                               .path = std::string(wire::kPathRelay),
                               .headers = {{"content-type", std::string(wire::kMediaRequest)}},
                               .body = ports::body_of(std::move(sealed_request->envelope))},
                              world_.clock.in(settings_.head_by)));
  if (!sent) {
    world_.log.warn("client.proxy_failed",
                    {LogField::endpoint(choice.line->proxy.host),
                     LogField::port(choice.line->proxy.port), LogField::error(sent.error())});
    if (sent.error().is(ports::HttpError::kUnreachable)) world_.fleet.report_failure(choice.line);
    if (sent.error().is(async::AsyncError::kTimeout)) world_.fleet.report_swallowed(choice.line);
    co_return std::unexpected(openai::bad_gateway("the proxy could not be reached"));
  }
  if (sent->status != kStatusOk) co_return std::unexpected(refusal_of(sent->status));
  response_ = std::make_unique<ports::HttpResponse>(std::move(sent).value());
  auto head = co_await await_head(choice);
  if (!head) {
    world_.log.warn("client.answer_unusable", {LogField::error(head.error())});
    response_.reset();
    co_return std::unexpected(openai::bad_gateway("the answer could not be opened"));
  }
  co_return std::move(head).value();
}

Task<Result<sealed::ResponseHead>> Exchange::await_head(const Choice& choice) {
  CO_TRY(const sealed::Frame frame, co_await next_frame());
  if (frame.kind != FrameKind::kHead)
    co_return fail(sealed::SealedError::kMalformed, "an answer begins with its head");
  CO_TRY(head_, sealed::ResponseHead::decode(frame.data.expose()));
  const sealed::ResponseSecret* const secret = opener_->answering();
  const auto answering = std::ranges::find_if(
      choice.candidates, [&](const auto& worker) { return worker->kid() == secret->kid; });
  line_ = choice.line;
  worker_ = *answering;  // the opener takes answers from candidates only
  origin_ = world_.fleet.origin_of(worker_->kid());
  salts_ = std::make_unique<provenance::SaltRoot>(provenance::SaltRoot::of(secret->secret));
  output_ = std::make_unique<provenance::OutputCommitter>(salts_->output());
  if (is_event_stream(head_)) {
    meter_ = std::make_unique<openai::StreamMeter>(
        question_.endpoint, openai::UsageChunk::kForward, [this](const openai::Segment& segment) {
          if (output_status_) output_status_ = openai::commit(*output_, segment);
        });
  }
  co_return head_;
}

Task<Result<sealed::Frame>> Exchange::next_frame() {
  while (frames_.empty()) {
    silence_.moved();
    auto read =
        co_await (is_watched_ ? response_->body->read()
                              : ports::read_by(world_.clock, world_.clock.in(settings_.idle_max),
                                               *response_->body));
    silence_.hold();
    CO_TRY(const Bytes chunk, std::move(read));
    if (chunk.empty()) {
      CO_TRY_VOID(opener_->finish());
      co_return sealed::Frame{.kind = FrameKind::kEnd, .data = {}};
    }
    CO_TRY(std::vector<sealed::Frame> frames, opener_->feed(chunk));
    for (sealed::Frame& frame : frames) frames_.push_back(std::move(frame));
  }
  sealed::Frame frame = std::move(frames_.front());
  frames_.pop_front();
  co_return frame;
}

Task<openai::ApiResult<void>> Exchange::unless_silent(Task<openai::ApiResult<void>> task) {
  is_watched_ = true;
  auto ended = co_await async::value_within(silence_, std::move(task));
  is_watched_ = false;
  if (ended) co_return *std::move(ended);
  co_return broken_off(Error(async::AsyncError::kTimeout, "timed out"));
}

std::unexpected<ApiError> Exchange::broken_off(const Error& why) const {
  world_.log.warn("client.answer_broken", {LogField::error(why)});
  return std::unexpected(openai::bad_gateway("the answer broke off"));
}

Task<openai::ApiResult<Bytes>> Exchange::read() {
  for (;;) {
    if (stage_ == Stage::kDone) co_return Bytes();
    auto frame = co_await next_frame();
    if (!frame) co_return broken_off(frame.error());
    switch (frame->kind) {
      case FrameKind::kData: {
        auto data = stage_ == Stage::kBody
                        ? take_data(frame->data.expose())
                        : fail(ClientError::kReceiptRefused, "data behind the receipt");
        if (!data) co_return std::unexpected(openai::bad_gateway(data.error().message()));
        if (!data->empty()) co_return std::move(data).value();
        break;
      }
      case FrameKind::kReceipt: {
        const Status checked = check_receipt(frame->data.expose());
        if (!checked) {
          world_.log.error("client.receipt_refused",
                           {LogField::kid(worker_->kid()), LogField::error(checked.error())});
          co_return std::unexpected(openai::bad_gateway("the receipt does not match the answer"));
        }
        signed_receipt_ = to_bytes(frame->data.expose());
        stage_ = Stage::kChecked;
        break;
      }
      case FrameKind::kError: {
        const auto failure = sealed::ResponseFailure::decode(frame->data.expose());
        co_return std::unexpected(
            openai::bad_gateway(failure ? failure->message : "the worker failed"));
      }
      case FrameKind::kEnd: {
        if (stage_ != Stage::kChecked)
          co_return std::unexpected(openai::bad_gateway("the answer has no receipt"));
        stage_ = Stage::kDone;
        co_return std::exchange(held_back_, {});
      }
      case FrameKind::kHead:
      case FrameKind::kTicket:
      case FrameKind::kPad:
        co_return std::unexpected(openai::bad_gateway("the answer is out of order"));
    }
  }
}

Result<Bytes> Exchange::take_data(BytesView data) {
  if (!meter_) {
    if (data.size() > settings_.answer_bytes_max - held_back_.size()) {
      return fail(sealed::SealedError::kTooLarge, "the answer is too large");
    }
    append(held_back_, data);
    return Bytes();
  }
  TRY(Bytes out, meter_->feed(data));
  if (meter_->totals().end == openai::AnswerTotals::End::kOpen) return out;
  if (out.size() > settings_.answer_bytes_max - held_back_.size()) {
    return fail(sealed::SealedError::kTooLarge, "the answer goes on behind its end");
  }
  append(held_back_, out);
  return Bytes();
}

Status Exchange::check_receipt(BytesView signed_receipt) {
  if (!signed_receipt_.empty()) return fail(ClientError::kReceiptRefused, "a second receipt");
  if (meter_) {
    append(held_back_, meter_->finish());
    if (meter_->totals().end != openai::AnswerTotals::End::kDone) {
      return fail(ClientError::kReceiptRefused, "a receipt before the answer's end");
    }
  } else {
    TRY_VOID(openai::commit_whole(question_.endpoint, head_.status, held_back_, *output_));
  }
  TRY_VOID(std::move(output_status_));
  TRY(const provenance::OutputTree tree, std::move(*output_).finish());
  TRY(const provenance::Receipt receipt,
      provenance::verify_receipt(signed_receipt, worker_->statement().identity_key));
  return compare(receipt, tree.commitment());
}

Status Exchange::compare(const provenance::Receipt& receipt,
                         const provenance::OutputCommitment& output) const {
  const openai::RequestCommitments asked =
      openai::commit_request(question_.endpoint, question_.body, *salts_);
  const auto refused = [](const char* what) { return fail(ClientError::kReceiptRefused, what); };
  if (receipt.request_id != request_id_) return refused("receipt for another request");
  if (receipt.kid != worker_->kid()) return refused("receipt of another worker");
  if (receipt.image_hash != worker_->image_hash()) return refused("receipt of another image");
  if (receipt.model_hash != question_.model) return refused("receipt for another model");
  if (receipt.prompt != asked.prompt) return refused("receipt for another prompt");
  if (receipt.params != asked.params) return refused("receipt for other parameters");
  if (receipt.output != output) return refused("receipt for another answer");
  if (receipt.parents != question_.parents) return refused("receipt with other parents");
  if (receipt.masterchain_seqno != worker_->statement().block_seqno) {
    return refused("receipt under another block");
  }
  // What went wrong comes as an error, never as an answer like any other.
  const bool is_whole = receipt.status == provenance::AnswerStatus::kOk ||
                        receipt.status == provenance::AnswerStatus::kLimit;
  if (head_.status == kStatusOk && !is_whole) return refused("receipt of a failed answer");
  if (receipt.terms_hash != TermsHash()) return refused("receipt under other terms");
  if (receipt.price > settings_.price_max) return refused("receipt over the price limit");
  return {};
}

}  // namespace cocoon::client
