#include "attest/intel/collateral.h"

#include <algorithm>

#include "attest/intel/malformed.h"
#include "codec/base64.h"

namespace cocoon::attest::intel {
namespace {

using codec::Json;

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Result<std::string> text_member(const Json& collateral, std::string_view key) {
  const Json* const value = collateral.find(key);
  if (value == nullptr) return fail(IntelError::kMalformed, std::string(key) + " is missing");
  if (value->as_string() == nullptr) {
    return fail(IntelError::kMalformed, std::string(key) + " is not a text");
  }
  return *value->as_string();
}

// The certificates of a chain: PEM, or as the headers of Intel's service carry it, with PEM's
// blanks and line ends as %20 and %0A.
Result<std::string> chain_member(const Json& collateral, std::string_view key) {
  TRY(std::string text, text_member(collateral, key));
  if (!text.contains('%')) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    const auto byte = from_hex(std::string_view(text).substr(at + 1, 2));
    if (!byte || byte->size() != 1) {
      return fail(IntelError::kMalformed, std::string(key) + " has an incomplete escape");
    }
    out += static_cast<char>((*byte)[0]);
    at += 2;
  }
  return out;
}

// A revocation list as hexadecimal of its DER, as PEM, or as base64 of its DER: PCS, PCCS and the
// libraries around them hand out each of these.
Result<Bytes> list_member(const Json& collateral, std::string_view key) {
  constexpr std::string_view kBegin = "-----BEGIN X509 CRL-----";
  constexpr std::string_view kEnd = "-----END X509 CRL-----";
  TRY(const std::string whole, text_member(collateral, key));
  std::string_view text = trimmed(whole);
  if (auto bytes = from_hex(text); bytes && !bytes->empty()) return bytes;
  if (text.starts_with(kBegin) && text.ends_with(kEnd) &&
      text.size() >= kBegin.size() + kEnd.size()) {
    text.remove_prefix(kBegin.size());
    text.remove_suffix(kEnd.size());
  }
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits),
                       [](char c) { return !kBlanks.contains(c); });
  auto bytes = codec::from_base64(digits);
  if (!bytes || bytes->empty()) {
    return fail(IntelError::kMalformed, std::string(key) + " is no revocation list");
  }
  return std::move(*bytes);
}

Result<crypto::P256Signature> signature_of(std::string_view hex, std::string_view what) {
  auto signature = crypto::P256Signature::from_hex(trimmed(hex));
  if (!signature) {
    return fail(IntelError::kMalformed, std::string(what) + " is not 64 bytes in hexadecimal");
  }
  return *signature;
}

struct SignedText {
  std::string text;
  crypto::P256Signature signature;
};

// A signed document: its text in a string, as an object in place, or either of them still in PCS's
// wrapper, {"tcbInfo": …, "signature": "…"}. What is signed are the bytes as Intel wrote them.
Result<SignedText> signed_member(const Json& collateral, std::string_view raw, std::string_view key,
                                 std::string_view wrapped_as) {
  const Json* const value = collateral.find(key);
  if (value == nullptr) return fail(IntelError::kMalformed, std::string(key) + " is missing");
  SignedText out;
  if (value->as_string() != nullptr) {
    out.text = *value->as_string();
  } else {
    TRY(const std::string_view in_place, member_text(raw, key));
    out.text = std::string(in_place);
  }
  const std::string signature_key = std::string(key) + "_signature";
  std::optional<std::string> signature;
  if (collateral.find(signature_key) != nullptr) {
    TRY(signature, text_member(collateral, signature_key));
  }
  // A document that is not wrapped is read later, once its signature holds.
  if (const auto inner = member_text(out.text, wrapped_as)) {
    if (!signature) {
      TRY(const Json wrapper, codec::parse_json(out.text, {.depth = 24, .nodes = 50'000}));
      TRY(signature, text_member(wrapper, "signature"));
    }
    out.text = std::string(*inner);
  }
  if (!signature) return fail(IntelError::kMalformed, signature_key + " is missing");
  TRY(out.signature, signature_of(*signature, signature_key));
  return out;
}

Result<UnverifiedCollateral> parse_members(BytesView bytes) {
  if (bytes.size() > kCollateralBytesMax) return fail(IntelError::kMalformed, "too long");
  const std::string_view raw = as_text(bytes);
  TRY(const Json json, codec::parse_json(raw, {.depth = 24, .nodes = 100'000}));
  if (json.as_object() == nullptr) return fail(IntelError::kMalformed, "not a JSON object");
  UnverifiedCollateral out;
  TRY(SignedText tcb_info, signed_member(json, raw, "tcb_info", "tcbInfo"));
  out.tcb_info = std::move(tcb_info.text);
  out.tcb_info_signature = tcb_info.signature;
  TRY(SignedText qe_identity, signed_member(json, raw, "qe_identity", "enclaveIdentity"));
  out.qe_identity = std::move(qe_identity.text);
  out.qe_identity_signature = qe_identity.signature;
  TRY(out.tcb_info_issuer_chain, chain_member(json, "tcb_info_issuer_chain"));
  TRY(out.qe_identity_issuer_chain, chain_member(json, "qe_identity_issuer_chain"));
  TRY(out.pck_crl_issuer_chain, chain_member(json, "pck_crl_issuer_chain"));
  TRY(out.root_ca_crl, list_member(json, "root_ca_crl"));
  TRY(out.pck_crl, list_member(json, "pck_crl"));
  return out;
}

}  // namespace

Result<UnverifiedCollateral> UnverifiedCollateral::parse(BytesView json) {
  return or_malformed(parse_members(json), "collateral");
}

std::string UnverifiedCollateral::to_json() const {
  return codec::write_json(Json::object({
      {"pck_crl_issuer_chain", Json::string(pck_crl_issuer_chain)},
      {"root_ca_crl", Json::string(to_hex(root_ca_crl))},
      {"pck_crl", Json::string(to_hex(pck_crl))},
      {"tcb_info_issuer_chain", Json::string(tcb_info_issuer_chain)},
      {"tcb_info", Json::string(tcb_info)},
      {"tcb_info_signature", Json::string(tcb_info_signature.hex())},
      {"qe_identity_issuer_chain", Json::string(qe_identity_issuer_chain)},
      {"qe_identity", Json::string(qe_identity)},
      {"qe_identity_signature", Json::string(qe_identity_signature.hex())},
  }));
}

std::uint32_t VerifiedCollateral::evaluation_number() const {
  return std::min(tcb_info_.evaluation_number, qe_identity_.evaluation_number);
}

}  // namespace cocoon::attest::intel
