#include "chain/ton_registry.h"

#include <doctest/doctest.h>

#include <fstream>

#include "chain/registry_floor.h"
#include "tests/fakes/world/recorders.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vectors.h"
#include "ton/cell/boc.h"

namespace cocoon::chain {
namespace {

using namespace std::chrono_literals;
using ports::Task;

constexpr UnixSeconds kStart{1'800'000'000};
constexpr std::uint32_t kFirst = 100;  // the block at kStart; one each 5 s follows
constexpr std::uint32_t kBlockSeconds = 5;
constexpr auto kAgeMax = 15min;

ton::Address address() { return {0, ton::AccountId(ByteArray<32>{std::byte{7}})}; }

registry::ContractState sample() {
  const codec::Json all = testing::read_json("tests/data/formats/registry.json");
  return registry::read_contract(ton::parse_boc_root(testing::hex(all, "data")).value()).value();
}

ton::CellRef pinned_code() {
  const codec::Json pin = testing::read_json("contracts/code/registry.json");
  return ton::parse_boc_root(testing::hex(pin, "boc")).value();
}

// A chain whose accounts are proven in no time, by servers that may be away, or behind.
class FakeAccounts final : public AccountSource {
 public:
  explicit FakeAccounts(async::Clock& clock) : clock_(clock) {}

  [[nodiscard]] Result<ports::Block> usable() const override {
    if (!has_head) return fail(ChainError::kStale, "no block of the chain is proven yet");
    return ports::Block{Seqno(newest()), {}, {}};
  }
  [[nodiscard]] Task<Result<ton::ProvenAccount>> account(ton::Address of) override {
    ++asked;
    if (is_away) co_return fail(ChainError::kUnreachable, "no connection to the lite-server");
    ton::ProvenAccount proven;
    const std::uint32_t seqno = newest() - behind;
    proven.block = {ton::kMasterchain, ton::kWholeShard, seqno, {}, {}};
    proven.generated_at = UnixSeconds(kStart.value() + (seqno - kFirst) * kBlockSeconds);
    proven.address = of;
    proven.account = account_;
    co_return proven;
  }
  void hold(const registry::ContractState& state) {
    account_.emplace();
    account_->status = ton::AccountStatus::kActive;
    account_->state = ton::StateInit{
        .code = pinned_code(), .data = registry::write_contract(state).value(), .library = nullptr};
  }
  [[nodiscard]] std::optional<ton::Account>& held() { return account_; }

  bool has_head = true;
  bool is_away = false;
  std::uint32_t behind = 0;
  unsigned asked = 0;

 private:
  [[nodiscard]] std::uint32_t newest() const {
    const auto now = static_cast<std::uint32_t>(clock_.wall_now().value() / 1000);
    return kFirst + (now - kStart.value()) / kBlockSeconds;
  }
  async::Clock& clock_;
  std::optional<ton::Account> account_;
};

struct Scene {
  fakes::Simulation simulation{kStart};
  testing::TempFolder folder;
  std::vector<std::string> lines;
  Logger log{LogLevel::kInfo, [this](std::string_view line) { lines.emplace_back(line); }};
  fakes::CountingMetrics metrics;
  FakeAccounts accounts{simulation.clock()};
  std::unique_ptr<TonRegistry> registry = open().value();

  Scene() { accounts.hold(sample()); }
  ~Scene() { simulation.end(); }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  [[nodiscard]] std::filesystem::path floor_file() const { return folder / "floor.json"; }
  Result<std::unique_ptr<TonRegistry>> open() {
    return TonRegistry::open({simulation.clock(), log, metrics}, accounts,
                             {.address = address(),
                              .network = kDevnetNetworkId,
                              .age_max = kAgeMax,
                              .floor_file = floor_file()});
  }
  void start() {
    simulation.spawn(registry->keep_read());
    simulation.settle();
  }
  [[nodiscard]] std::string refusal() const {
    const auto known = registry->current();
    return known ? "none" : known.error().message();
  }
  [[nodiscard]] std::size_t logged(std::string_view event) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const std::string& line) { return line.contains(event); }));
  }
};

// Without its first model.
registry::ContractState with_a_model_less() {
  registry::ContractState state = sample();
  registry::EntryCells& models = state.list(registry::ListKind::kModels);
  models.erase(models.begin());
  return state;
}

}  // namespace

TEST_CASE("the registry is what the proven contract says") {
  Scene scene;
  CHECK_EQ(scene.refusal(), "the registry has not been read yet");
  scene.start();
  const auto snapshot = scene.registry->current().value();
  CHECK_EQ(snapshot->network, kDevnetNetworkId);
  CHECK_EQ(snapshot->models.size(), 2);
  CHECK_EQ(snapshot->policy.images.size(), 1);
  CHECK_EQ(scene.metrics.value(ports::Gauge::kRegistrySeqno), kFirst);
  CHECK_EQ(scene.logged("registry.read\""), 1);
}

TEST_CASE("a change takes effect with the next block, and the same state stays the same object") {
  Scene scene;
  scene.start();
  const auto first = scene.registry->current().value();
  scene.simulation.advance(20s);
  CHECK_EQ(scene.registry->current().value(), first);
  scene.accounts.hold(with_a_model_less());
  scene.simulation.advance(10s);
  CHECK_EQ(scene.registry->current().value()->models.size(), 1);
  CHECK_EQ(first->models.size(), 2);
  CHECK_EQ(scene.logged("registry.read\""), 2);
}

TEST_CASE("the account is asked for once with each block") {
  Scene scene;
  scene.start();
  scene.simulation.advance(50s);
  CHECK_EQ(scene.accounts.asked, 11);
}

TEST_CASE("ten minutes without any lite-server are ridden out, and no more than the age allows") {
  Scene scene;
  scene.start();
  scene.accounts.is_away = true;
  scene.simulation.advance(10min);
  CHECK(scene.registry->current().has_value());
  CHECK_EQ(scene.logged("registry.read_failed"), 1);
  scene.simulation.advance(5min);
  CHECK(scene.registry->current().has_value());
  scene.simulation.advance(1s);
  CHECK_EQ(scene.refusal(),
           "the registry was proven last 901 s ago: no connection to the lite-server");
  CHECK(scene.registry->current().error().is(ChainError::kStale));
  scene.accounts.is_away = false;
  scene.simulation.advance(2s);
  CHECK(scene.registry->current().has_value());
}

TEST_CASE("without a head nobody is asked, and the reason is told") {
  Scene scene;
  scene.accounts.has_head = false;
  scene.start();
  CHECK_EQ(scene.accounts.asked, 0);
  CHECK_EQ(scene.refusal(),
           "the registry has not been read yet: no block of the chain is proven yet");
}

TEST_CASE("what is proven to be no registry of ours ends what was read before, at once") {
  Scene scene;
  scene.start();
  REQUIRE(scene.registry->current().has_value());
  const char* says = "";
  SUBCASE("an absent account") {
    scene.accounts.held().reset();
    says = "there is no registry at this address";
  }
  SUBCASE("an account without a contract") {
    scene.accounts.held()->status = ton::AccountStatus::kUninitialized;
    says = "there is no contract at the registry's address";
  }
  SUBCASE("a frozen account") {
    scene.accounts.held()->status = ton::AccountStatus::kFrozen;
    says = "the registry is frozen: it owes for its storage";
  }
  SUBCASE("another code") {
    scene.accounts.held()->state->code = ton::Cell::empty();
    says = "the contract at this address is not the registry that this program knows";
  }
  SUBCASE("a state that is no registry's") {
    scene.accounts.held()->state->data = ton::Cell::empty();
    says = "a cell that ends too early";
  }
  SUBCASE("parameters out of range") {
    registry::ContractState state = sample();
    state.parameters.key_epoch = 0;
    scene.accounts.hold(state);
    says = "a life of keys or statements not from 1 s to 30 d";
  }
  scene.simulation.advance(10s);
  CHECK_EQ(scene.refusal(), says);
  CHECK_EQ(scene.logged("registry.read_failed"), 1);
  scene.accounts.hold(sample());
  scene.simulation.advance(10s);
  CHECK(scene.registry->current().has_value());
}

TEST_CASE("a state from before one that was seen is not gone by") {
  Scene scene;
  scene.start();
  scene.simulation.advance(20s);
  scene.accounts.behind = 3;
  scene.accounts.hold(with_a_model_less());
  scene.simulation.advance(5s);
  CHECK_EQ(scene.registry->current().value()->models.size(), 2);
  CHECK_EQ(scene.logged("registry.read_failed"), 1);
}

TEST_CASE("how new a registry was seen outlives the program") {
  Scene scene;
  scene.start();
  scene.accounts.hold(with_a_model_less());
  scene.simulation.advance(10s);
  CHECK_EQ(load_registry_floor(scene.floor_file(), address()).value(), Seqno(kFirst + 1));
  scene.accounts.behind = 3;
  scene.accounts.hold(sample());
  scene.simulation.advance(5s);
  const auto again = scene.open().value();
  scene.simulation.spawn(again->keep_read());
  scene.simulation.settle();
  CHECK_EQ(
      again->current().error().message(),
      "the registry has not been read yet: a state of the registry older than one seen before");
  scene.accounts.behind = 0;
  scene.simulation.advance(2s);
  CHECK(again->current().has_value());
}

TEST_CASE("a floor file counts for its registry only, and one that is none is refused") {
  const testing::TempFolder folder;
  const auto file = folder / "floor.json";
  CHECK_EQ(load_registry_floor(file, address()).value(), std::nullopt);
  REQUIRE(store_registry_floor(file, address(), Seqno(7)).has_value());
  CHECK_EQ(load_registry_floor(file, address()).value(), Seqno(7));
  CHECK_EQ(load_registry_floor(file, {}).value(), std::nullopt);
  for (const char* const wrong : {"", "{}", R"({"version": 2, "registry": "", "seqno": 1})",
                                  R"({"version": 1, "registry": "", "seqno": 4294967296})",
                                  R"({"version": 1, "registry": "", "seqno": 1, "more": 1})"}) {
    CAPTURE(wrong);
    std::ofstream(file) << wrong;
    CHECK_FALSE(load_registry_floor(file, address()).has_value());
  }
}

}  // namespace cocoon::chain
