#include "ton/wallet/wallet.h"

#include "codec/base64.h"
#include "ton/cell/boc.h"
#include "ton/wallet/wallet_code.h"

namespace cocoon::ton {
namespace {

constexpr std::size_t kMessagesMax = 4;
constexpr std::uint32_t kV4Subwallet = 698983191;  // of workchain 0; others add the workchain
constexpr std::uint32_t kV5SignedExternal = 0x7369676e;
constexpr std::uint32_t kSendMessageAction =
    0x0ec3c86d;  // action_send_msg#0ec3c86d mode:(## 8) out_msg:^
constexpr std::uint8_t kIgnoreErrors = 2;

Result<CellRef> code_of(WalletVersion version) {
  TRY(const Bytes boc,
      codec::from_base64(version == WalletVersion::kV4R2 ? kWalletV4R2Code : kWalletV5R1Code));
  return parse_boc_root(boc);
}

// v5: the network's id XOR (client context: 1 ‖ workchain i8 ‖ version 0 ‖ subwallet 0); v4: the
// subwallet.
std::uint32_t wallet_id_number(const WalletId& id) {
  if (id.version == WalletVersion::kV4R2)
    return kV4Subwallet + static_cast<std::uint32_t>(id.workchain);
  const std::uint32_t context =
      0x80000000U | static_cast<std::uint32_t>(static_cast<std::uint8_t>(id.workchain)) << 23U;
  return static_cast<std::uint32_t>(id.network.value()) ^ context;
}

// out_list$_ prev:^(OutList n) action:OutAction, the first action innermost.
Result<CellRef> out_list(const std::vector<CellRef>& messages, std::uint8_t mode) {
  CellRef list = Cell::empty();
  for (const CellRef& message : messages) {
    TRY(list, Builder().ref(list).uint(kSendMessageAction, 32).uint(mode, 8).ref(message).build());
  }
  return list;
}

// What is signed.
Result<Builder> unsigned_body(const WalletId& id, const Transfer& transfer) {
  std::vector<CellRef> messages;
  for (const InternalMessage& message : transfer.messages) {
    TRY(messages.emplace_back(), internal_message(message));
  }
  const std::uint32_t valid_until = transfer.valid_until.value();
  Builder body;
  if (id.version == WalletVersion::kV4R2) {
    body.uint(wallet_id_number(id), 32).uint(valid_until, 32).uint(transfer.seqno, 32).uint(0, 8);
    for (const CellRef& message : messages) body.uint(transfer.send_mode, 8).ref(message);
    return body;
  }
  TRY(const CellRef actions, out_list(messages, transfer.send_mode | kIgnoreErrors));
  body.uint(kV5SignedExternal, 32)
      .uint(wallet_id_number(id), 32)
      .uint(valid_until, 32)
      .uint(transfer.seqno, 32);
  body.maybe_ref(actions).bit(false);  // no other actions
  return body;
}

}  // namespace

Result<StateInit> wallet_state(const WalletId& id, const crypto::Ed25519PublicKey& key) {
  StateInit state;
  TRY(state.code, code_of(id.version));
  Builder data;
  if (id.version == WalletVersion::kV5R1) data.bit(true);  // signatures are allowed
  data.uint(0, 32)
      .uint(wallet_id_number(id), 32)
      .bytes(key.view())
      .bit(false);  // no plugins, no extensions
  TRY(state.data, data.build());
  return state;
}

Result<Address> wallet_address(const WalletId& id, const crypto::Ed25519PublicKey& key) {
  TRY(const StateInit state, wallet_state(id, key));
  return address_of(id.workchain, state);
}

Result<CellRef> signed_transfer(const WalletId& id, const crypto::Ed25519KeyPair& key,
                                const Transfer& transfer) {
  if (transfer.messages.empty() || transfer.messages.size() > kMessagesMax) {
    return fail(TonError::kLimit, "a transfer has 1 to 4 messages");
  }
  TRY(const Builder body, unsigned_body(id, transfer));
  TRY(const CellRef to_sign, body.build());
  const crypto::Ed25519Signature signature = key.sign(to_sign->hash().view());
  TRY(const Slice content, Slice::open(to_sign));
  // v4 has the signature in front, v5 behind.
  Builder with_signature;
  if (id.version == WalletVersion::kV4R2) with_signature.bytes(signature.view());
  with_signature.rest_of(content);
  if (id.version == WalletVersion::kV5R1) with_signature.bytes(signature.view());
  return with_signature.build();
}

Result<CellRef> transfer_message(const WalletId& id, const crypto::Ed25519KeyPair& key,
                                 const Transfer& transfer) {
  TRY(const StateInit state, wallet_state(id, key.public_key()));
  TRY(const Address address, address_of(id.workchain, state));
  TRY(const CellRef body, signed_transfer(id, key, transfer));
  return external_message(address, transfer.seqno == 0 ? std::optional(state) : std::nullopt, body);
}

Result<std::uint32_t> wallet_seqno(const WalletId& id, const std::optional<Account>& account) {
  if (!account || account->status == AccountStatus::kUninitialized) return 0U;
  if (!account->state || account->state->code == nullptr || account->state->data == nullptr) {
    return fail(TonError::kUnknown, "a wallet that is frozen or empty");
  }
  TRY(const CellRef code, code_of(id.version));
  if (account->state->code->hash() != code->hash())
    return fail(TonError::kUnknown, "an account that is another contract");
  TRY(Slice data, Slice::open(account->state->data));
  if (id.version == WalletVersion::kV5R1) TRY_VOID(data.skip(1));
  return data.load<std::uint32_t>();
}

}  // namespace cocoon::ton
