#include "attest/intel/quote_verify.h"

#include <algorithm>

#include "attest/intel/malformed.h"

namespace cocoon::attest::intel {
namespace {

constexpr std::size_t kChainLength = 3;

// "44a0196b…" as bytes; SHA-256 of the DER of "Intel SGX Root CA".
constexpr ByteArray<32> kIntelSgxRoot = [] {
  constexpr std::string_view kHex =
      "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3";
  constexpr auto kDigit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  ByteArray<32> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::byte>(kDigit(kHex[2 * i]) * 16 + kDigit(kHex[2 * i + 1]));
  }
  return out;
}();

std::unexpected<Error> bad_signature(const Error& error, std::string_view what) {
  return fail(IntelError::kBadSignature, std::string(what) + ": " + error.message());
}

// Intel's certificates carry exact names; those of a development root end alike.
bool has_role_name(const std::string& common_name, std::string_view role,
                   const crypto::CertificateFingerprint& root) {
  return root == intel_sgx_root() ? common_name == "Intel " + std::string(role)
                                  : common_name.ends_with(role);
}

Status check_names(const std::vector<crypto::Certificate>& chain,
                   const crypto::CertificateFingerprint& root) {
  const std::string ca = chain[1].subject_common_name();
  const bool ca_named = has_role_name(ca, "SGX PCK Platform CA", root) ||
                        has_role_name(ca, "SGX PCK Processor CA", root);
  if (!has_role_name(chain[0].subject_common_name(), "SGX PCK Certificate", root) || !ca_named ||
      !has_role_name(chain[2].subject_common_name(), "SGX Root CA", root)) {
    return fail(IntelError::kMalformed, "PCK chain: a certificate whose name is not of its place");
  }
  return {};
}

Result<std::vector<crypto::Certificate>> read_chain(const UnverifiedQuote& quote) {
  TRY(auto chain,
      or_malformed(crypto::Certificate::from_pem_chain(as_text(quote.certificates()), kChainLength),
                   "PCK chain"));
  if (chain.size() != kChainLength) {
    return fail(IntelError::kMalformed, "PCK chain: not exactly leaf, CA and root");
  }
  if (chain[0].is_certificate_authority()) {
    return fail(IntelError::kMalformed, "PCK chain: the leaf is an authority");
  }
  return chain;
}

Status check_qe_binding(const UnverifiedQuote& quote) {
  const crypto::Sha256Digest digest =
      crypto::sha256({quote.attestation_key().view(), quote.qe_authentication_data()});
  ByteArray<64> expected{};
  std::ranges::copy(digest, expected.begin());
  if (!equal(expected, quote.qe_report().report_data)) {
    return fail(IntelError::kBadSignature, "the QE report vouches for another attestation key");
  }
  return {};
}

}  // namespace

const crypto::CertificateFingerprint& intel_sgx_root() {
  static const crypto::CertificateFingerprint root(kIntelSgxRoot);
  return root;
}

Result<VerifiedQuote> verify_quote(UnverifiedQuote quote,
                                   std::span<const crypto::CertificateFingerprint> roots,
                                   UnixSeconds at) {
  TRY(const auto chain, read_chain(quote));
  if (const Status linked = crypto::verify_chain(chain, at); !linked) {
    return bad_signature(linked.error(), "PCK chain");
  }
  const crypto::CertificateFingerprint root = chain.back().fingerprint();
  if (std::ranges::find(roots, root) == roots.end()) {
    return fail(IntelError::kUntrustedRoot, "the quote's root certificate is not in the policy");
  }
  TRY_VOID(check_names(chain, root));
  TRY(const PckInfo pck, read_pck_info(chain[0]));

  TRY(const crypto::P256PublicKey pck_key, or_malformed(chain[0].p256_public_key(), "PCK key"));
  if (const Status valid =
          crypto::verify_p256(pck_key, quote.qe_report_bytes(), quote.qe_report_signature());
      !valid) {
    return bad_signature(valid.error(), "QE report");
  }
  TRY_VOID(check_qe_binding(quote));
  if (const Status valid =
          crypto::verify_p256(quote.attestation_key(), quote.signed_part(), quote.signature());
      !valid) {
    return bad_signature(valid.error(), "quote");
  }
  return VerifiedQuote(std::move(quote), pck, root);
}

}  // namespace cocoon::attest::intel
