#pragma once

#include "registry/entries.h"
#include "registry/snapshot.h"

namespace cocoon::registry {

// Something in the contract's state that does not count, because it is not what its list may hold.
struct RefusedEntry {
  std::string list;  // "images", …, "platform_bans", "proxies"
  std::string key;   // in hexadecimal
  std::string why;
};

// What a registry says to those who read it.
struct Reading {
  Snapshot snapshot;
  std::vector<RefusedEntry> refused;
};

// What counts of a contract's state on this network. An entry that is not as it should be does not
// count, and is told in `refused`: it would have allowed something. A platform ban counts for the
// id that it names, whatever its key. kBadTerms for parameters out of range and for longer lists
// than a policy may have (docs/formats/policy.md): then nothing of the registry counts.
[[nodiscard]] Result<Reading> read_snapshot(const ContractState& state, NetworkId network);

// Who decides, and what a snapshot does not say.
struct Founding {
  ton::Address owner;
  ton::Address guardian;
  std::chrono::seconds addition_delay = std::chrono::hours(1);
  std::chrono::seconds unstake_delay = std::chrono::hours(1);
  std::chrono::seconds anchor_interval = std::chrono::hours(1);
  std::string roots_name;  // whose the roots are
  NanoTon stake;           // of each proxy, which the owner owns
  UnixSeconds at;          // when the proxies were registered
};
// The state of a new contract from which read_snapshot() gives this snapshot again, but for the
// proxies' names. ton's kLimit if a name does not fit into a cell.
[[nodiscard]] Result<ContractState> found_contract(const Snapshot& snapshot,
                                                   const Founding& founding);

}  // namespace cocoon::registry
