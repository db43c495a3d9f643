#include "chain/light_chain_head.h"

#include <doctest/doctest.h>

#include "tests/fakes/world/recorders.h"

namespace cocoon::chain {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;

constexpr UnixSeconds kStart{1'800'000'000};
constexpr std::uint32_t kFirst = 100;  // the block at kStart; one a second follows
constexpr auto kAgeMax = 60s;

// A chain that is proven in no time, by servers that may be away.
class FakeSource final : public BlockSource {
 public:
  enum class Servers : std::uint8_t { kAnswer, kAway, kSilent, kStuck };
  FakeSource(async::Clock& clock, Servers& servers) : clock_(clock), servers_(servers) {}

  Task<Result<ProvenBlock>> sync(Deadline deadline) override {
    ++syncs;
    if (servers_ == Servers::kSilent) co_await clock_.sleep_until(deadline);
    if (servers_ == Servers::kAway || servers_ == Servers::kSilent)
      co_return fail(ChainError::kUnreachable, "no connection to the lite-server");
    const auto now = static_cast<std::uint32_t>(clock_.wall_now().value() / 1000);
    if (servers_ != Servers::kStuck) newest_ = kFirst + now - kStart.value();
    co_return block_of(newest_);
  }
  Task<Result<ProvenBlock>> block(std::uint32_t seqno, Deadline) override {
    ++proofs;
    if (servers_ == Servers::kAway)
      co_return fail(ChainError::kUnreachable, "no connection to the lite-server");
    if (seqno == 0) co_return fail(ChainError::kUnknownBlock, "no key block before this one");
    co_return block_of(seqno);
  }
  Task<Result<ton::ProvenAccount>> account_at(ton::BlockId block, ton::Address address,
                                              Deadline deadline) override {
    if (servers_ == Servers::kSilent) co_await clock_.sleep_until(deadline);
    if (servers_ == Servers::kAway || servers_ == Servers::kSilent)
      co_return fail(ChainError::kUnreachable, "no connection to the lite-server");
    ton::ProvenAccount account;
    account.block = block;
    account.address = address;
    co_return account;
  }
  [[nodiscard]] std::size_t servers_live() const override {
    return servers_ == Servers::kAway ? 0 : 2;
  }
  static ProvenBlock block_of(std::uint32_t seqno) {
    ProvenBlock block;
    block.id = {ton::kMasterchain, ton::kWholeShard, seqno, {}, {}};
    block.id.root_hash = ton::CellHash(ByteArray<32>{static_cast<std::byte>(seqno)});
    block.generated_at = UnixSeconds(kStart.value() + seqno - kFirst);
    return block;
  }
  unsigned syncs = 0;
  unsigned proofs = 0;

 private:
  async::Clock& clock_;
  Servers& servers_;
  std::uint32_t newest_ = kFirst;
};

struct Scene {
  fakes::Simulation simulation{kStart};
  std::vector<std::string> lines;
  Logger log{LogLevel::kInfo, [this](std::string_view line) { lines.emplace_back(line); }};
  fakes::CountingMetrics metrics;
  FakeSource::Servers servers = FakeSource::Servers::kAnswer;
  FakeSource* source = nullptr;
  std::unique_ptr<LightChainHead> head;

  explicit Scene(std::chrono::seconds age_max = kAgeMax) {
    auto made = std::make_unique<FakeSource>(simulation.clock(), servers);
    source = made.get();
    head = std::make_unique<LightChainHead>(simulation.executor(),
                                            LightChainHead::World{simulation.clock(), log, metrics},
                                            std::move(made), ChainHeadSettings{.age_max = age_max});
  }
  ~Scene() { simulation.end(); }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  Result<ports::Block> newest() { return simulation.run(head->newest_block()); }
  Result<ports::Block> statement(std::uint32_t interval = 16) {
    return simulation.run(head->newest_statement_block(interval));
  }
  Result<ports::Block> block(std::uint32_t seqno) {
    return simulation.run(head->block(Seqno(seqno)));
  }
  [[nodiscard]] std::size_t logged(std::string_view event) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const std::string& line) { return line.contains(event); }));
  }
};

}  // namespace

TEST_CASE("before a block is proven every question is refused with the reason") {
  Scene scene;
  scene.servers = FakeSource::Servers::kAway;
  for (const Result<ports::Block>& answer :
       {scene.newest(), scene.statement(), scene.block(kFirst)}) {
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().is(ChainError::kStale));
    CHECK_EQ(answer.error().message(),
             "no block of the chain is proven yet: no connection to the lite-server");
  }
  CHECK_EQ(scene.source->syncs, 1);  // no hammering: a second has to pass
  CHECK_EQ(scene.logged("chain.sync_failed"), 1);
  scene.servers = FakeSource::Servers::kAnswer;
  scene.simulation.advance(1s);
  CHECK_EQ(scene.newest()->seqno.value(), kFirst + 1);
  CHECK_EQ(scene.logged("chain.synced"), 1);
}

TEST_CASE("statements name the newest block of a number that the registry's interval divides") {
  Scene scene;
  CHECK_EQ(scene.statement()->seqno.value(), 96);
  scene.simulation.spawn(scene.head->keep_synced());
  scene.simulation.advance(15s);
  CHECK_EQ(scene.statement()->seqno.value(), 112);
  CHECK_EQ(scene.statement()->generated_at.value(), kStart.value() + 12);
}

TEST_CASE("a chain too young for a statement says so") {
  Scene scene;
  REQUIRE_FALSE(scene.statement(1000).has_value());
  CHECK(scene.statement(1000).error().is(ChainError::kUnknownBlock));
}

TEST_CASE("each block is proven once") {
  Scene scene;
  CHECK_EQ(scene.block(64)->root_hash, scene.block(64)->root_hash);
  CHECK_EQ(scene.statement()->seqno.value(), 96);
  CHECK_EQ(scene.block(96)->seqno.value(), 96);
  CHECK_EQ(scene.source->proofs, 2);
  for (std::uint32_t seqno = 1; seqno <= kFirst; ++seqno) CHECK(scene.block(seqno).has_value());
  CHECK_EQ(scene.source->proofs, kFirst - 1);  // the newest one was proven already
}

TEST_CASE("a block newer than the known ones makes the head look again") {
  Scene scene;
  REQUIRE(scene.newest().has_value());
  CHECK(scene.block(kFirst + 1).error().is(ChainError::kUnknownBlock));
  CHECK_EQ(scene.source->syncs, 1);
  scene.simulation.advance(2s);
  CHECK_EQ(scene.block(kFirst + 1)->seqno.value(), kFirst + 1);
  CHECK_EQ(scene.source->syncs, 2);
}

TEST_CASE("an outage is ridden out while the head is young enough, and refused after") {
  Scene scene;
  scene.simulation.spawn(scene.head->keep_synced());
  scene.simulation.settle();
  REQUIRE(scene.block(96).has_value());
  scene.servers = FakeSource::Servers::kAway;
  scene.simulation.advance(kAgeMax);
  CHECK_EQ(scene.newest()->seqno.value(), kFirst);
  CHECK_EQ(scene.statement()->seqno.value(), 96);
  CHECK(scene.block(32).error().is(ChainError::kUnreachable));  // never proven before
  CHECK(scene.head->usable().has_value());

  CHECK_EQ(scene.metrics.value(ports::Gauge::kChainHeadSeqno), kFirst);
  CHECK_EQ(scene.metrics.value(ports::Gauge::kChainHeadTime), kStart.value());
  CHECK_EQ(scene.metrics.value(ports::Gauge::kLiteServersLive), 0);

  scene.simulation.advance(1s);
  CHECK_EQ(scene.newest().error().message(),
           "the newest proven block is 61 s old: no connection to the lite-server");
  CHECK(scene.statement().error().is(ChainError::kStale));
  CHECK(scene.block(96).error().is(ChainError::kStale));
  CHECK_FALSE(scene.head->usable().has_value());
  CHECK_EQ(scene.logged("chain.sync_failed"), 1);

  scene.servers = FakeSource::Servers::kAnswer;
  scene.simulation.advance(2s);
  CHECK_EQ(scene.newest()->seqno.value(), kFirst + 62);  // looked a second ago
  CHECK_EQ(scene.logged("chain.synced"), 2);
}

TEST_CASE("ten minutes without any lite-server are ridden out unless told otherwise") {
  Scene scene(ChainHeadSettings{}.age_max);
  scene.simulation.spawn(scene.head->keep_synced());
  scene.simulation.settle();
  REQUIRE(scene.statement().has_value());
  scene.servers = FakeSource::Servers::kAway;
  scene.simulation.advance(10min);
  CHECK_EQ(scene.newest()->seqno.value(), kFirst);
  CHECK_EQ(scene.statement()->seqno.value(), 96);
  CHECK_EQ(scene.block(96)->seqno.value(), 96);
  scene.servers = FakeSource::Servers::kAnswer;
  scene.simulation.advance(2s);
  CHECK_EQ(scene.newest()->seqno.value(), kFirst + 601);  // looked a second ago
}

TEST_CASE("a silent server holds up nobody who asks what is known") {
  Scene scene;
  scene.simulation.spawn(scene.head->keep_synced());
  scene.simulation.settle();
  REQUIRE(scene.block(96).has_value());
  scene.servers = FakeSource::Servers::kSilent;
  scene.simulation.advance(6s);  // a look is under way now
  const async::TimePoint asked = scene.simulation.clock().now();
  CHECK_EQ(scene.newest()->seqno.value(), kFirst);
  CHECK_EQ(scene.block(96)->seqno.value(), 96);
  CHECK_EQ(scene.statement()->seqno.value(), 96);
  CHECK(scene.simulation.clock().now() == asked);
}

TEST_CASE("a chain that stands still grows too old, whoever vouches for its servers") {
  Scene scene;
  scene.simulation.spawn(scene.head->keep_synced());
  scene.simulation.settle();
  scene.servers = FakeSource::Servers::kStuck;
  scene.simulation.advance(kAgeMax + 1s);
  CHECK_EQ(scene.newest().error().message(), "the newest proven block is 61 s old");
}

TEST_CASE("an account is asked for at the newest proven block, and not without one") {
  Scene scene;
  scene.servers = FakeSource::Servers::kAway;
  CHECK(scene.simulation.run(scene.head->account({})).error().is(ChainError::kStale));
  scene.servers = FakeSource::Servers::kAnswer;
  scene.simulation.advance(2s);
  CHECK_EQ(scene.simulation.run(scene.head->account({}))->block.seqno, kFirst + 2);
  scene.servers = FakeSource::Servers::kAway;
  CHECK(scene.simulation.run(scene.head->account({})).error().is(ChainError::kUnreachable));
}

}  // namespace cocoon::chain
