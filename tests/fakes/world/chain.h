#pragma once

#include <functional>

#include "attest/statement.h"
#include "ports/world.h"
#include "tdxsim/platform.h"
#include "tests/fakes/world/simulation.h"

namespace cocoon::fakes {

class FakeRegistry final : public ports::Registry {
 public:
  [[nodiscard]] Result<std::shared_ptr<const registry::Snapshot>> current() const override {
    if (lost_) return std::unexpected(*lost_);
    return current_;
  }
  // Publishes what `edit` made of the present snapshot.
  void change(const std::function<void(registry::Snapshot&)>& edit);
  // Nobody knows what it says any more, for this reason; nothing: it is back.
  void lose(std::optional<Error> why) { lost_ = std::move(why); }

 private:
  std::optional<Error> lost_;
  std::shared_ptr<const registry::Snapshot> current_ = std::make_shared<registry::Snapshot>();
};

// A block each five seconds of the virtual wall clock; number and root hash follow from the time.
class FakeChainHead final : public ports::ChainHead {
 public:
  static constexpr std::uint32_t kBlockSeconds = 5;
  static constexpr std::uint32_t kStatementInterval = 4;

  explicit FakeChainHead(VirtualClock& clock) : clock_(clock) {}

  [[nodiscard]] Task<Result<ports::Block>> newest_statement_block(std::uint32_t interval) override;
  [[nodiscard]] Task<Result<ports::Block>> block(Seqno seqno) override;
  [[nodiscard]] Task<Result<ports::Block>> newest_block() override;

  // The same at once, for who prepares a test.
  [[nodiscard]] ports::Block statement_block() const;
  [[nodiscard]] static ports::Block block_of(Seqno seqno);
  enum class Server : std::uint8_t { kAnswers, kSilent, kStuck };
  // kStuck: answers, but knows no block that is newer than the present one.
  void set_server(Server server) {
    stuck_at_ = newest_number();
    server_ = server;
  }

 private:
  [[nodiscard]] std::uint32_t newest_number() const;
  VirtualClock& clock_;
  std::uint32_t stuck_at_ = 0;
  Server server_ = Server::kAnswers;
};

// Collateral that a test puts there.
class FakeCollateralSource final : public ports::CollateralSource {
 public:
  explicit FakeCollateralSource(std::string_view json) { publish(json); }
  void publish(std::string_view json);
  [[nodiscard]] std::shared_ptr<const Collateral> current() override { return current_; }

 private:
  std::shared_ptr<const Collateral> current_;
};

// Hardware that signs quotes as tdxsim's platforms do.
class FakeQuoteSource final : public ports::QuoteSource {
 public:
  FakeQuoteSource(Simulation& simulation, tdxsim::Platform platform)
      : simulation_(simulation), platform_(std::move(platform)) {}

  [[nodiscard]] Task<Result<Bytes>> quote(ByteArray<64> report_data) override;

  [[nodiscard]] const tdxsim::Platform& platform() const { return platform_; }
  void set_measurements(const tdxsim::Measurements& measurements) { measurements_ = measurements; }
  void set_options(const tdxsim::QuoteOptions& options) { options_ = options; }
  void set_quote_time(Duration time) { quote_time_ = time; }
  enum class Hardware : std::uint8_t { kWorks, kFails };
  void set_hardware(Hardware hardware) { hardware_ = hardware; }

 private:
  Simulation& simulation_;
  tdxsim::Platform platform_;
  tdxsim::Measurements measurements_ = tdxsim::default_measurements();
  tdxsim::QuoteOptions options_;
  Duration quote_time_{0};
  Hardware hardware_ = Hardware::kWorks;
};

}  // namespace cocoon::fakes
