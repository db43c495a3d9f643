#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "ports/metrics.h"
#include "ports/world.h"
#include "tests/fakes/world/simulation.h"

namespace cocoon::fakes {

// Not random at all: the same bytes for the same seed (SplitMix64).
class SeededRandom final : public ports::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(MutableBytesView out) override;
  [[nodiscard]] std::uint64_t next();
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

class CountingMetrics final : public ports::Metrics {
 public:
  void add(ports::Counter counter, std::uint64_t amount) override {
    counters_[index(counter)] += amount;
  }
  void set(ports::Gauge gauge, std::int64_t value) override;
  void observe_seconds(ports::Timing timing, double seconds) override {
    timings_[index(timing)].push_back(seconds);
  }

  [[nodiscard]] std::uint64_t count(ports::Counter counter) const {
    return counters_[index(counter)];
  }
  [[nodiscard]] std::int64_t value(ports::Gauge gauge) const { return gauges_[index(gauge)]; }
  [[nodiscard]] std::int64_t peak(ports::Gauge gauge) const { return peaks_[index(gauge)]; }
  [[nodiscard]] const std::vector<double>& seconds(ports::Timing timing) const {
    return timings_[index(timing)];
  }

 private:
  template <class Enum>
  static constexpr std::size_t index(Enum value) {
    return static_cast<std::size_t>(value);
  }
  static constexpr std::size_t kCounters = static_cast<std::size_t>(ports::kLastCounter) + 1;
  static constexpr std::size_t kGauges = static_cast<std::size_t>(ports::kLastGauge) + 1;
  static constexpr std::size_t kTimings = static_cast<std::size_t>(ports::kLastTiming) + 1;
  std::array<std::uint64_t, kCounters> counters_{};
  std::array<std::int64_t, kGauges> gauges_{};
  std::array<std::int64_t, kGauges> peaks_{};
  std::array<std::vector<double>, kTimings> timings_;
};

// Keeps every line that is logged.
class CapturedLog {
 public:
  CapturedLog()
      : logger_(LogLevel::kDebug, [this](std::string_view line) { lines_.emplace_back(line); }) {}
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  [[nodiscard]] const Logger& logger() const { return logger_; }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  // How many lines hold this text: an event's name, a kid, a canary.
  [[nodiscard]] std::size_t count(std::string_view text) const;

 private:
  std::vector<std::string> lines_;
  Logger logger_;
};

class MemoryFloorStore final : public ports::FloorStore {
 public:
  explicit MemoryFloorStore(std::vector<attest::EvaluationFloor> kept = {})
      : kept_(std::move(kept)) {}

  [[nodiscard]] const std::vector<attest::EvaluationFloor>& kept() const override { return kept_; }
  [[nodiscard]] Task<Status> put(std::vector<attest::EvaluationFloor> floors) override;

 private:
  std::vector<attest::EvaluationFloor> kept_;
};

class MemoryReceiptStore final : public ports::ReceiptStore {
 public:
  explicit MemoryReceiptStore(Simulation& simulation) : simulation_(simulation) {}

  [[nodiscard]] Task<Status> put(RequestId id, Bytes receipt) override;
  [[nodiscard]] Task<Result<std::optional<Bytes>>> get(RequestId id) override;
  [[nodiscard]] Task<Result<std::vector<RequestId>>> newest(std::size_t count) override;

  [[nodiscard]] std::size_t size() const { return receipts_.size(); }
  [[nodiscard]] const std::map<RequestId, Bytes>& receipts() const { return receipts_; }
  // How long a put() takes to be durable.
  void set_put_time(Duration time) { put_time_ = time; }
  enum class Disk : std::uint8_t { kHealthy, kFull, kUnreadable };
  void set_disk(Disk disk) { disk_ = disk; }

 private:
  Simulation& simulation_;
  Duration put_time_{0};
  Disk disk_ = Disk::kHealthy;
  std::map<RequestId, Bytes> receipts_;
  std::vector<RequestId> order_;
};

class MemoryDocumentStore final : public ports::DocumentStore {
 public:
  [[nodiscard]] Task<Status> put(ports::DocumentDigest digest, Bytes document) override;
  [[nodiscard]] Task<Result<std::optional<Bytes>>> get(ports::DocumentDigest digest) override;

  [[nodiscard]] std::size_t size() const { return documents_.size(); }
  void lose_all() { documents_.clear(); }

 private:
  std::map<ports::DocumentDigest, Bytes> documents_;
};

}  // namespace cocoon::fakes
