#include "apps/cocoon/devnet_registry.h"

#include <fmt/format.h>

#include <chrono>

#include "apps/cocoon/error.h"
#include "apps/cocoon/key_identity.h"
#include "apps/cocoon/local_http.h"
#include "apps/cocoon/worker_setup.h"
#include "attest/image_toml.h"
#include "codec/json.h"
#include "crypto/hash.h"
#include "files/small_files.h"
#include "registry/contract_snapshot.h"
#include "ton/cell/boc.h"
#include "ton/wallet/wallet.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using namespace std::chrono_literals;

constexpr std::size_t kSmallFileMax = 64 * 1024;
constexpr auto kControlBy = 30s;
constexpr int kStatusOk = 200;
// What is decided on a devnet is wanted soon; the contract asks for an hour only of later changes.
constexpr auto kAdditionDelay = 10s;
constexpr std::uint64_t kCoin = 1'000'000'000;
constexpr std::uint64_t kProxyStake = kCoin;
constexpr std::uint64_t kRegistryRent = 10 * kCoin;
constexpr std::uint64_t kGovernanceCoins = 100 * kCoin;

Result<ton::CellRef> contract_code(const std::filesystem::path& programs) {
  const auto file = programs / ".." / ".." / "contracts" / "code" / "registry.json";
  TRY(const Bytes text, files::read_file(file, kSmallFileMax));
  TRY(const Json json, codec::parse_json(as_text(text)));
  const Json* const boc = json.find("boc");
  if (boc == nullptr || boc->as_string() == nullptr)
    return fail(AppError::kBadState, file.string() + " holds no code");
  TRY(const Bytes bytes, from_hex(*boc->as_string()));
  TRY(ton::CellRef code, ton::parse_boc_root(bytes));
  if (code->hash() != registry::contract_code_hash())
    return fail(AppError::kBadState, file.string() + " is another registry's code");
  return code;
}

Result<ton::Address> wallet_of(const std::filesystem::path& key_file) {
  TRY(const crypto::Ed25519PublicKey key, key_identity(key_file));
  ton::WalletId id;
  id.network = kDevnetNetworkId;
  return ton::wallet_address(id, key);
}

Status control(const DevnetFacts& facts, const char* path, const Json& body) {
  TRY(const LocalReply reply,
      ask_local(facts.ton.control, "POST", path, codec::write_json(body), kControlBy));
  if (reply.status == kStatusOk) return {};
  return fail(AppError::kChildFailed,
              fmt::format("the local TON refused {}: {}", path, as_text(reply.body)));
}

// Coins in the next block, with a contract's initial state if there is one.
Status pay(const DevnetFacts& facts, const ton::Address& to, std::uint64_t nano,
           const std::optional<ton::StateInit>& init = std::nullopt) {
  Json body = Json::object({{"address", Json::string(ton::raw_address(to))},
                            {"nano", Json::string(std::to_string(nano))}});
  if (init) {
    TRY(const ton::CellRef cell, ton::state_init_cell(*init));
    TRY(const Bytes boc, ton::write_boc(cell));
    body.set("init", Json::string(to_hex(boc)));
  }
  return control(facts, "/faucet", body);
}

Result<registry::Founding> founding_of(const DevnetOptions& options) {
  registry::Founding founding;
  TRY(founding.owner, wallet_of(options.state / kRegistryOwnerKeyFile));
  TRY(founding.guardian, wallet_of(options.state / kRegistryGuardianKeyFile));
  founding.addition_delay = kAdditionDelay;
  founding.roots_name = "tdx-sim";
  TRY(founding.stake, NanoTon::from_nano(kProxyStake));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  founding.at = UnixSeconds(
      static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(now).count()));
  return founding;
}

}  // namespace

Result<registry::Snapshot> devnet_registry(const DevnetOptions& options, const DevnetFacts& facts) {
  registry::Snapshot snapshot;
  snapshot.network = kDevnetNetworkId;
  attest::Policy& policy = snapshot.policy;
  policy.network = kDevnetNetworkId;
  const std::filesystem::path sim = options.state / "tdx-sim";
  TRY(const Bytes image_toml, files::read_file(sim / kSimReadyFile, kSmallFileMax));
  TRY(attest::Image image, attest::parse_image_toml(image_toml));
  policy.images.push_back(std::move(image));
  TRY(const Bytes root_der, files::read_file(sim / "root.der", kSmallFileMax));
  policy.roots.emplace_back(crypto::sha256(root_der));
  TRY(const attest::TrustedBlock trusted, trusted_block_of(options.state / "ton" / kTonConfigFile));
  policy.trusted_blocks = {trusted};
  snapshot.parameters.statement_block_interval = kTonStatementInterval;
  policy.statement_age_max = snapshot.parameters.key_epoch + snapshot.parameters.key_grace;
  snapshot.models.push_back({.name = facts.model_name, .hash = facts.model_hash});
  for (const DevnetProxy& proxy : facts.proxies) {
    snapshot.proxies.push_back(
        {.name = proxy.name, .key = proxy.key, .host = "127.0.0.1", .port = proxy.port});
  }
  return snapshot;
}

Result<ton::Address> found_devnet_registry(const DevnetOptions& options, const DevnetFacts& facts) {
  TRY(const registry::Snapshot snapshot, devnet_registry(options, facts));
  TRY(const registry::Founding founding, founding_of(options));
  TRY(const registry::ContractState state, registry::found_contract(snapshot, founding));
  ton::StateInit init;
  TRY(init.code, contract_code(options.programs));
  TRY(init.data, registry::write_contract(state));
  TRY(const ton::Address address, ton::address_of(0, init));
  TRY_VOID(pay(facts, address, kRegistryRent + state.stakes.nano(), init));
  TRY_VOID(pay(facts, founding.owner, kGovernanceCoins));
  TRY_VOID(pay(facts, founding.guardian, kGovernanceCoins));
  TRY_VOID(control(facts, "/blocks", Json::object({{"count", Json::number(std::uint64_t{1})}})));
  return address;
}

}  // namespace cocoon::apps
