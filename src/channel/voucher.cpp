#include "channel/voucher.h"

#include "base/reader.h"
#include "codec/base64.h"
#include "crypto/hash.h"

namespace cocoon::channel {
namespace {

constexpr std::string_view kVoucherTag = "CCV1";
constexpr std::string_view kFinalAmountTag = "CCF1";
constexpr std::size_t kAmountHighBytes = 7;  // of a u120, above the 64 bits that programs handle

void write_channel(Writer& to, const ChannelId& channel) {
  to.u32(static_cast<std::uint32_t>(channel.network.value()))
      .u8(static_cast<std::uint8_t>(channel.address.workchain))
      .bytes(channel.address.account.view())
      .u32(channel.epoch.value());
}

Result<ChannelId> read_channel_id(Reader& from) {
  ChannelId channel;
  TRY(const std::uint32_t network, from.u32());
  channel.network = NetworkId(static_cast<std::int32_t>(network));
  TRY(const std::uint8_t workchain, from.u8());
  // int8 in two's complement.
  channel.address.workchain = workchain < 0x80 ? workchain : workchain - 0x100;
  TRY(channel.address.account, from.tagged<ton::AccountId>());
  TRY(const std::uint32_t epoch, from.u32());
  channel.epoch = ChannelEpoch(epoch);
  return channel;
}

void write_amount(Writer& to, NanoTon amount) { to.zeros(kAmountHighBytes).u64(amount.nano()); }

Result<NanoTon> read_amount(Reader& from) {
  TRY(const BytesView high, from.take(kAmountHighBytes));
  TRY(const std::uint64_t low, from.u64());
  const bool is_small = std::ranges::all_of(high, [](std::byte b) { return b == std::byte{0}; });
  if (!is_small || low > NanoTon::kMax)
    return fail(ChannelError::kAmount, "an amount of 2^63 nano or more");
  return NanoTon::from_nano(low);
}

Status expect(Reader& from, std::size_t size, std::string_view tag) {
  if (from.remaining() != size)
    return fail(ChannelError::kMalformed, "not of the length that a payment's document has");
  TRY(const BytesView found, from.take(tag.size()));
  if (!equal(found, as_bytes(tag)))
    return fail(ChannelError::kUnsupportedVersion, "a payment's document of an unknown kind");
  return {};
}

template <std::size_t N>
ByteArray<N> array_of(const Writer& writer) {
  ByteArray<N> out{};
  std::ranges::copy(writer.view().first(N), out.begin());
  return out;
}

Status verify(BytesView document, const crypto::Ed25519Signature& signature,
              const crypto::Ed25519PublicKey& key) {
  if (!crypto::verify_ed25519(key, cell_hash_of(document), signature))
    return fail(ChannelError::kBadSignature, "not signed by the key of this channel's end");
  return {};
}

}  // namespace

ByteArray<32> cell_hash_of(BytesView bytes) {
  const ByteArray<2> descriptors{std::byte{0}, static_cast<std::byte>(bytes.size() * 2)};
  return crypto::sha256({descriptors, bytes});
}

ByteArray<kVoucherSize> Voucher::encode() const {
  Writer writer;
  writer.bytes(as_bytes(kVoucherTag));
  write_channel(writer, channel);
  writer.u64(seq.value());
  write_amount(writer, cumulative);
  writer.bytes(context.view());
  return array_of<kVoucherSize>(writer);
}

Result<Voucher> Voucher::decode(BytesView bytes) {
  Reader reader(bytes);
  TRY_VOID(expect(reader, kVoucherSize, kVoucherTag));
  Voucher voucher;
  TRY(voucher.channel, read_channel_id(reader));
  TRY(const std::uint64_t seq, reader.u64());
  voucher.seq = VoucherSeq(seq);
  TRY(voucher.cumulative, read_amount(reader));
  TRY(voucher.context, reader.tagged<TermsHash>());
  return voucher;
}

Bytes SignedVoucher::encode() const { return concat({voucher.encode(), signature.view()}); }

Result<SignedVoucher> SignedVoucher::decode(BytesView bytes) {
  if (bytes.size() != kSignedVoucherSize)
    return fail(ChannelError::kMalformed, "not of the length that a signed voucher has");
  SignedVoucher out;
  TRY(out.voucher, Voucher::decode(bytes.first(kVoucherSize)));
  TRY(out.signature, crypto::Ed25519Signature::from(bytes.subspan(kVoucherSize)));
  return out;
}

SignedVoucher sign_voucher(const Voucher& voucher, const crypto::Ed25519KeyPair& payer) {
  return {.voucher = voucher, .signature = payer.sign(cell_hash_of(voucher.encode()))};
}

Status verify_voucher(const SignedVoucher& voucher, const crypto::Ed25519PublicKey& payer) {
  return verify(voucher.voucher.encode(), voucher.signature, payer);
}

std::string voucher_header(const SignedVoucher& voucher) {
  return codec::to_base64(voucher.encode());
}

Result<SignedVoucher> parse_voucher_header(std::string_view text) {
  const Result<Bytes> bytes = codec::from_base64(text);
  if (!bytes) return fail(ChannelError::kMalformed, "a voucher that is not base64");
  return SignedVoucher::decode(*bytes);
}

ByteArray<kFinalAmountSize> FinalAmount::encode() const {
  Writer writer;
  writer.bytes(as_bytes(kFinalAmountTag));
  write_channel(writer, channel);
  write_amount(writer, amount);
  return array_of<kFinalAmountSize>(writer);
}

Result<FinalAmount> FinalAmount::decode(BytesView bytes) {
  Reader reader(bytes);
  TRY_VOID(expect(reader, kFinalAmountSize, kFinalAmountTag));
  FinalAmount out;
  TRY(out.channel, read_channel_id(reader));
  TRY(out.amount, read_amount(reader));
  return out;
}

crypto::Ed25519Signature sign_final_amount(const FinalAmount& amount,
                                           const crypto::Ed25519KeyPair& end) {
  return end.sign(cell_hash_of(amount.encode()));
}

Status verify_final_amount(const FinalAmount& amount, const crypto::Ed25519Signature& signature,
                           const crypto::Ed25519PublicKey& end) {
  return verify(amount.encode(), signature, end);
}

}  // namespace cocoon::channel
