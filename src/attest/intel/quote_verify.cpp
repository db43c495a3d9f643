#include "attest/intel/quote_verify.h"

#include <algorithm>

#include "attest/intel/malformed.h"
#include "attest/intel/names.h"

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

Status check_names(const std::vector<crypto::Certificate>& chain,
                   const crypto::CertificateFingerprint& root) {
  const std::string ca = chain[1].subject_common_name();
  const bool ca_named =
      has_role_name(ca, kRolePlatformCa, root) || has_role_name(ca, kRoleProcessorCa, root);
  if (!has_role_name(chain[0].subject_common_name(), kRolePck, root) || !ca_named ||
      !has_role_name(chain[2].subject_common_name(), kRoleRoot, root)) {
    return fail(IntelError::kMalformed, "PCK chain: a certificate whose name is not of its place");
  }
  return {};
}

// Leaf, CA and root.
Result<std::vector<crypto::Certificate>> read_chain(const UnverifiedQuote& quote,
                                                    crypto::CertificateMemo& memo) {
  TRY(auto unordered, or_malformed(crypto::Certificate::from_pem_chain(
                                       as_text(quote.certificates()), kChainLength, memo),
                                   "PCK chain"));
  TRY(auto chain, or_malformed(crypto::order_chain(std::move(unordered)), "PCK chain"));
  if (chain.size() != kChainLength) {
    return fail(IntelError::kMalformed, "PCK chain: not exactly leaf, CA and root");
  }
  if (chain[0].is_certificate_authority()) {
    return fail(IntelError::kMalformed, "PCK chain: the leaf is an authority");
  }
  return chain;
}

Status check_root(const crypto::CertificateFingerprint& root,
                  std::span<const crypto::CertificateFingerprint> roots) {
  if (std::ranges::find(roots, root) != roots.end()) return {};
  return fail(IntelError::kUntrustedRoot, "the quote's root certificate is not in the policy");
}

Result<PckChain> verify_pck_chain(const UnverifiedQuote& quote,
                                  std::span<const crypto::CertificateFingerprint> roots,
                                  crypto::CertificateMemo& memo) {
  TRY(const auto chain, read_chain(quote, memo));
  const crypto::CertificateFingerprint root = chain.back().fingerprint();
  TRY_VOID(check_root(root, roots));
  if (const Status linked = crypto::verify_chain_links(chain, memo); !linked) {
    return bad_signature(linked.error(), "PCK chain");
  }
  TRY_VOID(check_names(chain, root));
  TRY(const PckInfo info, read_pck_info(chain[0]));
  TRY(crypto::P256Verifier verifier, or_malformed(chain[0].p256_verifier(), "PCK key"));
  return PckChain{.info = info,
                  .leaf = chain[0],
                  .issuer = chain[1],
                  .root = root,
                  .validity = crypto::common_validity(chain),
                  .key = std::move(verifier)};
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

bool has_role_name(const std::string& common_name, std::string_view role,
                   const crypto::CertificateFingerprint& root) {
  return root == intel_sgx_root() ? common_name == "Intel " + std::string(role)
                                  : common_name.ends_with(role);
}

const crypto::CertificateFingerprint& intel_sgx_root() {
  static const crypto::CertificateFingerprint root(kIntelSgxRoot);
  return root;
}

Result<std::shared_ptr<const PckChain>> QuoteVerifier::chain_of(
    const UnverifiedQuote& quote, const crypto::Sha256Digest& key,
    std::span<const crypto::CertificateFingerprint> roots, crypto::CertificateMemo& memo) {
  if (const auto* const known = chains_.find(key); known != nullptr) {
    TRY_VOID(check_root((*known)->root, roots));
    return *known;
  }
  TRY(PckChain verified, verify_pck_chain(quote, roots, memo));
  auto chain = std::make_shared<const PckChain>(std::move(verified));
  chains_.remember(key, chain);
  return chain;
}

Result<crypto::P256Verifier> QuoteVerifier::attestation_key_of(
    const UnverifiedQuote& quote, const PckChain& chain, const crypto::Sha256Digest& chain_key) {
  const crypto::Sha256Digest key =
      crypto::sha256({chain_key, quote.attestation_key().view(), quote.qe_report_bytes(),
                      quote.qe_report_signature().view(), quote.qe_authentication_data()});
  if (const auto* const known = attestation_keys_.find(key); known != nullptr) return *known;
  if (const Status valid = chain.key.verify(quote.qe_report_bytes(), quote.qe_report_signature());
      !valid) {
    return bad_signature(valid.error(), "QE report");
  }
  TRY_VOID(check_qe_binding(quote));
  auto verifier = crypto::P256Verifier::create(quote.attestation_key());
  if (!verifier) return bad_signature(verifier.error(), "attestation key");
  attestation_keys_.remember(key, *verifier);
  return std::move(*verifier);
}

Result<VerifiedQuote> QuoteVerifier::verify(UnverifiedQuote quote,
                                            std::span<const crypto::CertificateFingerprint> roots) {
  crypto::CertificateMemo nothing;
  return verify(std::move(quote), roots, nothing);
}

Result<VerifiedQuote> QuoteVerifier::verify(UnverifiedQuote quote,
                                            std::span<const crypto::CertificateFingerprint> roots,
                                            crypto::CertificateMemo& memo) {
  const crypto::Sha256Digest chain_key = crypto::sha256(quote.certificates());
  TRY(std::shared_ptr<const PckChain> chain, chain_of(quote, chain_key, roots, memo));
  TRY(const crypto::P256Verifier verifier, attestation_key_of(quote, *chain, chain_key));
  if (const Status valid = verifier.verify(quote.signed_part(), quote.signature()); !valid) {
    return bad_signature(valid.error(), "quote");
  }
  return VerifiedQuote(std::move(quote), std::move(chain));
}

Result<VerifiedQuote> verify_quote(UnverifiedQuote quote,
                                   std::span<const crypto::CertificateFingerprint> roots) {
  return QuoteVerifier().verify(std::move(quote), roots);
}

}  // namespace cocoon::attest::intel
