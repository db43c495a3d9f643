#include "store/receipt_log_files.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/recent_map.h"
#include "store/log_files.h"
#include "store/recent_entries.h"

namespace cocoon::store {

using provenance::MerkleHash;
using provenance::ProvenanceError;
using provenance::log::LogProof;
using provenance::log::TileId;
using provenance::log::TreeHead;

namespace {

// What proofs are made of and a growing log never changes: hashes of entries, and roots of ranges
// of them. Whoever asks for the proofs of entries that came together asks for the same ones.
class ProofParts {
 public:
  explicit ProofParts(const LogFiles& files) : files_(files) {}

  Result<MerkleHash> root(std::uint64_t begin, std::uint64_t end, std::uint64_t size) {
    const std::scoped_lock lock(mutex_);
    if (const MerkleHash* const known = roots_.find({begin, end})) return *known;
    const auto subtrees = provenance::log::subtrees_from_tiles(
        [&](const TileId& id) { return tile(id, size); }, size);
    TRY(const MerkleHash root, subtrees(begin, end));
    roots_.remember({begin, end}, root);
    return root;
  }

 private:
  // Only hashes of entries are worked out; those above lie on the disk.
  Result<Bytes> tile(const TileId& id, std::uint64_t size) {
    if (id.level > 0) return files_.tile(id, size);
    const std::size_t bytes = std::size_t{id.width} * MerkleHash().size();
    if (const Bytes* const known = leaves_.find(id.index); known && known->size() >= bytes)
      return to_bytes(BytesView(*known).first(bytes));
    TRY(Bytes leaves, files_.tile(id, size));
    leaves_.remember(id.index, leaves);
    return leaves;
  }

  const LogFiles& files_;
  std::mutex mutex_;
  RecentMap<std::uint64_t, Bytes> leaves_{64};  // by tile
  RecentMap<std::pair<std::uint64_t, std::uint64_t>, MerkleHash> roots_{4096};
};

}  // namespace

struct ReceiptLogFiles::State {
  State(std::unique_ptr<LogFiles> in, Signer proxy, Options bounds)
      : files(std::move(in)),
        signer(std::move(proxy)),
        key(provenance::log::proxy_log_key(signer->public_key())),
        options(bounds),
        parts(*files),
        recent(bounds.recent_max) {}

  // For the writer's thread.
  void run();
  // Makes a head that is on disk the newest, and its last entries findable.
  void publish(const TreeHead& head, std::span<const ReceiptHash> entries);

  const std::unique_ptr<LogFiles> files;
  const Signer signer;
  const provenance::log::NoteKey key;
  const Options options;
  ProofParts parts;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<ReceiptHash> waiting;
  bool stopping = false;
  bool is_broken = false;
  std::uint64_t size = 0;
  std::string checkpoint;
  RecentEntries recent;

  std::thread writer;
};

void ReceiptLogFiles::State::publish(const TreeHead& head, std::span<const ReceiptHash> entries) {
  std::string note = sign_checkpoint(head, key, *signer);
  const std::scoped_lock lock(mutex);
  size = head.size;
  checkpoint = std::move(note);
  std::uint64_t place = head.size - entries.size();
  for (const ReceiptHash& entry : entries) recent.remember(entry, place++);
}

void ReceiptLogFiles::State::run() {
  auto next = std::chrono::steady_clock::now();
  for (;;) {
    std::vector<ReceiptHash> batch;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !waiting.empty(); });
      changed.wait_until(lock, next, [this] { return stopping; });
      if (waiting.empty()) return;
      batch.swap(waiting);
    }
    next = std::chrono::steady_clock::now() + options.append_every;
    const auto head = files->append(batch);
    if (head) {
      publish(*head, batch);
      continue;
    }
    const std::scoped_lock lock(mutex);
    is_broken = true;
    waiting.clear();
    return;
  }
}

ReceiptLogFiles::ReceiptLogFiles(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->writer = std::thread([raw = state_.get()] { raw->run(); });
}

ReceiptLogFiles::~ReceiptLogFiles() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  state_->writer.join();
}

Result<std::unique_ptr<ReceiptLogFiles>> ReceiptLogFiles::open(const std::filesystem::path& folder,
                                                               Signer proxy, Options options) {
  TRY(auto disk, open_log_folder(folder));
  return open(std::move(disk), std::move(proxy), options);
}

Result<std::unique_ptr<ReceiptLogFiles>> ReceiptLogFiles::open(std::unique_ptr<LogDisk> disk,
                                                               Signer proxy, Options options) {
  TRY(auto files, LogFiles::open(std::move(disk)));
  const TreeHead head = files->head();
  const std::size_t count = std::min<std::uint64_t>(head.size, options.recent_max);
  TRY(const auto recent, files->entries(head.size - count, count));
  auto state = std::make_unique<State>(std::move(files), std::move(proxy), options);
  state->publish(head, recent);
  return std::unique_ptr<ReceiptLogFiles>(new ReceiptLogFiles(std::move(state)));
}

bool ReceiptLogFiles::submit(const ReceiptHash& entry) {
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->is_broken || state_->waiting.size() >= state_->options.waiting_max) return false;
    state_->waiting.push_back(entry);
    if (state_->waiting.size() > 1) return true;  // the writer knows
  }
  state_->changed.notify_one();
  return true;
}

std::string ReceiptLogFiles::checkpoint() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->checkpoint;
}

Result<Bytes> ReceiptLogFiles::tile(const TileId& id) const {
  std::uint64_t size = 0;
  {
    const std::scoped_lock lock(state_->mutex);
    size = state_->size;
  }
  return state_->files->tile(id, size);
}

Result<LogProof> ReceiptLogFiles::prove(const ReceiptHash& entry) const {
  LogProof proof;
  std::uint64_t size = 0;
  {
    const std::scoped_lock lock(state_->mutex);
    const auto place = state_->recent.find(entry);
    if (!place) return fail(ProvenanceError::kNotThere, "the log does not have this entry yet");
    proof.index = *place;
    proof.checkpoint = state_->checkpoint;
    size = state_->size;
  }
  TRY(proof.hashes, provenance::merkle_inclusion_proof(
                        [&](std::uint64_t begin, std::uint64_t end) {
                          return state_->parts.root(begin, end, size);
                        },
                        proof.index, size));
  return proof;
}

}  // namespace cocoon::store
