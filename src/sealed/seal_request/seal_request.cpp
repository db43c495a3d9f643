#include "sealed/seal_request/seal_request.h"

#include <algorithm>
#include <utility>

#include "hpke/hpke.h"

namespace cocoon::sealed {
namespace {

Status check_candidates(const std::vector<Candidate>& candidates, const RequestEntropy& entropy) {
  if (candidates.empty() || candidates.size() > kCandidatesMax) {
    return fail(SealedError::kBadArgument, "a request goes to 1 … 8 candidates");
  }
  if (entropy.ephemeral_keys.size() != candidates.size()) {
    return fail(SealedError::kBadArgument, "one ephemeral key is needed for each candidate");
  }
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    const auto before = std::span(candidates).first(i);
    if (std::ranges::count(before, candidates[i].kid, &Candidate::kid) != 0) {
      return fail(SealedError::kBadArgument, "the same candidate twice");
    }
  }
  return {};
}

struct Wrap {
  Recipient recipient;
  ResponseSecret secret;
};

Result<Wrap> wrap_for(const Candidate& candidate, const HeaderHash& header, const ContentKey& cek,
                      SecretArray<32> ephemeral_key) {
  const auto ephemeral = crypto::X25519KeyPair::from_private(std::move(ephemeral_key));
  const Bytes info = wrap_info(header, candidate.kid, candidate.terms_hash);
  auto setup = hpke::setup_sender(hpke::AeadId::kAes256Gcm, candidate.public_key, info, ephemeral);
  if (!setup.has_value()) {
    return fail(SealedError::kBadArgument, "a candidate's public key is unusable");
  }
  TRY(const Bytes wrapped, setup->context.seal({}, cek.expose()));
  return Wrap{.recipient = {.kid = candidate.kid,
                            .terms_hash = candidate.terms_hash,
                            .mode = WrapMode::kHpke,
                            .data = concat({setup->enc.view(), wrapped})},
              .secret = {.kid = candidate.kid,
                         .enc = setup->enc,
                         .secret = setup->context.export_secret<32>(response_exporter_context())}};
}

Status append_body(SequenceCipher cipher, BytesView padded, Bytes& out) {
  while (!padded.empty()) {
    const BytesView chunk = padded.first(std::min(padded.size(), kChunkMax));
    padded = padded.subspan(chunk.size());
    const std::size_t length = chunk.size() + crypto::kAeadTagSize;
    for (unsigned left = 4; left-- > 0;) {
      out.push_back(static_cast<std::byte>((length >> (8 * left)) & 0xff));
    }
    const Position position = padded.empty() ? Position::kLast : Position::kMiddle;
    TRY_VOID(cipher.seal_append(position, chunk, out));
  }
  return {};
}

}  // namespace

Result<SealedRequest> seal_request(const RequestTerms& terms, const RequestPlaintext& plaintext,
                                   const std::vector<Candidate>& candidates,
                                   RequestEntropy entropy) {
  TRY_VOID(check_candidates(candidates, entropy));
  TRY(const SecretBytes padded, encode_padded(plaintext));

  EnvelopeHead head;
  head.header = RequestHeader{.suite = Suite::kX25519Aes256Gcm,
                              .shaping = Shaping::kPerChunk,
                              .candidate_count = static_cast<std::uint8_t>(candidates.size()),
                              .request_id = terms.request_id,
                              .expires = terms.expires,
                              .max_output_tokens = terms.max_output_tokens,
                              .max_price = terms.max_price,
                              .model_hash = terms.model_hash,
                              .cek_commitment = commit_to(entropy.cek)};
  const HeaderHash hash = header_hash(head.header);

  SealedRequest sealed;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    TRY(Wrap wrap,
        wrap_for(candidates[i], hash, entropy.cek, std::move(entropy.ephemeral_keys[i])));
    head.recipients.push_back(std::move(wrap.recipient));
    sealed.secrets.push_back(std::move(wrap.secret));
  }
  const Bytes head_bytes = encode_relay_head(head);
  const std::size_t chunks = (padded.size() + kChunkMax - 1) / kChunkMax;
  sealed.envelope.reserve(head_bytes.size() + padded.size() + chunks * kChunkOverhead);
  append(sealed.envelope, head_bytes);
  TRY(SequenceCipher cipher, request_cipher(hash, entropy.cek));
  TRY_VOID(append_body(std::move(cipher), padded.expose(), sealed.envelope));
  return sealed;
}

}  // namespace cocoon::sealed
