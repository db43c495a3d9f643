#pragma once

#include "base/money.h"
#include "base/strong.h"
#include "channel/error.h"
#include "crypto/keys.h"
#include "ton/block/address.h"

namespace cocoon::channel {

inline constexpr std::size_t kVoucherSize = 100;
inline constexpr std::size_t kFinalAmountSize = 60;
inline constexpr std::size_t kSignatureSize = crypto::Ed25519Signature::kSize;
inline constexpr std::size_t kSignedVoucherSize = kVoucherSize + kSignatureSize;

using VoucherSeq = TaggedNumber<struct VoucherSeqTag, std::uint64_t>;
// The time of a channel's first top-up, which tells its lives apart; 0 before it.
using ChannelEpoch = TaggedNumber<struct ChannelEpochTag, std::uint32_t>;

// Where a signature counts: in one life of one channel on one network.
struct ChannelId {
  NetworkId network;
  ton::Address address;
  ChannelEpoch epoch;
  auto operator<=>(const ChannelId&) const = default;
};

// What a payer signs for all its payments of an epoch together (docs/formats/channel.md).
struct Voucher {
  ChannelId channel;
  VoucherSeq seq;
  NanoTon cumulative;
  TermsHash context;  // terms of service, never a request: redeeming makes it public

  // kVoucherSize bytes; the workchain is within -128 … 127, as any address that was read is.
  [[nodiscard]] ByteArray<kVoucherSize> encode() const;
  // kMalformed for another length or tag; kAmount for a cumulative of 2^63 nano or more.
  [[nodiscard]] static Result<Voucher> decode(BytesView bytes);

  bool operator==(const Voucher&) const = default;
};

struct SignedVoucher {
  Voucher voucher;
  crypto::Ed25519Signature signature;

  // kSignedVoucherSize bytes: the voucher, then the signature.
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<SignedVoucher> decode(BytesView bytes);

  bool operator==(const SignedVoucher&) const = default;
};
[[nodiscard]] SignedVoucher sign_voucher(const Voucher& voucher,
                                         const crypto::Ed25519KeyPair& payer);
// kBadSignature unless this payer signed exactly these bytes.
[[nodiscard]] Status verify_voucher(const SignedVoucher& voucher,
                                    const crypto::Ed25519PublicKey& payer);

// The header cocoon-voucher: SignedVoucher::encode() in base64 with padding.
[[nodiscard]] std::string voucher_header(const SignedVoucher& voucher);
[[nodiscard]] Result<SignedVoucher> parse_voucher_header(std::string_view text);

// What both ends sign to close at once.
struct FinalAmount {
  ChannelId channel;
  NanoTon amount;  // all that the payee gets in this epoch

  [[nodiscard]] ByteArray<kFinalAmountSize> encode() const;
  [[nodiscard]] static Result<FinalAmount> decode(BytesView bytes);

  bool operator==(const FinalAmount&) const = default;
};
[[nodiscard]] crypto::Ed25519Signature sign_final_amount(const FinalAmount& amount,
                                                         const crypto::Ed25519KeyPair& end);
[[nodiscard]] Status verify_final_amount(const FinalAmount& amount,
                                         const crypto::Ed25519Signature& signature,
                                         const crypto::Ed25519PublicKey& end);

// The representation hash of the ordinary cell that has these whole bytes, at most 127, and no
// references (TVM whitepaper §3.1.5): what the contract checks signatures over.
[[nodiscard]] ByteArray<32> cell_hash_of(BytesView bytes);

}  // namespace cocoon::channel
