#pragma once

#include <cstdint>
#include <vector>

#include "base/money.h"
#include "base/strong.h"
#include "sealed/format/error.h"

// The readable part of a request envelope (docs/formats/request.md). Nothing here touches a key.
namespace cocoon::sealed {

inline constexpr std::size_t kRequestHeaderSize = 104;
inline constexpr std::size_t kRecipientFixedSize = 67;  // kid, terms_hash, mode, length of the data
inline constexpr std::size_t kHpkeWrapSize = 80;        // enc[32] ‖ Seal(CEK)[48]
inline constexpr std::size_t kCandidatesMax = 8;

// The body: chunks `len u32 | ct`, every one but the last carrying kChunkMax bytes of padded
// plaintext.
inline constexpr std::size_t kChunkMax = std::size_t{16} * 1024;
inline constexpr std::size_t kChunkOverhead = 4 + 16;  // length, tag
inline constexpr std::size_t kPaddedMin = 1024;
inline constexpr std::size_t kPaddedMax = std::size_t{32} * 1024 * 1024;
inline constexpr std::size_t kBodyBytesMax = kPaddedMax + kPaddedMax / kChunkMax * kChunkOverhead;
inline constexpr std::size_t kEnvelopeHeadBytesMax =
    kRequestHeaderSize + kCandidatesMax * (kRecipientFixedSize + kHpkeWrapSize);
// What a client posts to a proxy, and what a proxy posts to a worker.
inline constexpr std::size_t kEnvelopeBytesMax = kEnvelopeHeadBytesMax + kBodyBytesMax;
inline constexpr std::size_t kInferBytesMax =
    kRequestHeaderSize + kRecipientFixedSize + kHpkeWrapSize + kBodyBytesMax;

// A request may be valid for this long at most.
inline constexpr std::uint32_t kValiditySecondsMax = 300;

enum class Suite : std::uint8_t {
  kX25519Aes256Gcm = 1,  // DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
  kXWingAes256Gcm = 2,   // X25519 + ML-KEM-768; refused: not built yet
};
enum class Shaping : std::uint8_t {
  kPerChunk = 0,  // a frame for each piece the engine gives
  kBatched = 1,   // refused: not built yet
  kStrict = 2,    // refused: not built yet
};
enum class WrapMode : std::uint8_t {
  kHpke = 0,
  kTicket = 1,  // refused: not built yet
};

// SHA-256("cocoon/1 cek\0" ‖ CEK): one envelope opens to one plaintext only.
using CekCommitment = Hash256<struct CekCommitmentTag>;

// What the proxy and the worker may know before anything is opened. Its 104 bytes are bound to
// every wrap and to the body's keys, so nobody on the path can change a bit of it.
struct RequestHeader {
  Suite suite = Suite::kX25519Aes256Gcm;
  Shaping shaping = Shaping::kPerChunk;
  std::uint8_t candidate_count =
      1;  // n, 1 … kCandidatesMax; stays n in the copy that one worker gets
  RequestId request_id;
  UnixSeconds expires;
  std::uint32_t max_output_tokens = 0;
  NanoTon max_price;
  ModelHash model_hash;
  CekCommitment cek_commitment;

  [[nodiscard]] ByteArray<kRequestHeaderSize> encode() const;
  // Exactly kRequestHeaderSize bytes. kUnsupported for a version, suite or shaping that is not
  // served.
  [[nodiscard]] static Result<RequestHeader> decode(BytesView bytes);
  bool operator==(const RequestHeader&) const = default;
};

// The content key, wrapped for one worker.
struct Recipient {
  Kid kid;
  TermsHash terms_hash;
  WrapMode mode = WrapMode::kHpke;
  Bytes data;  // kHpke: enc[32] ‖ wrapped CEK[48]
  bool operator==(const Recipient&) const = default;
};

struct EnvelopeHead {
  RequestHeader header;
  std::vector<Recipient> recipients;
  bool operator==(const EnvelopeHead&) const = default;
};

enum class EnvelopeKind : std::uint8_t {
  kRelay,  // client to proxy: all n recipients
  kInfer,  // proxy to worker: the one recipient that the proxy chose
};

struct ParsedEnvelopeHead {
  EnvelopeHead head;
  std::size_t bytes_consumed = 0;  // the body starts here
};

// Reads header and recipients off the front of `bytes`, which may hold the body behind them.
// SealedError::kTruncated means that more bytes are needed; never so once kEnvelopeHeadBytesMax
// bytes are there.
[[nodiscard]] Result<ParsedEnvelopeHead> parse_envelope_head(BytesView bytes, EnvelopeKind kind);

// Header ‖ all recipients, as a client sends them. The recipients' number must be the header's.
[[nodiscard]] Bytes encode_relay_head(const EnvelopeHead& head);
// Header ‖ one recipient, as a worker gets them; the header's bytes stay as the client sent them.
[[nodiscard]] Bytes encode_infer_head(const RequestHeader& header, const Recipient& recipient);

}  // namespace cocoon::sealed
