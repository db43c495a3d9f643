#include "sim/seams.h"

#include <stdexcept>

#include "async/race.h"
#include "codec/base64.h"
#include "provenance/bill.h"
#include "sealed/format/envelope.h"
#include "wire/protocol.h"

namespace cocoon::sim {

using namespace std::chrono_literals;
using ports::HttpFields;

namespace {

constexpr auto kForEver = std::chrono::hours(24 * 365);

// Passes everything on; what is mean or watchful overrides a part.
class PassingWriter : public ports::ResponseWriter {
 public:
  explicit PassingWriter(ResponseWriter& inner) : inner_(inner) {}
  [[nodiscard]] Status head(int status, HttpFields headers) override {
    return inner_.head(status, std::move(headers));
  }
  [[nodiscard]] Task<Status> write(Bytes chunk) override { return inner_.write(std::move(chunk)); }
  [[nodiscard]] Task<Status> finish(HttpFields trailers) override {
    return inner_.finish(std::move(trailers));
  }
  void abort() override { inner_.abort(); }
  [[nodiscard]] Task<void> wait_closed() override { return inner_.wait_closed(); }

 protected:
  [[nodiscard]] ResponseWriter& inner() { return inner_; }

 private:
  ResponseWriter& inner_;
};

}  // namespace

// Keeps a copy of what was read, to see whose request it is.
class WatchedWorker::Body final : public ports::BodyReader {
 public:
  Body(std::unique_ptr<BodyReader> inner, std::shared_ptr<Bytes> copy)
      : inner_(std::move(inner)), copy_(std::move(copy)) {}
  [[nodiscard]] Task<Result<Bytes>> read() override {
    auto chunk = co_await inner_->read();
    if (chunk) append(*copy_, *chunk);
    co_return chunk;
  }
  [[nodiscard]] const HttpFields& trailers() const override { return inner_->trailers(); }

 private:
  std::unique_ptr<BodyReader> inner_;
  std::shared_ptr<Bytes> copy_;
};

class WatchedWorker::Writer final : public PassingWriter {
 public:
  Writer(ResponseWriter& inner, const std::string& boot, World world, std::shared_ptr<Bytes> asked)
      : PassingWriter(inner), boot_(boot), world_(world), asked_(std::move(asked)) {}
  [[nodiscard]] Status head(int status, HttpFields headers) override {
    const auto parsed = sealed::parse_envelope_head(*asked_, sealed::EnvelopeKind::kInfer);
    if (status == 200 && parsed) {
      id_ = parsed->head.header.request_id;
      world_.ledger.accepted(boot_, *id_);
    }
    return inner().head(status, std::move(headers));
  }
  [[nodiscard]] Task<Status> finish(HttpFields trailers) override {
    if (id_ && world_.defect == Defect::kPlaceNotReleased)
      co_await world_.clock.sleep_for(kForEver);
    for (ports::HttpField& field : trailers) {
      if (field.name == wire::kTrailerBill) note_bill(field.value);
    }
    co_return co_await inner().finish(std::move(trailers));
  }
  [[nodiscard]] Task<void> wait_closed() override {
    if (world_.defect == Defect::kPlaceNotReleased) return world_.clock.sleep_for(kForEver);
    return inner().wait_closed();
  }

 private:
  void note_bill(std::string& value) {
    auto bytes = codec::from_base64(value);
    if (world_.defect == Defect::kBillPadded && bytes) {
      auto bill = provenance::verify_bill(*bytes, world_.identity.public_key());
      if (bill) {
        bill->buckets.output += 1;
        bytes = provenance::sign_bill(*bill, world_.identity);
        value = codec::to_base64(*bytes);
      }
    }
    if (!bytes || !id_) return world_.ledger.broken(boot_ + " bills nothing that can be read");
    world_.ledger.billed(boot_, *id_, std::move(*bytes));
  }
  const std::string& boot_;
  World world_;
  std::shared_ptr<Bytes> asked_;
  std::optional<RequestId> id_;
};

Task<void> WatchedWorker::handle(ports::HttpRequest request, ports::ResponseWriter& response) {
  if (request.path != wire::kPathInfer) {
    co_await inner_.handle(std::move(request), response);
    co_return;
  }
  if (world_.defect == Defect::kCrash && requests_ == 3) {
    ++requests_;
    throw std::runtime_error("a bug");
  }
  auto asked = std::make_shared<Bytes>();
  request.body = std::make_unique<Body>(std::move(request.body), asked);
  Writer writer(response, boot_, world_, asked);
  HttpHandler& taker =
      world_.defect == Defect::kAnsweredTwice && requests_ % 2 == 1 ? other_ : inner_;
  ++requests_;
  co_await taker.handle(std::move(request), writer);
}

Task<Result<ports::HttpResponse>> HostileLink::Client::send(ports::HttpRequest request,
                                                            ports::Deadline head_by) {
  const bool is_copied = world_.manners == Manners::kHostile && request.path == wire::kPathInfer &&
                         world_.random.below(3) == 0;
  if (!is_copied) co_return co_await inner_->client().send(std::move(request), head_by);
  CO_TRY(const Bytes envelope, co_await ports::read_all(*request.body, sealed::kInferBytesMax));
  const auto copy_of = [&] {
    return ports::HttpRequest{.method = request.method,
                              .path = request.path,
                              .headers = request.headers,
                              .body = ports::body_of(Bytes(envelope))};
  };
  const auto repeat = [](std::shared_ptr<WorkerLink> link, World world, Duration after,
                         ports::HttpRequest again) -> Task<void> {
    co_await world.clock.sleep_for(after);
    auto answer = co_await link->client().send(std::move(again), world.clock.in(30s));
    if (answer)
      (void)co_await async::with_deadline(world.clock, world.clock.in(30s),
                                          ports::read_all(*answer->body, std::size_t{1} << 20U));
  };
  const Duration after =
      std::chrono::milliseconds(world_.random.below(2) * world_.random.below(9000));
  async::spawn(world_.executor, repeat(inner_, world_, after, copy_of()), [](std::string_view) {});
  co_return co_await inner_->client().send(copy_of(), head_by);
}

class HostileService::Writer final : public PassingWriter {
 public:
  Writer(ResponseWriter& inner, fakes::SeededRandom& random)
      : PassingWriter(inner), random_(random), ends_in_(1 + random.below(12)) {}
  [[nodiscard]] Task<Status> write(Bytes chunk) override {
    if (--ends_in_ > 0 || chunk.empty()) co_return co_await inner().write(std::move(chunk));
    const Bytes whole = chunk;
    switch (random_.below(4)) {
      case 0:
        chunk[chunk.size() / 2] ^= std::byte{1};
        break;
      case 1: {  // ends in good order, too early
        (void)co_await inner().finish({});
        co_return fail(ports::HttpError::kBroken, "cut");
      }
      case 2:
        append(chunk, whole);
        break;
      default:
        inner().abort();
        co_return fail(ports::HttpError::kBroken, "cut");
    }
    co_return co_await inner().write(std::move(chunk));
  }

 private:
  fakes::SeededRandom& random_;
  std::uint64_t ends_in_;
};

Task<void> HostileService::handle(ports::HttpRequest request, ports::ResponseWriter& response) {
  const bool is_mean = manners_ == Manners::kHostile && request.path == wire::kPathRelay;
  const std::uint64_t trick = is_mean ? random_.below(12) : 12;
  if (trick == 0) {
    co_await response.wait_closed();  // takes it and says nothing
  } else if (trick == 1) {
    constexpr std::array kStatuses{200, 204, 302, 400, 402, 409, 418, 421, 429, 500, 503};
    (void)co_await ports::respond(response, kStatuses[random_.below(kStatuses.size())], {},
                                  to_bytes("a refusal"));
  } else if (trick < 5) {
    Writer writer(response, random_);
    co_await inner_.handle(std::move(request), writer);
  } else {
    co_await inner_.handle(std::move(request), response);
  }
}

class DefectiveEndpoint::Writer final : public PassingWriter {
 public:
  using PassingWriter::PassingWriter;
  [[nodiscard]] Task<Status> write(Bytes chunk) override {
    if (as_text(chunk).starts_with(R"(data: {"error")"))
      co_return co_await inner().write(to_bytes("data: [DONE]\n\n"));
    co_return co_await inner().write(std::move(chunk));
  }
};

Task<void> DefectiveEndpoint::handle(ports::HttpRequest request, ports::ResponseWriter& response) {
  if (defect_ == Defect::kAnswerLost) {
    co_await clock_.sleep_for(kForEver);
  } else if (defect_ == Defect::kEndSwallowed) {
    Writer writer(response);
    co_await inner_.handle(std::move(request), writer);
  } else {
    co_await inner_.handle(std::move(request), response);
  }
}

Task<Status> DefectiveStore::put(RequestId id, Bytes receipt) {
  if (first_.empty()) first_ = receipt;
  co_return co_await inner_.put(
      id, defect_ == Defect::kReceiptOfAnother ? Bytes(first_) : std::move(receipt));
}

}  // namespace cocoon::sim
