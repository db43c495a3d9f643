// impostor: a worker that dials a proxy, or a proxy that a client dials, with evidence that has one
// thing wrong with it. Prints READY with its kid, and ASKED for every prompt that anyone entrusts
// to it.

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "async/clock.h"
#include "attest/collateral_book.h"
#include "chain/lite_network.h"
#include "config/key_file.h"
#include "net/dialer.h"
#include "net/listener.h"
#include "net/os_random.h"
#include "sealed/format/envelope.h"
#include "tests/e2e/wrong_worker/forged_evidence.h"
#include "wire/directory.h"
#include "wire/protocol.h"

namespace cocoon::e2e {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPromptBytesMax = std::size_t{1024} * 1024;

struct Arguments {
  std::string role;  // worker or proxy
  std::string flaw;
  std::string platform;    // tdx-sim's platform.cbor
  std::string collateral;  // instead of the platform's own
  std::string save;        // where to put the evidence, for another impostor
  std::string replay;      // what another impostor put there, to be offered as the flaw says
  std::string gpu;         // tdx-sim's folder with gpu.cbor and golden-key.cbor; empty: no GPU
  std::string snp;         // tdx-sim's folder with snp.cbor, for the flaw of that name
  std::string model;
  std::string model_hash;
  std::uint16_t port = 0;      // worker: of the proxy to dial; proxy: to listen on
  std::string proxy_key;       // worker: of the proxy to dial
  std::string proxy_key_file;  // proxy: our own
  std::string global_config;   // TON's
  std::string block;           // SEQNO:ROOT_HASH that an honest statement names
  std::string old_block;       // the same, of three hours ago
};

class Impostor final : public ports::HttpHandler {
 public:
  // Lists the worker so often in its directory.
  Impostor(ForgedEvidence evidence, std::size_t listings)
      : evidence_(std::move(evidence)), listings_(listings) {}

  ports::Task<void> handle(ports::HttpRequest request, ports::ResponseWriter& response) override {
    if (request.path == wire::kPathLoad) {
      const wire::LoadReport load{.kids = {evidence_.kid},
                                  .intake = wire::LoadReport::Intake::kOpen,
                                  .places = 8,
                                  .occupied = 0,
                                  .collateral = digest_};
      co_await reply(response, load.encode());
    } else if (request.path == wire::kPathDirectory) {
      const wire::DirectoryEntry entry{.kid = evidence_.kid,
                                       .model_hash = evidence_.model_hash,
                                       .terms_hash = {},
                                       .busy_permille = 0,
                                       .collateral = digest_};
      wire::Directory directory;
      directory.entries.assign(listings_, entry);
      co_await reply(response, directory.encode());
    } else if (request.path.starts_with(wire::kPathEvidence)) {
      co_await reply(response, evidence_.encoded);
    } else if (request.path.starts_with(wire::kPathCollateral)) {
      co_await reply(response, evidence_.collateral);
    } else {
      co_await report(request);
      (void)co_await ports::respond(response, 500, {}, {});
    }
  }

 private:
  // The path, and to how many workers the prompt is sealed.
  static ports::Task<void> report(ports::HttpRequest& request) {
    std::size_t recipients = 0;
    const auto body = co_await ports::read_all(*request.body, kPromptBytesMax);
    if (body) {
      const auto envelope = sealed::parse_envelope_head(*body, sealed::EnvelopeKind::kRelay);
      if (envelope) recipients = envelope->head.recipients.size();
    }
    std::printf("ASKED %s recipients=%zu\n", request.path.c_str(), recipients);
    std::fflush(stdout);
  }

  static ports::Task<void> reply(ports::ResponseWriter& response, Bytes body) {
    (void)co_await ports::respond(response, 200, {{"content-type", std::string(wire::kMediaCbor)}},
                                  std::move(body));
  }
  ForgedEvidence evidence_;
  std::size_t listings_;
  CollateralDigest digest_ = attest::collateral_digest(evidence_.collateral);
};

void ready(const Kid& kid) {
  std::printf("READY %s\n", kid.hex().c_str());
  std::fflush(stdout);
}

async::Task<void> dial_for_ever(async::Executor executor, Arguments arguments,
                                net::DialIdentity identity, ports::HttpHandler& handler) {
  const auto clock = async::make_real_clock();
  const auto key = crypto::Ed25519PublicKey::from_hex(arguments.proxy_key);
  const auto dialer = net::Dialer::create(executor);
  if (!key || !dialer) co_return;
  ready(identity.kid);
  for (;;) {
    const net::Endpoint proxy{.host = "127.0.0.1", .port = arguments.port};
    const auto connection =
        co_await (*dialer)->dial_reverse(proxy, *key, identity, handler, {}, clock->in(5s));
    if (connection) co_await (*connection)->wait_closed();
    co_await clock->sleep_for(200ms);
  }
}

Result<Bytes> read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), {});
  if (!file) return fail(attest::AttestError::kMalformed, "cannot read " + path);
  return to_bytes(content);
}

Result<NamedBlock> parse_block(const std::string& text) {
  const std::size_t colon = text.find(':');
  NamedBlock block;
  std::uint32_t seqno = 0;
  if (colon == std::string::npos ||
      std::from_chars(text.data(), text.data() + colon, seqno).ptr != text.data() + colon)
    return fail(attest::AttestError::kMalformed, "not a block: " + text);
  block.seqno = Seqno(seqno);
  TRY(block.root_hash, BlockHash::from_hex(std::string_view(text).substr(colon + 1)));
  return block;
}

Result<attest::TrustedBlock> trusted_block(const std::string& global_config) {
  TRY(const Bytes text, read_whole(global_config));
  TRY(const chain::LiteNetwork network, chain::parse_global_config(as_text(text)));
  return attest::TrustedBlock{Seqno(network.trusted.seqno),
                              BlockHash(network.trusted.root_hash.bytes()),
                              BlockFileHash(network.trusted.file_hash.bytes())};
}

Result<std::optional<GpuClaims>> gpu_of(const std::string& folder) {
  if (folder.empty()) return std::nullopt;
  TRY(const Bytes saved, read_whole(folder + "/gpu.cbor"));
  TRY(tdxsim::SimulatedGpu gpu, tdxsim::SimulatedGpu::load(saved));
  TRY(const Bytes seed_bytes, read_whole(folder + "/golden-key.cbor"));
  TRY(SecretArray<32> seed, SecretArray<32>::copy_of(seed_bytes));
  return GpuClaims{.gpu = std::move(gpu),
                   .golden_key = crypto::Ed25519KeyPair::from_seed(std::move(seed))};
}

Result<std::optional<tdxsim::SnpPlatform>> snp_of(const std::string& folder) {
  if (folder.empty()) return std::nullopt;
  TRY(const Bytes saved, read_whole(folder + "/snp.cbor"));
  return tdxsim::SnpPlatform::load(saved);
}

Result<ForgedEvidence> evidence_of(const Arguments& arguments,
                                   const crypto::Ed25519PublicKey& identity_key) {
  const auto flaw = parse_flaw(arguments.flaw);
  if (!flaw) return fail(attest::AttestError::kUnsupported, "no flaw is called " + arguments.flaw);
  TRY(const Bytes saved, read_whole(arguments.platform));
  TRY(tdxsim::Platform platform, tdxsim::Platform::load(saved));
  TRY(const ModelHash model_hash, ModelHash::from_hex(arguments.model_hash));
  TRY(const attest::TrustedBlock trusted, trusted_block(arguments.global_config));
  TRY(const NamedBlock block, parse_block(arguments.block));
  TRY(const NamedBlock old_block, parse_block(arguments.old_block));
  TRY(std::optional<GpuClaims> gpu, gpu_of(arguments.gpu));
  TRY(std::optional<tdxsim::SnpPlatform> snp, snp_of(arguments.snp));
  const Claims claims{.platform = std::move(platform),
                      .gpu = std::move(gpu),
                      .snp = std::move(snp),
                      .model_name = arguments.model,
                      .model_hash = model_hash,
                      .identity_key = identity_key,
                      .trusted = trusted,
                      .block = block,
                      .old_block = old_block};
  auto evidence = forge(claims, *flaw);
  if (evidence && !arguments.replay.empty()) {
    TRY(const Bytes theirs, read_whole(arguments.replay));
    evidence = malleate(theirs, claims);
  }
  if (evidence && !arguments.collateral.empty()) {
    TRY(evidence->collateral, read_whole(arguments.collateral));
  }
  return evidence;
}

Status save(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << as_text(bytes);
  file.close();
  if (!file) return fail(attest::AttestError::kMalformed, "cannot write " + path);
  return {};
}

Status run(const Arguments& arguments) {
  net::OsRandom random;
  SecretArray<32> seed;
  random.fill(seed.expose_mutable());
  if (arguments.role == "proxy") {
    TRY(seed, config::load_key_file(arguments.proxy_key_file));
  }
  const auto identity = std::make_shared<const crypto::Ed25519KeyPair>(
      crypto::Ed25519KeyPair::from_seed(std::move(seed)));
  TRY(ForgedEvidence evidence, evidence_of(arguments, identity->public_key()));
  if (!arguments.save.empty()) {
    TRY_VOID(save(arguments.save, evidence.encoded));
  }
  const Kid kid = evidence.kid;
  // Once for each quote that whoever replays has of the worker.
  Impostor impostor(std::move(evidence), arguments.replay.empty() ? 1 : 2);
  boost::asio::io_context loop(1);
  std::unique_ptr<net::Listener> listener;
  if (arguments.role == "proxy") {
    net::ListenerOptions options;
    options.bind = {.host = "127.0.0.1", .port = arguments.port};
    TRY(listener, net::Listener::open(loop.get_executor(), options, identity, impostor, nullptr));
    ready(kid);
  } else {
    async::spawn(loop.get_executor(),
                 dial_for_ever(loop.get_executor(), arguments,
                               {attest::Role::kWorker, kid, identity}, impostor),
                 [](std::string_view what) {
                   std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
                 });
  }
  loop.run();
  return {};
}

}  // namespace
}  // namespace cocoon::e2e

int main(int argc, char** argv) {
  cocoon::e2e::Arguments arguments;
  CLI::App app("A worker or a proxy with flawed evidence, for tests.", "impostor");
  app.add_option("--role", arguments.role)->required()->check(CLI::IsMember({"worker", "proxy"}));
  app.add_option("--flaw", arguments.flaw)->required();
  app.add_option("--platform", arguments.platform)->required();
  app.add_option("--gpu", arguments.gpu);
  app.add_option("--snp", arguments.snp);
  app.add_option("--collateral", arguments.collateral);
  app.add_option("--save-evidence", arguments.save);
  app.add_option("--replay", arguments.replay);
  app.add_option("--model", arguments.model)->required();
  app.add_option("--model-hash", arguments.model_hash)->required();
  app.add_option("--port", arguments.port)->required();
  app.add_option("--proxy-key", arguments.proxy_key);
  app.add_option("--proxy-key-file", arguments.proxy_key_file);
  app.add_option("--global-config", arguments.global_config)->required();
  app.add_option("--block", arguments.block)->required();
  app.add_option("--old-block", arguments.old_block)->required();
  CLI11_PARSE(app, argc, argv);
  const auto ended = cocoon::e2e::run(arguments);
  if (ended) return 0;
  std::fprintf(stderr, "impostor: %s\n", ended.error().message().c_str());
  return 1;
}
