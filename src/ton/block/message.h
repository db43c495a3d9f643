#pragma once

#include <optional>

#include "ton/block/address.h"

namespace cocoon::ton {

// _ fixed_prefix_length:(Maybe (## 5)) special:(Maybe TickTock) code:(Maybe ^Cell) data:(Maybe
// ^Cell)
//   library:(Maybe ^Cell) = StateInit; the first two absent here.
struct StateInit {
  CellRef code;
  CellRef data;
  CellRef library;  // null for none
};
[[nodiscard]] Result<CellRef> state_init_cell(const StateInit& init);
// kUnknown for a fixed prefix (they are not used on the networks this library reads).
[[nodiscard]] Result<StateInit> load_state_init(Slice& slice);
// Where a contract with this initial state lives.
[[nodiscard]] Result<Address> address_of(std::int32_t workchain, const StateInit& init);

// message$_ info:(ext_in_msg_info$10 src:addr_none dest import_fee:0) init:(Maybe (Either StateInit
// ^StateInit))
//   body:(Either X ^X); init inline when it fits, body in a reference when it does not.
[[nodiscard]] Result<CellRef> external_message(const Address& to,
                                               const std::optional<StateInit>& init,
                                               const CellRef& body);
// The same message with sender, fee and init taken away and the body in a reference: its hash names
// the message whatever the relay did to it (TEP-467).
[[nodiscard]] Result<CellHash> normalized_hash(const Address& to, const CellRef& body);

// int_msg_info$0 as a wallet sends it: source, fees and times left for the validators to fill in.
struct InternalMessage {
  Address to;
  Bounce bounce = Bounce::kBounceable;
  NanoTon amount = {};
  std::optional<StateInit> init = {};
  CellRef body = Cell::empty();
};
[[nodiscard]] Result<CellRef> internal_message(const InternalMessage& message);
// A comment as wallets show it: op 0, then UTF-8 text continued in references.
[[nodiscard]] Result<CellRef> comment_body(std::string_view text);

// What a proven transaction's incoming external message is.
struct ExternalIn {
  Address to;
  CellRef body;
};
// Nothing if the message is of another kind.
[[nodiscard]] Result<std::optional<ExternalIn>> read_external_in(const CellRef& message);

}  // namespace cocoon::ton
