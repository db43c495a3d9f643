#include "crypto/hash.h"
#include "registry/contract_snapshot.h"

namespace cocoon::registry {
namespace {

std::uint32_t seconds_of(std::chrono::seconds value) {
  return static_cast<std::uint32_t>(value.count());
}

Result<ContractParameters> parameters_of(const Snapshot& snapshot, const Founding& founding) {
  const Parameters& from = snapshot.parameters;
  return ContractParameters{.key_epoch = seconds_of(from.key_epoch),
                            .key_grace = seconds_of(from.key_grace),
                            .statement_age_max = seconds_of(snapshot.policy.statement_age_max),
                            .statement_block_interval = from.statement_block_interval,
                            .evaluation_number_min = snapshot.policy.evaluation_number_min,
                            .anchor_interval = seconds_of(founding.anchor_interval),
                            .addition_delay = seconds_of(founding.addition_delay),
                            .unstake_delay = seconds_of(founding.unstake_delay),
                            .price_floor = from.price_floor,
                            .stake_min = founding.stake};
}

// Under the cell's own hash.
Status put(EntryCells& list, Result<ton::CellRef> cell) {
  TRY(ton::CellRef entry, std::move(cell));
  const EntryKey key(entry->hash().bytes());
  list.insert_or_assign(key, std::move(entry));
  return {};
}

Status put_terms(const attest::Policy& policy, EntryCells& list) {
  const auto put_all = [&](const auto& values, const auto& term_of) -> Status {
    for (const auto& value : values) TRY_VOID(put(list, write_term(term_of(value))));
    return {};
  };
  const auto same = [](const auto& value) { return value; };
  TRY_VOID(put_all(policy.exceptions, same));
  TRY_VOID(put_all(policy.trusted_blocks, same));
  TRY_VOID(put_all(policy.gpus.golden_keys, [](const auto& key) { return GoldenKey{key}; }));
  TRY_VOID(put_all(policy.gpus.driver_versions, [](const auto& text) { return GpuDriver{text}; }));
  TRY_VOID(put_all(policy.gpus.vbios_versions, [](const auto& text) { return GpuVbios{text}; }));
  using attest::amd::Product;
  if (const auto& tcb = policy.snp.guests.genoa_tcb_min)
    TRY_VOID(put(list, write_term(SnpFloor{Product::kGenoa, *tcb})));
  if (const auto& tcb = policy.snp.guests.turin_tcb_min)
    TRY_VOID(put(list, write_term(SnpFloor{Product::kTurin, *tcb})));
  return {};
}

Status put_roots(const attest::Policy& policy, const std::string& name, EntryCells& list) {
  const auto put_root = [&](Vendor vendor, const ByteArray<32>& fingerprint) -> Status {
    TRY(ton::CellRef cell, write_root({vendor, name}));
    list.insert_or_assign(EntryKey(fingerprint), std::move(cell));
    return {};
  };
  for (const auto& root : policy.roots) TRY_VOID(put_root(Vendor::kIntel, root.bytes()));
  for (const auto& root : policy.snp.roots) TRY_VOID(put_root(Vendor::kAmd, root));
  for (const auto& root : policy.gpus.roots) TRY_VOID(put_root(Vendor::kNvidia, root));
  return {};
}

Status put_bans(const attest::Policy& policy, EntryCells& list) {
  for (const Bytes& id : policy.banned_platforms) {
    TRY(ton::CellRef cell, write_platform(id));
    list.insert_or_assign(EntryKey(crypto::sha256(id)), std::move(cell));
  }
  return {};
}

Status put_proxies(const Snapshot& snapshot, const Founding& founding, ContractState& out) {
  for (const Proxy& proxy : snapshot.proxies) {
    const ProxyDetails details{.log_key = proxy.key,
                               .anchor = std::nullopt,
                               .endpoints = {{.host = proxy.host, .port = proxy.port}}};
    ContractProxy entry{.owner = founding.owner,
                        .stake = founding.stake,
                        .registered_at = founding.at,
                        .details = nullptr};
    TRY(entry.details, write_proxy_details(details));
    out.proxies.insert_or_assign(proxy.key, std::move(entry));
  }
  TRY(out.stakes, founding.stake.times(out.proxies.size()));
  return {};
}

}  // namespace

Result<ContractState> found_contract(const Snapshot& snapshot, const Founding& founding) {
  ContractState out;
  TRY(out.parameters, parameters_of(snapshot, founding));
  out.owner = founding.owner;
  out.guardian = founding.guardian;
  for (const attest::Image& image : snapshot.policy.images)
    TRY_VOID(put(out.list(ListKind::kImages), write_image(image)));
  for (const attest::SnpImage& image : snapshot.policy.snp_images)
    TRY_VOID(put(out.list(ListKind::kImages), write_image(image)));
  for (const Model& model : snapshot.models) {
    TRY(ton::CellRef cell, write_model_name(model.name));
    out.list(ListKind::kModels).insert_or_assign(EntryKey(model.hash.bytes()), std::move(cell));
  }
  TRY_VOID(put_roots(snapshot.policy, founding.roots_name, out.list(ListKind::kRoots)));
  TRY_VOID(put_terms(snapshot.policy, out.list(ListKind::kTerms)));
  TRY_VOID(put_bans(snapshot.policy, out.platform_bans));
  TRY_VOID(put_proxies(snapshot, founding, out));
  return out;
}

}  // namespace cocoon::registry
