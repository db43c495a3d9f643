#include "ton/block/message.h"

namespace cocoon::ton {
namespace {

// init:(Maybe (Either StateInit ^StateInit)) body:(Either X ^X), as @ton/core packs them.
Result<CellRef> finish_message(Builder head, const std::optional<StateInit>& init,
                               const CellRef& body) {
  if (init) {
    TRY(const CellRef state, state_init_cell(*init));
    head.bit(true);
    // Room for the state, the body's own bit, and the references.
    if (head.bits_used() + 2 + state->bits() <= kCellBitsMax &&
        head.refs_used() + state->refs().size() + 1 <= kCellRefsMax) {
      TRY(const Slice slice, Slice::open(state));
      head.bit(false).rest_of(slice);
    } else {
      head.bit(true).ref(state);
    }
  } else {
    head.bit(false);
  }
  if (head.bits_used() + 1 + body->bits() <= kCellBitsMax &&
      head.refs_used() + body->refs().size() <= kCellRefsMax) {
    TRY(const Slice slice, Slice::open(body));
    head.bit(false).rest_of(slice);
  } else {
    head.bit(true).ref(body);
  }
  return head.build();
}

Builder external_head(const Address& to) {
  Builder head;
  head.uint(0b10, 2).uint(0b00, 2);  // ext_in_msg_info, addr_none
  store_address(head, to);
  head.coins(NanoTon());
  return head;
}

}  // namespace

Result<CellRef> state_init_cell(const StateInit& init) {
  return Builder()
      .uint(0, 2)
      .maybe_ref(init.code)
      .maybe_ref(init.data)
      .maybe_ref(init.library)
      .build();
}

Result<StateInit> load_state_init(Slice& slice) {
  TRY(const bool has_prefix, slice.load_bit());
  if (has_prefix) return fail(TonError::kUnknown, "a contract with a fixed address prefix");
  TRY(const bool is_special, slice.load_bit());
  if (is_special) TRY_VOID(slice.skip(2));
  StateInit init;
  TRY(init.code, slice.load_maybe_ref());
  TRY(init.data, slice.load_maybe_ref());
  TRY(init.library, slice.load_maybe_ref());
  return init;
}

Result<Address> address_of(std::int32_t workchain, const StateInit& init) {
  TRY(const CellRef cell, state_init_cell(init));
  return Address{workchain, AccountId(cell->hash().bytes())};
}

Result<CellRef> external_message(const Address& to, const std::optional<StateInit>& init,
                                 const CellRef& body) {
  return finish_message(external_head(to), init, body);
}

Result<CellHash> normalized_hash(const Address& to, const CellRef& body) {
  TRY(const CellRef message, external_head(to).bit(false).bit(true).ref(body).build());
  return message->hash();
}

Result<CellRef> internal_message(const InternalMessage& message) {
  Builder head;
  head.bit(false)
      .bit(true)
      .bit(message.bounce == Bounce::kBounceable)
      .bit(false);  // ihr_disabled, bounce, bounced
  head.uint(0b00, 2);
  store_address(head, message.to);
  head.coins(message.amount).bit(false);   // no extra currencies
  head.coins(NanoTon()).coins(NanoTon());  // extra_flags, fwd_fee
  head.uint(0, 64).uint(0, 32);            // created_lt, created_at
  return finish_message(std::move(head), message.init, message.body);
}

Result<CellRef> comment_body(std::string_view text) {
  // Whole bytes: 4 for the op and 123 of text in the first cell, 127 in each further one; built
  // from the end.
  constexpr std::size_t kFirst = 123;
  constexpr std::size_t kFurther = 127;
  if (text.size() > kFirst + kFurther * 100)
    return fail(TonError::kLimit, "a comment that is too long");
  std::vector<std::string_view> parts{text.substr(0, kFirst)};
  for (std::size_t at = kFirst; at < text.size(); at += kFurther)
    parts.push_back(text.substr(at, kFurther));
  CellRef tail;
  for (std::size_t i = parts.size(); i-- > 0;) {
    Builder cell;
    if (i == 0) cell.uint(0, 32);
    cell.bytes(as_bytes(parts[i]));
    if (tail != nullptr) cell.ref(tail);
    TRY(tail, cell.build());
  }
  return tail;
}

Result<std::optional<ExternalIn>> read_external_in(const CellRef& message) {
  TRY(Slice slice, Slice::open(message));
  TRY(const std::uint64_t kind, slice.load_uint(2));
  if (kind != 0b10) return std::optional<ExternalIn>();
  TRY(const std::uint64_t source, slice.load_uint(2));
  if (source == 0b01) {  // addr_extern$01 len:(## 9) external_address:(bits len)
    TRY(const std::uint64_t length, slice.load_uint(9));
    TRY_VOID(slice.skip(length));
  } else if (source != 0) {
    return fail(TonError::kUnknown, "an external message from an unknown form of address");
  }
  ExternalIn external;
  TRY(external.to, load_address(slice));
  TRY_VOID(slice.load_coins());
  TRY(const bool has_init, slice.load_bit());
  if (has_init) {
    TRY(const bool in_reference, slice.load_bit());
    if (in_reference) {
      TRY_VOID(slice.load_ref());
    } else {
      TRY_VOID(load_state_init(slice));
    }
  }
  TRY(const bool body_in_reference, slice.load_bit());
  if (body_in_reference) {
    TRY(external.body, slice.load_ref());
  } else {
    external.body = slice.rest_as_cell();
  }
  return std::optional(std::move(external));
}

}  // namespace cocoon::ton
