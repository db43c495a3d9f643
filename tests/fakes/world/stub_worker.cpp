#include "tests/fakes/world/stub_worker.h"

#include "base/check.h"
#include "wire/protocol.h"

namespace cocoon::fakes {
namespace {

using ports::HttpRequest;
using ports::ResponseWriter;

Task<void> refuse_with(HttpRequest, ResponseWriter& response, int status, std::string text) {
  (void)co_await ports::respond(response, status, {{"content-type", "text/plain"}}, to_bytes(text));
}

Task<void> give(World& world, ResponseWriter& response, std::vector<std::string> pieces,
                Duration pause, std::string bill) {
  Status sent = response.head(200, {{"content-type", std::string(wire::kMediaResponse)}});
  for (std::string& piece : pieces) {
    if (pause > Duration::zero()) co_await world.clock().sleep_for(pause);
    if (sent) sent = co_await response.write(to_bytes(piece));
  }
  ports::HttpFields trailers;
  if (!bill.empty()) trailers.push_back({std::string(wire::kTrailerBill), std::move(bill)});
  if (sent) (void)co_await response.finish(std::move(trailers));
}

}  // namespace

StubWorker::StubWorker(World& in, const std::string& name)
    : StubWorker(in, std::make_unique<tdxsim::Platform>(in.new_platform(name))) {}

StubWorker::StubWorker(World& in, std::unique_ptr<tdxsim::Platform> own) : StubWorker(in, *own) {
  own_platform_ = std::move(own);
}

StubWorker::StubWorker(World& in, const tdxsim::Platform& shared)
    : world(in),
      platform(&shared),
      identity(in.new_identity()),
      hpke(in.new_hpke_key()),
      configuration(worker_configuration(World::kModelName)) {
  statement.network = kDevnetNetworkId;
  statement.identity_key = identity.public_key();
  statement.hpke_key = hpke.public_key();
  statement.boot_id = BootId(world.random.array<16>());
  statement.model_name = World::kModelName;
  statement.model_hash = world.model;
  make_evidence();
  publish(platform->collateral());
  load.places = 4;
}

void StubWorker::make_evidence(const tdxsim::QuoteOptions& options,
                               const tdxsim::Measurements& measurements) {
  const ports::Block block = world.chain.statement_block();
  statement.block_seqno = block.seqno;
  statement.block_root_hash = block.root_hash;
  statement.config_hash = ConfigHash(crypto::sha256(configuration));
  attest::EvidenceBundle bundle;
  bundle.statement = statement.encode();
  bundle.configuration = configuration;
  auto quote = platform->quote(attest::report_data_for(bundle.statement), measurements, options);
  COCOON_CHECK(quote.has_value());
  bundle.quote = std::move(*quote);
  kid_ = attest::kid_for(bundle.statement);
  evidence[kid_] = bundle.encode();
  load.kids = {kid_};
}

void StubWorker::publish(std::string_view json) {
  collateral = json;
  load.collateral = attest::collateral_digest(as_bytes(json));
}

Task<void> StubWorker::handle(HttpRequest request, ResponseWriter& response) {
  if (request.path == wire::kPathLoad) {
    ++polls;
    if (mood == Mood::kSilent) {
      co_await response.wait_closed();
    } else {
      (void)co_await ports::respond(
          response, 200, {{"content-type", std::string(wire::kMediaCbor)}}, load.encode());
    }
    co_return;
  }
  if (request.path.starts_with(wire::kPathEvidence)) {
    const auto asked = Kid::from_hex(request.path.substr(wire::kPathEvidence.size()));
    const auto found = asked ? evidence.find(*asked) : evidence.end();
    const bool is_known = found != evidence.end();
    (void)co_await ports::respond(response, is_known ? 200 : 404,
                                  {{"content-type", std::string(wire::kMediaCbor)}},
                                  is_known ? found->second : Bytes());
    co_return;
  }
  if (request.path.starts_with(wire::kPathCollateral)) {
    const bool is_known = load.collateral && request.path.ends_with(load.collateral->hex());
    (void)co_await ports::respond(response, is_known ? 200 : 404,
                                  {{"content-type", std::string(wire::kMediaJson)}},
                                  is_known ? to_bytes(collateral) : Bytes());
    co_return;
  }
  ++infers;
  if (infer) {
    co_await infer(*this, std::move(request), response);
  } else {
    co_await give(world, response, {std::string(kAnswer)}, Duration::zero(), {});
  }
}

StubWorker::Infer refusing(int status, std::string text) {
  return
      [status, text = std::move(text)](StubWorker&, HttpRequest request, ResponseWriter& response) {
        return refuse_with(std::move(request), response, status, text);
      };
}

StubWorker::Infer giving(std::vector<std::string> pieces, Duration pause, std::string bill) {
  return [=](StubWorker& worker, HttpRequest, ResponseWriter& response) {
    return give(worker.world, response, pieces, pause, bill);
  };
}

}  // namespace cocoon::fakes
