#include "tests/fakes/world/stub_proxy.h"

#include "wire/protocol.h"

namespace cocoon::fakes {

StubProxy::StubProxy(World& in, const std::string& name, std::uint16_t port,
                     std::vector<StubWorker*> with)
    : world(in), place(in.new_proxy_place(name, port)), workers(std::move(with)) {
  world.network.listen(place, *this);
}

Task<void> StubProxy::handle(ports::HttpRequest request, ports::ResponseWriter& response) {
  const ports::HttpFields cbor{{"content-type", std::string(wire::kMediaCbor)}};
  if (request.path == wire::kPathDirectory) {
    wire::Directory directory;
    for (const StubWorker* worker : workers) {
      directory.entries.push_back({.kid = worker->kid(),
                                   .model_hash = worker->statement.model_hash,
                                   .terms_hash = TermsHash(),
                                   .busy_permille = 0,
                                   .collateral = worker->load.collateral});
    }
    (void)co_await ports::respond(response, 200, cbor, directory.encode());
    co_return;
  }
  if (request.path.starts_with(wire::kPathEvidence)) {
    ++evidence_asked;
    for (const StubWorker* worker : workers) {
      if (!request.path.ends_with(worker->kid().hex())) continue;
      (void)co_await ports::respond(response, 200, cbor, worker->evidence.at(worker->kid()));
      co_return;
    }
  }
  if (request.path.starts_with(wire::kPathCollateral)) {
    for (StubWorker* worker : workers) {
      if (!worker->load.collateral || !request.path.ends_with(worker->load.collateral->hex()))
        continue;
      co_await worker->handle(std::move(request), response);
      co_return;
    }
  }
  if (request.path != wire::kPathRelay) {
    (void)co_await ports::respond(response, 404, {}, {});
    co_return;
  }
  ++relays;
  if (relay) {
    co_await relay(*this, std::move(request), response);
  } else {
    co_await pass_on(std::move(request), response);
  }
}

Task<void> StubProxy::pass_on(ports::HttpRequest request, ports::ResponseWriter& response) {
  const auto envelope = co_await ports::read_all(*request.body, sealed::kEnvelopeBytesMax);
  if (!envelope) co_return;
  const auto parsed = sealed::parse_envelope_head(*envelope, sealed::EnvelopeKind::kRelay);
  if (!parsed) {
    (void)co_await ports::respond(response, 400, {}, {});
    co_return;
  }
  heads.push_back(parsed->head);
  for (const sealed::Recipient& recipient : parsed->head.recipients) {
    for (StubWorker* worker : workers) {
      if (worker->kid() != recipient.kid) continue;
      Bytes passed = sealed::encode_infer_head(parsed->head.header, recipient);
      append(passed, BytesView(*envelope).subspan(parsed->bytes_consumed));
      co_await worker->handle({.method = "POST",
                               .path = std::string(wire::kPathInfer),
                               .headers = {{"content-type", std::string(wire::kMediaInfer)}},
                               .body = ports::body_of(std::move(passed))},
                              response);
      co_return;
    }
  }
  (void)co_await ports::respond(response, 503, {}, {});
}

}  // namespace cocoon::fakes
