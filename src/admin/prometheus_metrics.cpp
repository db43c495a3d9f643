#include "admin/prometheus_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

#include "base/check.h"

namespace cocoon::admin {

namespace {

using ports::Counter;
using ports::Gauge;
using ports::Timing;

struct Row {
  const char* name;
  const char* help;
  const char* value = nullptr;  // of the only label that it has, from a closed set
  const char* label = "outcome";
};

constexpr Row refused_for(const char* reason) {
  return {"cocoon_evidence_refused_total", "Workers' evidence refused, by reason.", reason,
          "reason"};
}

constexpr const char* kConnectionsHelp = "Connections from outside by what became of them.";
constexpr const char* kRequestsHelp = "Requests by how they ended.";

// docs/metrics.md is this table for people; a test compares the two.
constexpr Row row_of(Counter counter) {
  switch (counter) {
    case Counter::kRequestsOk:
      return {"cocoon_requests_total", kRequestsHelp, "ok"};
    case Counter::kRequestsFailed:
      return {"cocoon_requests_total", kRequestsHelp, "failed"};
    case Counter::kRequestsAborted:
      return {"cocoon_requests_total", kRequestsHelp, "aborted"};
    case Counter::kRequestsRefused:
      return {"cocoon_requests_total", kRequestsHelp, "refused"};
    case Counter::kRelayRetries:
      return {"cocoon_relay_retries_total", "Requests passed to another of their workers."};
    case Counter::kReplaysRefused:
      return {"cocoon_replays_refused_total", "Envelopes whose request id had been seen."};
    case Counter::kEvidenceAccepted:
      return {"cocoon_evidence_total", "Verdicts on workers' evidence.", "accepted"};
    case Counter::kEvidenceRefused:
      return {"cocoon_evidence_total", "Verdicts on workers' evidence.", "refused"};
    case Counter::kRefusedMalformed:
      return refused_for("malformed");
    case Counter::kRefusedSignature:
      return refused_for("signature");
    case Counter::kRefusedBinding:
      return refused_for("binding");
    case Counter::kRefusedImage:
      return refused_for("image");
    case Counter::kRefusedConfiguration:
      return refused_for("configuration");
    case Counter::kRefusedFreshness:
      return refused_for("freshness");
    case Counter::kRefusedTd:
      return refused_for("td");
    case Counter::kRefusedPlatform:
      return refused_for("platform");
    case Counter::kRefusedCollateral:
      return refused_for("collateral");
    case Counter::kRefusedBanned:
      return refused_for("banned");
    case Counter::kRefusedOther:
      return refused_for("other");
    case Counter::kEngineRestarts:
      return {"cocoon_engine_restarts_total", "Times the supervised engine was started again."};
    case Counter::kInputTokens:
      return {"cocoon_input_tokens_total", "Model tokens read."};
    case Counter::kOutputTokens:
      return {"cocoon_output_tokens_total", "Model tokens made."};
    case Counter::kBytesRelayed:
      return {"cocoon_relayed_bytes_total", "Sealed bytes passed on, both ways."};
    case Counter::kReceiptsNotLogged:
      return {"cocoon_receipts_not_logged_total", "Receipts that the log could not take."};
    case Counter::kConnectionsAccepted:
      return {"cocoon_connections_total", kConnectionsHelp, "accepted"};
    case Counter::kConnectionsRefused:
      return {"cocoon_connections_total", kConnectionsHelp, "refused"};
    case Counter::kConnectionsMadeRoom:
      return {"cocoon_connections_total", kConnectionsHelp, "made_room"};
    case Counter::kConnectionsShed:
      return {"cocoon_connections_total", kConnectionsHelp, "shed"};
    case Counter::kHandshakesFailed:
      return {"cocoon_connections_total", kConnectionsHelp, "handshake_failed"};
  }
  std::unreachable();
}

constexpr Row row_of(Gauge gauge) {
  switch (gauge) {
    case Gauge::kRequestsInFlight:
      return {"cocoon_requests_in_flight", "Requests under way."};
    case Gauge::kRequestsQueued:
      return {"cocoon_requests_queued", "Requests that wait for the engine or for a worker."};
    case Gauge::kWorkersAttached:
      return {"cocoon_workers_attached", "Workers connected to this proxy."};
    case Gauge::kProxiesAttached:
      return {"cocoon_proxies_attached", "Proxies that this role is connected to."};
    case Gauge::kEngineReady:
      return {"cocoon_engine_ready", "1 while the engine answers, else 0."};
    case Gauge::kBytesBuffered:
      return {"cocoon_buffered_bytes", "Bytes held for streams whose receiver is slow."};
    case Gauge::kChainHeadSeqno:
      return {"cocoon_chain_head_seqno", "Number of the newest proven masterchain block."};
    case Gauge::kChainHeadTime:
      return {"cocoon_chain_head_time_seconds", "When that block was made, in Unix time."};
    case Gauge::kLiteServersLive:
      return {"cocoon_lite_servers_live", "Lite-servers that are connected."};
    case Gauge::kRegistrySeqno:
      return {"cocoon_registry_seqno", "Masterchain block that the registry was proven at last."};
    case Gauge::kConnectionsOpen:
      return {"cocoon_connections_open", "Connections beyond their handshake."};
    case Gauge::kHandshakesInFlight:
      return {"cocoon_handshakes_in_flight", "Connections within their handshake."};
    case Gauge::kConnectionBytes:
      return {"cocoon_connection_bytes", "Bytes held by all connections."};
  }
  std::unreachable();
}

constexpr Row row_of(Timing timing) {
  switch (timing) {
    case Timing::kFirstFrame:
      return {"cocoon_first_frame_seconds", "Request accepted to first frame of its answer."};
    case Timing::kWholeAnswer:
      return {"cocoon_answer_seconds", "Request accepted to end of its answer."};
  }
  std::unreachable();
}

constexpr double kBuckets[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                               0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0, 300.0};

prometheus::Labels labels_of(const Row& row) {
  if (row.value == nullptr) return {};
  return {{row.label, row.value}};
}

// Calls make(value) for every value of a dense enum, in order.
template <class Enum, class Make>
auto for_each_value(Enum last, Make make) {
  std::vector<decltype(make(last))> made;
  for (int i = 0; i <= static_cast<int>(last); ++i) made.push_back(make(static_cast<Enum>(i)));
  return made;
}

template <class Metric, class Enum>
Metric& pick(const std::vector<Metric*>& metrics, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  COCOON_CHECK(index < metrics.size());
  return *metrics[index];
}

}  // namespace

struct PrometheusMetrics::State {
  // A family that is there already is found again by its name.
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  std::vector<prometheus::Counter*> counters;
  std::vector<prometheus::Gauge*> gauges;
  std::vector<prometheus::Histogram*> timings;
};

PrometheusMetrics::PrometheusMetrics() : state_(std::make_unique<State>()) {
  prometheus::Registry& registry = state_->registry;
  state_->counters = for_each_value(ports::kLastCounter, [&](Counter counter) {
    const Row row = row_of(counter);
    return &prometheus::BuildCounter().Name(row.name).Help(row.help).Register(registry).Add(
        labels_of(row));
  });
  state_->gauges = for_each_value(ports::kLastGauge, [&](Gauge gauge) {
    const Row row = row_of(gauge);
    return &prometheus::BuildGauge().Name(row.name).Help(row.help).Register(registry).Add(
        labels_of(row));
  });
  state_->timings = for_each_value(ports::kLastTiming, [&](Timing timing) {
    const Row row = row_of(timing);
    return &prometheus::BuildHistogram().Name(row.name).Help(row.help).Register(registry).Add(
        labels_of(row),
        prometheus::Histogram::BucketBoundaries(std::begin(kBuckets), std::end(kBuckets)));
  });
}

PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::add(Counter counter, std::uint64_t amount) {
  pick(state_->counters, counter).Increment(static_cast<double>(amount));
}

void PrometheusMetrics::set(Gauge gauge, std::int64_t value) {
  pick(state_->gauges, gauge).Set(static_cast<double>(value));
}

void PrometheusMetrics::observe_seconds(Timing timing, double seconds) {
  pick(state_->timings, timing).Observe(seconds);
}

std::string PrometheusMetrics::text() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace cocoon::admin
