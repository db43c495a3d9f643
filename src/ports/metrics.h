#pragma once

#include <cstdint>

namespace cocoon::ports {

// Every metric of every role, in one table (docs/metrics.md). Labels come from closed enums; none
// says who asked what.
enum class Counter : std::uint8_t {
  kRequestsOk,
  kRequestsFailed,
  kRequestsAborted,
  kRequestsRefused,  // before any work: queue full, bad envelope, unknown model
  kRelayRetries,     // another wrap was tried
  kReplaysRefused,
  kEvidenceAccepted,
  kEvidenceRefused,
  // The same refusals by what they were for.
  kRefusedMalformed,
  kRefusedSignature,
  kRefusedBinding,
  kRefusedImage,
  kRefusedConfiguration,
  kRefusedFreshness,
  kRefusedTd,
  kRefusedPlatform,
  kRefusedCollateral,
  kRefusedBanned,
  kRefusedOther,
  kEngineRestarts,
  kInputTokens,
  kOutputTokens,
  kBytesRelayed,
  kReceiptsNotLogged,  // the log could not take them
  // Connections from outside.
  kConnectionsAccepted,
  kConnectionsRefused,   // over a bound
  kConnectionsMadeRoom,  // closed for others
  kConnectionsShed,      // closed for what they held in memory
  kHandshakesFailed,
};
inline constexpr Counter kLastCounter = Counter::kHandshakesFailed;

enum class Gauge : std::uint8_t {
  kRequestsInFlight,
  kRequestsQueued,
  kWorkersAttached,
  kProxiesAttached,
  kEngineReady,  // 1 or 0
  kBytesBuffered,
  kChainHeadSeqno,
  kChainHeadTime,  // Unix seconds
  kLiteServersLive,
  kRegistrySeqno,  // the block that the registry was proven at last
  kConnectionsOpen,
  kHandshakesInFlight,
  kConnectionBytes,  // what connections hold for peers and handlers that are slow
};
inline constexpr Gauge kLastGauge = Gauge::kConnectionBytes;

enum class Timing : std::uint8_t {
  kFirstFrame,  // request accepted to first frame of the answer
  kWholeAnswer,
};
inline constexpr Timing kLastTiming = Timing::kWholeAnswer;

class Metrics {
 public:
  Metrics() = default;
  virtual ~Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  virtual void add(Counter counter, std::uint64_t amount) = 0;
  void increment(Counter counter) { add(counter, 1); }
  virtual void set(Gauge gauge, std::int64_t value) = 0;
  virtual void observe_seconds(Timing timing, double seconds) = 0;
};

}  // namespace cocoon::ports
