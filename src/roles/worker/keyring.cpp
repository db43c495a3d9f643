#include "roles/worker/keyring.h"

#include <algorithm>

#include "attest/evidence.h"
#include "attest/nvidia/verify.h"
#include "crypto/hash.h"
#include "roles/worker/error.h"

namespace cocoon::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetryAfterFailure = 5s;
constexpr auto kCheckInterval = 5s;

SecretArray<32> draw_secret(ports::Random& random) {
  SecretArray<32> secret;
  random.fill(secret.expose_mutable());
  return secret;
}

UnixSeconds plus(UnixSeconds time, std::chrono::seconds duration) {
  return UnixSeconds(time.value() + static_cast<std::uint32_t>(duration.count()));
}

}  // namespace

Keyring::Keyring(BootFacts facts, World world, std::function<void(std::uint32_t)> on_wiped)
    : facts_(std::move(facts)),
      world_(world),
      on_wiped_(std::move(on_wiped)),
      time_(world.chain, world.clock),
      identity_(crypto::Ed25519KeyPair::from_seed(draw_secret(world.random))),
      boot_id_(world.random.array<16>()) {}

Task<Result<std::shared_ptr<const EpochKey>>> Keyring::make_key() {
  CO_TRY(const auto snapshot, world_.registry.current());
  CO_TRY(const ports::Block block, co_await world_.chain.newest_statement_block(
                                       snapshot->parameters.statement_block_interval));
  auto hpke = crypto::X25519KeyPair::from_private(draw_secret(world_.random));
  attest::Statement statement;
  statement.network = facts_.network;
  statement.role = attest::Role::kWorker;
  statement.identity_key = identity_.public_key();
  statement.hpke_key = hpke.public_key();
  statement.key_epoch = next_epoch_;
  statement.boot_id = boot_id_;
  statement.owner_address = facts_.owner_address;
  statement.slot_id = facts_.slot_id;
  statement.model_name = facts_.model_name;
  statement.model_hash = facts_.model_hash;
  statement.config_hash = ConfigHash(crypto::sha256(facts_.configuration));
  statement.block_seqno = block.seqno;
  statement.block_root_hash = block.root_hash;

  attest::EvidenceBundle bundle;
  if (world_.gpus != nullptr) {
    CO_TRY(bundle.gpu_evidence, co_await world_.gpus->evidence(attest::nvidia::gpu_nonce(
                                    identity_.public_key(), block.root_hash)));
    statement.gpu_evidence_digest = to_bytes(crypto::sha256(bundle.gpu_evidence));
  }
  bundle.statement = statement.encode();
  bundle.configuration = facts_.configuration;
  CO_TRY(bundle.quote, co_await world_.quotes.quote(attest::report_data_for(bundle.statement)));
  CO_TRY(const ImageHash image_hash, attest::measured_image(bundle.quote));
  co_return std::make_shared<const EpochKey>(EpochKey{
      .epoch = next_epoch_,
      .kid = attest::kid_for(bundle.statement),
      .hpke = std::move(hpke),
      .statement = std::move(statement),
      .evidence = bundle.encode(),
      .image_hash = image_hash,
      .block_time = block.generated_at,
  });
}

Task<Status> Keyring::rotate() {
  CO_TRY_VOID(co_await time_.refresh());
  CO_TRY(std::shared_ptr<const EpochKey> key, co_await make_key());
  ++next_epoch_;
  world_.log.info("worker.key_epoch_began",
                  {LogField::kid(key->kid), LogField::count("epoch", key->epoch),
                   LogField::seqno(key->statement.block_seqno)});
  keys_.insert(keys_.begin(), std::move(key));
  wipe_outdated();
  co_return Status();
}

UnixSeconds Keyring::renewal_time() {
  if (keys_.empty()) return UnixSeconds();
  return plus(keys_.front()->block_time, lives().key_epoch);
}

const registry::Parameters& Keyring::lives() {
  if (const auto snapshot = world_.registry.current()) parameters_ = (*snapshot)->parameters;
  return parameters_;
}

void Keyring::wipe_outdated() {
  const registry::Parameters& parameters = lives();
  const UnixSeconds now = time_.now();
  std::erase_if(keys_, [&](const std::shared_ptr<const EpochKey>& key) {
    if (now < plus(key->block_time, parameters.key_epoch + parameters.key_grace)) return false;
    on_wiped_(key->epoch);
    world_.log.info("worker.key_wiped",
                    {LogField::kid(key->kid), LogField::count("epoch", key->epoch)});
    return true;
  });
}

Task<void> Keyring::keep_rotating() {
  for (;;) {
    co_await world_.clock.sleep_for(kCheckInterval);
    // A chain that cannot be read now stops nothing: time goes on from the last block.
    (void)co_await time_.refresh();
    wipe_outdated();
    if (!keys_.empty() && time_.now() < renewal_time()) continue;
    const Status rotated = co_await rotate();
    if (rotated) continue;
    world_.log.error("worker.key_epoch_failed", {LogField::error(rotated.error())});
    co_await world_.clock.sleep_for(kRetryAfterFailure);
  }
}

std::shared_ptr<const EpochKey> Keyring::newest() const {
  return keys_.empty() ? nullptr : keys_.front();
}

std::shared_ptr<const EpochKey> Keyring::find(const Kid& kid) const {
  const auto found = std::ranges::find_if(keys_, [&](const auto& key) { return key->kid == kid; });
  return found == keys_.end() ? nullptr : *found;
}

std::vector<Kid> Keyring::kids() const {
  std::vector<Kid> kids;
  kids.reserve(keys_.size());
  for (const auto& key : keys_) kids.push_back(key->kid);
  return kids;
}

}  // namespace cocoon::worker
