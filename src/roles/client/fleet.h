#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/recent_map.h"
#include "ports/judge.h"
#include "ports/link.h"
#include "ports/metrics.h"
#include "ports/world.h"
#include "wire/directory.h"

namespace cocoon::client {

using async::Task;

// A proxy of the registry and what it last offered.
struct ProxyLine {
  registry::Proxy proxy;
  std::unique_ptr<ports::HttpClient> http;
  wire::Directory directory;  // no kid twice
  // Kids whose evidence this proxy failed to give lately. It says nothing of them at other proxies.
  struct Refusal {
    async::TimePoint at;
    Error why;
  };
  std::map<Kid, Refusal> refused;
  // kSilent: it can be asked and does not answer, as a connection that leads nowhere, or a machine
  // that hangs. kDown: it cannot even be asked now, which says nothing of what it has taken.
  enum class State : std::uint8_t { kUnknown, kUp, kDown, kSilent } state = State::kUnknown;
  bool is_being_asked = false;  // for its directory and evidence
  // When it last took a request and let it pass in silence.
  std::optional<async::TimePoint> swallowed_at;
};

// By what a worker was judged, for those who will ask where an answer came from.
struct WorkerOrigin {
  Bytes evidence;
  std::shared_ptr<const Bytes> collateral;  // JSON; nullptr where the platform's kind needs none
  std::shared_ptr<const Bytes> policy;      // attest::encode_policy()
  attest::ProvenBlock block;
};

// Where a request may go: a proxy and workers that are attached to it, verified, in order of
// preference.
struct Choice {
  std::shared_ptr<ProxyLine> line;
  std::vector<std::shared_ptr<const attest::VerifiedWorker>> candidates;
};

// The network as this client may trust it: proxies from the registry, workers from their
// directories, each worker only after its evidence was verified here.
class Fleet {
 public:
  using Connect = std::function<std::unique_ptr<ports::HttpClient>(const ports::Endpoint&)>;
  struct World {
    ports::Registry& registry;
    ports::ChainHead& chain;
    ports::FloorStore& floors;
    ports::Random& random;
    ports::Metrics& metrics;
    async::Clock& clock;
    const Logger& log;
  };
  Fleet(Connect connect, World world) : connect_(std::move(connect)), world_(world) {}

  // Asks every proxy for its directory and verifies workers that are new or due again, for ever,
  // each proxy at its own pace: one that is slow, or wants to be, delays nobody's workers but its
  // own.
  [[nodiscard]] Task<void> keep_fresh();
  // Does so once, and returns when all have answered or failed.
  [[nodiscard]] Task<void> refresh();

  // A random proxy, none of `avoid`, that offers verified workers of this model, and up to `count`
  // of them in the order of draw_order(). One that lately swallowed a
  // request only if there is no other. Nothing if there is none.
  [[nodiscard]] std::optional<Choice> choose(const ModelHash& model, std::size_t count,
                                             const std::vector<std::shared_ptr<ProxyLine>>& avoid);
  // By what this worker was judged last; nullptr once it is forgotten.
  [[nodiscard]] std::shared_ptr<const WorkerOrigin> origin_of(const Kid& kid) const;
  // What is known of why no worker of this model can be chosen, for the app that asked: the reason
  // for which one was refused last. Empty if none was.
  [[nodiscard]] std::string why_none(const ModelHash& model) const;
  // A proxy that just failed: left alone until it answers again.
  void report_failure(const std::shared_ptr<ProxyLine>& line) {
    line->state = ProxyLine::State::kDown;
  }

  // A proxy that took a request and did not answer it in time.
  void report_swallowed(const std::shared_ptr<ProxyLine>& line) {
    line->swallowed_at = world_.clock.now();
  }
  // Returns once the proxy is found silent: nothing more is to be hoped from what was asked of it.
  [[nodiscard]] Task<void> wait_silent(std::shared_ptr<ProxyLine> line);

  // The chain's time, by which workers judge whether a request has expired. Zero until a worker was
  // verified.
  [[nodiscard]] UnixSeconds chain_now() const { return judge_.time().now(); }
  [[nodiscard]] std::size_t proxies_up() const;
  [[nodiscard]] std::size_t workers_verified() const;

 private:
  struct Verdict {
    std::shared_ptr<const attest::VerifiedWorker> worker;
    PolicyHash policy;
    async::TimePoint judged_at;
    std::shared_ptr<const WorkerOrigin> origin;
  };
  struct Round;
  class Turn;
  // Begins to ask all proxies but those that are still being asked.
  [[nodiscard]] Task<std::shared_ptr<Round>> begin_round();
  void follow_registry();
  [[nodiscard]] Task<void> refresh_line(std::shared_ptr<ProxyLine> line);
  [[nodiscard]] Task<Status> read_directory(std::shared_ptr<ProxyLine> line, async::Deadline by);
  [[nodiscard]] Task<Result<Bytes>> get(std::shared_ptr<ProxyLine> line, std::string path,
                                        std::size_t bytes_max, async::Deadline by);
  [[nodiscard]] Task<Status> verify(std::shared_ptr<ProxyLine> line, wire::DirectoryEntry entry,
                                    async::Deadline by);
  // Takes in what the proxy offers of platforms that are known: newer collateral does not wait
  // until a verdict is looked at again.
  [[nodiscard]] Task<void> learn_new_collateral(std::shared_ptr<ProxyLine> line,
                                                std::vector<wire::DirectoryEntry> entries,
                                                async::Deadline by);
  [[nodiscard]] Task<Status> learn_collateral(std::shared_ptr<ProxyLine> line,
                                              CollateralDigest digest, async::Deadline by);
  [[nodiscard]] Task<Result<std::shared_ptr<const WorkerOrigin>>> origin_under(
      std::shared_ptr<const registry::Snapshot> snapshot, Bytes evidence,
      std::optional<CollateralDigest> collateral, Seqno block);
  void forget_unlisted();
  // Whether the worker has to be looked at again.
  [[nodiscard]] bool is_due(const Kid& kid, const PolicyHash& policy) const;
  // Whether a verdict that was reached then may still be acted upon.
  [[nodiscard]] bool is_in_force(const Verdict& verdict, const PolicyHash& policy) const;
  [[nodiscard]] std::vector<std::shared_ptr<const attest::VerifiedWorker>> usable(
      const ProxyLine& line, const ModelHash& model) const;

  Connect connect_;
  World world_;
  ports::Judge judge_{{.registry = world_.registry,
                       .chain = world_.chain,
                       .floors = world_.floors,
                       .clock = world_.clock,
                       .log = world_.log}};
  std::vector<std::shared_ptr<ProxyLine>> lines_;
  std::shared_ptr<const registry::Snapshot> followed_;  // what lines_ are of
  std::map<Kid, Verdict> verdicts_;                     // of those accepted
  // What origins share.
  RecentMap<CollateralDigest, std::shared_ptr<const Bytes>> collateral_{64};
  std::shared_ptr<const registry::Snapshot> encoded_;
  std::shared_ptr<const Bytes> encoded_policy_;
};

}  // namespace cocoon::client
