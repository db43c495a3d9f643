#pragma once

#include <array>
#include <map>
#include <optional>

#include "base/money.h"
#include "base/strong.h"
#include "crypto/keys.h"
#include "registry/error.h"
#include "ton/block/address.h"

// The registry contract's state, cell for cell (docs/formats/registry.md, "State").
namespace cocoon::registry {

inline constexpr std::size_t kListEntriesMax = 4096;
inline constexpr std::size_t kProxiesMax = 4096;
inline constexpr std::size_t kPlatformBansMax = 65'536;
inline constexpr std::size_t kDepartedMax = 65'536;
inline constexpr std::size_t kPendingMax = 4096;

using ContractCodeHash = ton::CellHash;
// Of contracts/code/registry.json.
[[nodiscard]] const ContractCodeHash& contract_code_hash();

using EntryKey = Hash256<struct RegistryEntryKeyTag>;
// What a list holds, unread: the contract moves entries and does not look into them.
using EntryCells = std::map<EntryKey, ton::CellRef>;

// The order is the contract's.
enum class ListKind : std::uint8_t { kImages = 0, kModels = 1, kRoots = 2, kTerms = 3 };
inline constexpr std::size_t kListKinds = 4;
[[nodiscard]] std::string_view name_of(ListKind kind);  // "images", …

// Times in seconds.
struct ContractParameters {
  std::uint32_t key_epoch = 0;
  std::uint32_t key_grace = 0;
  std::uint32_t statement_age_max = 0;
  std::uint32_t statement_block_interval = 0;  // blocks
  std::uint32_t evaluation_number_min = 0;
  std::uint32_t anchor_interval = 0;
  std::uint32_t addition_delay = 0;
  std::uint32_t unstake_delay = 0;
  NanoTon price_floor;
  NanoTon stake_min;
  auto operator<=>(const ContractParameters&) const = default;
};

// A proxy that may serve. `details` is what its owner wrote, unread.
struct ContractProxy {
  ton::Address owner;
  NanoTon stake;
  UnixSeconds registered_at;
  ton::CellRef details;
};

// A proxy that left or was banned, until its stake is withdrawn or the ban lifted.
struct DepartedProxy {
  std::optional<ton::Address> owner;  // nothing if it was banned before it registered
  NanoTon stake;
  UnixSeconds unlocks_at;
  enum class Standing : std::uint8_t { kLeft = 0, kBanned = 1 } standing = Standing::kLeft;
};

// A change that waits for its time.
struct PendingChange {
  UnixSeconds applies_at;
  ton::CellRef change;
};

struct ContractState {
  ContractParameters parameters;
  std::array<EntryCells, kListKinds> lists;  // by ListKind
  EntryCells platform_bans;
  std::map<crypto::Ed25519PublicKey, ContractProxy> proxies;
  std::map<crypto::Ed25519PublicKey, DepartedProxy> departed;
  NanoTon stakes;  // of all proxies and departed ones
  ton::Address owner;
  ton::Address guardian;
  std::uint64_t next_id = 0;
  std::map<std::uint64_t, PendingChange> pending;

  [[nodiscard]] const EntryCells& list(ListKind kind) const {
    return lists[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] EntryCells& list(ListKind kind) { return lists[static_cast<std::size_t>(kind)]; }
};

// (MsgAddress): addr_none$00 or addr_std.
[[nodiscard]] Result<std::optional<ton::Address>> load_maybe_address(ton::Slice& slice);
void store_maybe_address(ton::Builder& to, const std::optional<ton::Address>& address);
[[nodiscard]] Result<ContractParameters> load_parameters(ton::Slice& slice);

// Reads the contract's data cell. Refuses whatever the contract itself does not write, a count that
// is not the number of proxies, and more entries than the limits above. Entries, proxies' details
// and changes are not looked into.
[[nodiscard]] Result<ContractState> read_contract(const ton::CellRef& data);
// The inverse. ton's kLimit if something does not fit into a cell.
[[nodiscard]] Result<ton::CellRef> write_contract(const ContractState& state);

}  // namespace cocoon::registry
