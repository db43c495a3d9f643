#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/verify.h"
#include "codec/json.h"
#include "provenance/bundle/part.h"
#include "provenance/log/checkpoint.h"
#include "provenance/receipt.h"

namespace cocoon::provenance::bundle {

// What a bundle may prove, in the order in which one follows from the other.
enum class LinkName : std::uint8_t {
  kAnswer,    // the text is what the receipt commits to
  kQuestion,  // what was asked, likewise
  kReceipt,   // the worker signed it
  kModel,     // the worker's statement names this model, and the registry lists it
  kImage,     // the machine measured this software, and the registry lists it
  kMachine,   // confidential hardware vouches for the worker's key and software
  kLogged,    // a proxy's log holds the receipt
  kAnchored,  // and TON the log's root
  kParents,   // these are the earlier receipts that this one names
};
[[nodiscard]] std::string_view name_of(LinkName name);  // "answer", …

enum class LinkState : std::uint8_t {
  kProven,
  kUnproven,  // it is there and nothing is wrong with it, but nothing vouches for it
  kAbsent,
  kRefused,
};
[[nodiscard]] std::string_view name_of(LinkState state);  // "proven", …

struct Link {
  LinkName name;
  LinkState state;
  std::string text;          // for a person
  std::optional<Part> part;  // of the bundle, that is at fault; only when refused
};

// What became of a bundle.
struct Chain {
  std::vector<Link> links;
  std::vector<std::string> not_proven;  // sentences, for a person

  std::optional<Receipt> receipt;  // once its signature holds
  ReceiptHash receipt_hash;
  std::optional<attest::VerifiedWorker> worker;  // once its evidence holds, by `policy`
  PolicyHash policy;
  UnixSeconds judged_at;
  std::optional<log::Checkpoint> checkpoint;  // that holds the receipt
  std::uint64_t log_index = 0;

  [[nodiscard]] const Link* find(LinkName name) const;
  // Nothing is refused, and receipt, model, image and machine are proven.
  [[nodiscard]] bool holds() const;
  // The first link that was refused.
  [[nodiscard]] const Link* refused() const;
  // What `cocoon verify --json` prints (docs/formats/bundle.md).
  [[nodiscard]] codec::Json to_json() const;
};

}  // namespace cocoon::provenance::bundle
