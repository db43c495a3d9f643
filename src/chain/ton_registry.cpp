#include "chain/ton_registry.h"

#include "chain/registry_floor.h"

namespace cocoon::chain {
namespace {

constexpr async::Duration kLookEach = std::chrono::seconds(1);
constexpr async::Duration kReadEach = std::chrono::seconds(5);

std::unexpected<Error> bad_registry(const char* what) {
  return fail(ChainError::kBadRegistry, what);
}

// The data of an account that is the registry contract.
Result<ton::CellRef> registry_data(const ton::ProvenAccount& proven) {
  if (!proven.account) return bad_registry("there is no registry at this address");
  switch (proven.account->status) {
    case ton::AccountStatus::kUninitialized:
      return bad_registry("there is no contract at the registry's address");
    case ton::AccountStatus::kFrozen:
      return bad_registry("the registry is frozen: it owes for its storage");
    case ton::AccountStatus::kActive:
      break;
  }
  const std::optional<ton::StateInit>& state = proven.account->state;
  if (!state || state->code == nullptr || state->data == nullptr ||
      state->code->hash() != registry::contract_code_hash())
    return bad_registry("the contract at this address is not the registry that this program knows");
  return state->data;
}

}  // namespace

Result<ProvenRegistry> read_registry(const ton::ProvenAccount& account, NetworkId network) {
  TRY(const ton::CellRef data, registry_data(account));
  ProvenRegistry out;
  TRY(out.state, registry::read_contract(data));
  TRY(out.reading, registry::read_snapshot(out.state, network));
  return out;
}

Result<std::unique_ptr<TonRegistry>> TonRegistry::open(World world, AccountSource& accounts,
                                                       TonRegistrySettings settings) {
  std::unique_ptr<TonRegistry> out(new TonRegistry(world, accounts, std::move(settings)));
  if (!out->settings_.floor_file.empty()) {
    auto floor = load_registry_floor(out->settings_.floor_file, out->settings_.address);
    if (!floor) {
      return std::unexpected(
          std::move(floor).error().with_context(out->settings_.floor_file.string()));
    }
    out->floor_ = *floor;
  }
  return out;
}

Result<std::shared_ptr<const registry::Snapshot>> TonRegistry::current() const {
  const std::string why = trouble_ ? ": " + trouble_->message() : "";
  if (snapshot_ == nullptr) {
    if (trouble_ && !trouble_->is(ChainError::kStale)) return std::unexpected(*trouble_);
    return fail(ChainError::kStale, "the registry has not been read yet" + why);
  }
  const auto now = static_cast<std::int64_t>(world_.clock.wall_now().value() / 1000);
  const std::int64_t age = now - std::int64_t{proven_at_.value()};
  if (age <= settings_.age_max.count()) return snapshot_;
  return fail(ChainError::kStale,
              "the registry was proven last " + std::to_string(age) + " s ago" + why);
}

void TonRegistry::note(Error trouble) {
  const bool is_known =
      trouble_ && trouble_->library() == trouble.library() && trouble_->code() == trouble.code();
  if (!is_known) world_.log.warn("registry.read_failed", {LogField::error(trouble)});
  trouble_ = std::move(trouble);
}

bool TonRegistry::is_due(Seqno head) const {
  if (!trouble_ && read_at_ && head <= *read_at_) return false;
  const async::Duration wait = trouble_ ? kLookEach : kReadEach;
  return !tried_at_ || world_.clock.now() >= *tried_at_ + wait;
}

// A floor that cannot be written is gone by until the end of this run.
void TonRegistry::keep_floor(Seqno seqno) {
  if (settings_.floor_file.empty()) return;
  const Status kept = store_registry_floor(settings_.floor_file, settings_.address, seqno);
  if (!kept) world_.log.error("registry.floor_not_kept", {LogField::error(kept.error())});
}

Status TonRegistry::take(const ton::ProvenAccount& account) {
  const Seqno seqno(account.block.seqno);
  if (floor_ && seqno < *floor_)
    return fail(ChainError::kStale, "a state of the registry older than one seen before");
  floor_ = seqno;
  read_at_ = seqno;
  proven_at_ = account.generated_at;
  world_.metrics.set(ports::Gauge::kRegistrySeqno, seqno.value());
  TRY(const ton::CellRef data, registry_data(account));
  if (snapshot_ != nullptr && data->hash() == data_hash_) return {};
  TRY(ProvenRegistry found, read_registry(account, settings_.network));
  registry::Snapshot& snapshot = found.reading.snapshot;
  world_.log.info(
      "registry.read",
      {LogField::seqno(seqno), LogField::count("models", snapshot.models.size()),
       LogField::count("images", snapshot.policy.images.size() + snapshot.policy.snp_images.size()),
       LogField::count("proxies", snapshot.proxies.size()),
       LogField::count("refused", found.reading.refused.size())});
  snapshot_ = std::make_shared<const registry::Snapshot>(std::move(snapshot));
  data_hash_ = data->hash();
  keep_floor(seqno);
  return {};
}

ports::Task<void> TonRegistry::look() {
  const Result<ports::Block> head = accounts_.usable();
  if (!head) {
    note(head.error());
    co_return;
  }
  if (!is_due(head->seqno)) co_return;
  const auto account = co_await accounts_.account(settings_.address);
  tried_at_ = world_.clock.now();
  if (!account) {
    note(account.error());
    co_return;
  }
  const Status taken = take(*account);
  if (taken) {
    trouble_.reset();
    co_return;
  }
  // Proven, and no registry of ours: what it said before counts no more. A state too old says
  // nothing.
  if (!taken.error().is(ChainError::kStale)) snapshot_.reset();
  note(taken.error());
}

ports::Task<void> TonRegistry::keep_read() {
  for (;;) {
    co_await look();
    co_await world_.clock.sleep_for(kLookEach);
  }
}

}  // namespace cocoon::chain
