#include "registry/contract.h"

#include "ton/cell/hashmap.h"

namespace cocoon::registry {
namespace {

using ton::BitString;
using ton::Builder;
using ton::CellRef;
using ton::Slice;

constexpr std::size_t kKeyBits = 256;
constexpr std::size_t kIdBits = 64;
constexpr std::size_t kAmountBits = 120;

// amount:uint120, of which the coin's supply uses 63 bits.
Result<NanoTon> load_amount(Slice& slice) {
  TRY(const std::uint64_t high, slice.load_uint(kAmountBits - 64));
  TRY(const std::uint64_t low, slice.load_uint(64));
  if (high != 0) return fail(RegistryError::kMalformed, "an amount beyond the coin's supply");
  return NanoTon::from_nano(low);
}

void store_amount(Builder& to, NanoTon amount) {
  to.uint(0, kAmountBits - 64).uint(amount.nano(), 64);
}

Result<UnixSeconds> load_time(Slice& slice) {
  TRY(const auto seconds, slice.load<std::uint32_t>());
  return UnixSeconds(seconds);
}

constexpr std::array kSmallParameters{
    &ContractParameters::key_epoch,
    &ContractParameters::key_grace,
    &ContractParameters::statement_age_max,
    &ContractParameters::statement_block_interval,
    &ContractParameters::evaluation_number_min,
    &ContractParameters::anchor_interval,
    &ContractParameters::addition_delay,
    &ContractParameters::unstake_delay,
};

// HashmapE with keys of `Key`'s size, each value read to its end.
template <class Key, class Value, class Read>
Result<std::map<Key, Value>> load_map(Slice& slice, std::size_t entries_max, Read read) {
  TRY(const CellRef root, slice.load_maybe_ref());
  std::map<Key, Value> out;
  if (root == nullptr) return out;
  TRY(std::vector<ton::HashmapEntry> entries, ton::hashmap_entries(root, kKeyBits, entries_max));
  for (ton::HashmapEntry& entry : entries) {
    TRY(const Key key, Key::from(entry.key.bytes()));
    TRY(Value value, read(entry.value));
    TRY_VOID(entry.value.expect_end());
    out.emplace(key, std::move(value));
  }
  return out;
}

template <class Key, class Value, class Write>
Status store_map(Builder& to, const std::map<Key, Value>& map, Write write) {
  ton::HashmapValues values;
  for (const auto& [key, value] : map) {
    Builder cell;
    write(cell, value);
    TRY(CellRef built, cell.build());
    values.emplace(BitString::of_bytes(key.view()), std::move(built));
  }
  TRY(const CellRef root, ton::write_hashmap(values, kKeyBits));
  to.maybe_ref(root);
  return {};
}

Result<EntryCells> load_entries(Slice& slice, std::size_t entries_max) {
  return load_map<EntryKey, CellRef>(slice, entries_max,
                                     [](Slice& value) { return value.load_ref(); });
}

Status store_entries(Builder& to, const EntryCells& entries) {
  return store_map(to, entries, [](Builder& cell, const CellRef& entry) { cell.ref(entry); });
}

Result<ContractProxy> load_proxy(Slice& slice) {
  ContractProxy proxy;
  TRY(proxy.owner, ton::load_address(slice));
  TRY(proxy.stake, load_amount(slice));
  TRY(proxy.registered_at, load_time(slice));
  TRY(proxy.details, slice.load_ref());
  return proxy;
}

Result<DepartedProxy> load_departed(Slice& slice) {
  DepartedProxy record;
  TRY(record.owner, load_maybe_address(slice));
  TRY(record.stake, load_amount(slice));
  TRY(record.unlocks_at, load_time(slice));
  TRY(const bool is_banned, slice.load_bit());
  record.standing = is_banned ? DepartedProxy::Standing::kBanned : DepartedProxy::Standing::kLeft;
  return record;
}

Status read_lists(const CellRef& cell, ContractState& out) {
  TRY(Slice slice, Slice::open(cell));
  for (EntryCells& list : out.lists) {
    TRY(list, load_entries(slice, kListEntriesMax));
  }
  return slice.expect_end();
}

Status read_members(const CellRef& cell, ContractState& out) {
  using Key = crypto::Ed25519PublicKey;
  TRY(Slice slice, Slice::open(cell));
  TRY(out.proxies, (load_map<Key, ContractProxy>(slice, kProxiesMax, &load_proxy)));
  TRY(out.departed, (load_map<Key, DepartedProxy>(slice, kDepartedMax, &load_departed)));
  TRY(const auto count, slice.load<std::uint16_t>());
  if (count != out.proxies.size())
    return fail(RegistryError::kMalformed, "another number of proxies than it counts");
  TRY(out.stakes, load_amount(slice));
  return slice.expect_end();
}

Status read_governance(const CellRef& cell, ContractState& out) {
  TRY(Slice slice, Slice::open(cell));
  TRY(out.owner, ton::load_address(slice));
  TRY(out.guardian, ton::load_address(slice));
  TRY(out.next_id, slice.load_uint(kIdBits));
  TRY(const CellRef pending, slice.load_maybe_ref());
  TRY_VOID(slice.expect_end());
  if (pending == nullptr) return {};
  TRY(std::vector<ton::HashmapEntry> entries, ton::hashmap_entries(pending, kIdBits, kPendingMax));
  for (ton::HashmapEntry& entry : entries) {
    PendingChange change;
    TRY(change.applies_at, load_time(entry.value));
    TRY(change.change, entry.value.load_ref());
    TRY_VOID(entry.value.expect_end());
    out.pending.emplace(entry.key.number(), std::move(change));
  }
  return {};
}

Result<CellRef> write_lists(const ContractState& state) {
  Builder lists;
  for (const EntryCells& list : state.lists) TRY_VOID(store_entries(lists, list));
  return lists.build();
}

Result<CellRef> write_members(const ContractState& state) {
  Builder members;
  TRY_VOID(store_map(members, state.proxies, [](Builder& cell, const ContractProxy& proxy) {
    ton::store_address(cell, proxy.owner);
    store_amount(cell, proxy.stake);
    cell.uint(proxy.registered_at.value(), 32).ref(proxy.details);
  }));
  TRY_VOID(store_map(members, state.departed, [](Builder& cell, const DepartedProxy& record) {
    store_maybe_address(cell, record.owner);
    store_amount(cell, record.stake);
    cell.uint(record.unlocks_at.value(), 32)
        .bit(record.standing == DepartedProxy::Standing::kBanned);
  }));
  members.uint(state.proxies.size(), 16);
  store_amount(members, state.stakes);
  return members.build();
}

Result<CellRef> write_governance(const ContractState& state) {
  ton::HashmapValues pending;
  for (const auto& [id, change] : state.pending) {
    Builder cell;
    cell.uint(change.applies_at.value(), 32).ref(change.change);
    TRY(CellRef built, cell.build());
    pending.emplace(BitString::of_number(id, kIdBits), std::move(built));
  }
  TRY(const CellRef root, ton::write_hashmap(pending, kIdBits));
  Builder governance;
  ton::store_address(governance, state.owner);
  ton::store_address(governance, state.guardian);
  governance.uint(state.next_id, kIdBits).maybe_ref(root);
  return governance.build();
}

}  // namespace

Result<std::optional<ton::Address>> load_maybe_address(Slice& slice) {
  Slice ahead = slice;
  TRY(const std::uint64_t tag, ahead.load_uint(2));
  if (tag == 0) {
    slice = ahead;
    return std::nullopt;
  }
  TRY(const ton::Address address, ton::load_address(slice));
  return address;
}

void store_maybe_address(Builder& to, const std::optional<ton::Address>& address) {
  if (address) {
    ton::store_address(to, *address);
  } else {
    to.uint(0, 2);
  }
}

const ContractCodeHash& contract_code_hash() {
  static const ContractCodeHash hash =
      ContractCodeHash::from_hex("a5733d63a50a03f11f01e6433dda8725cb7560731a6ebd13c5990c04325e043e")
          .value();
  return hash;
}

std::string_view name_of(ListKind kind) {
  switch (kind) {
    case ListKind::kImages:
      return "images";
    case ListKind::kModels:
      return "models";
    case ListKind::kRoots:
      return "roots";
    case ListKind::kTerms:
      return "terms";
  }
  return "";
}

Result<ContractParameters> load_parameters(Slice& slice) {
  ContractParameters out;
  for (const auto parameter : kSmallParameters) {
    TRY(out.*parameter, slice.load<std::uint32_t>());
  }
  TRY(out.price_floor, load_amount(slice));
  TRY(out.stake_min, load_amount(slice));
  return out;
}

Result<ContractState> read_contract(const CellRef& data) {
  ContractState out;
  TRY(Slice slice, Slice::open(data));
  TRY(out.parameters, load_parameters(slice));
  TRY(const CellRef lists, slice.load_ref());
  TRY(const CellRef members, slice.load_ref());
  TRY(out.platform_bans, load_entries(slice, kPlatformBansMax));
  TRY(const CellRef governance, slice.load_ref());
  TRY_VOID(slice.expect_end());
  TRY_VOID(read_lists(lists, out));
  TRY_VOID(read_members(members, out));
  TRY_VOID(read_governance(governance, out));
  return out;
}

Result<CellRef> write_contract(const ContractState& state) {
  Builder data;
  for (const auto parameter : kSmallParameters) data.uint(state.parameters.*parameter, 32);
  store_amount(data, state.parameters.price_floor);
  store_amount(data, state.parameters.stake_min);
  TRY(const CellRef lists, write_lists(state));
  TRY(const CellRef members, write_members(state));
  data.ref(lists).ref(members);
  TRY_VOID(store_entries(data, state.platform_bans));
  TRY(const CellRef governance, write_governance(state));
  return data.ref(governance).build();
}

}  // namespace cocoon::registry
