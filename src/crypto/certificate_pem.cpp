#include <algorithm>

#include "crypto/certificate.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

bool is_blank(char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

// RFC 7468 base64 text: the alphabet, line ends and final padding only.
Result<Bytes> decode(std::string_view armoured) {
  std::string digits;
  digits.reserve(armoured.size());
  std::ranges::copy_if(armoured, std::back_inserter(digits), [](char c) { return !is_blank(c); });
  const std::size_t padding = static_cast<std::size_t>(std::ranges::count(digits, '='));
  const std::size_t body = digits.size() - padding;
  const bool well_formed =
      !digits.empty() && digits.size() % 4 == 0 && padding <= 2 &&
      std::ranges::all_of(digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(body),
                          is_base64);
  if (!well_formed) return fail(CryptoError::kBadCertificate, "PEM body is not base64");
  Bytes out(digits.size() / 4 * 3);
  const int length = EVP_DecodeBlock(openssl::raw(MutableBytesView(out)),
                                     reinterpret_cast<const unsigned char*>(digits.data()),
                                     static_cast<int>(digits.size()));
  if (length < 0 || static_cast<std::size_t>(length) != out.size()) {
    return openssl::refuse(CryptoError::kBadCertificate, "PEM body is not base64");
  }
  // Unused bits of the last digit decode to nothing, so that only zeros may stand there.
  std::string again(digits.size() + 1, '\0');
  out.resize(out.size() - padding);
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(again.data()), openssl::raw(BytesView(out)),
                  static_cast<int>(out.size()));
  again.pop_back();
  if (again != digits) {
    return fail(CryptoError::kBadCertificate, "PEM body is not canonical base64");
  }
  return out;
}

}  // namespace

Result<std::vector<Certificate>> Certificate::from_pem_chain(std::string_view pem,
                                                             std::size_t max_count) {
  CertificateMemo nothing;
  return from_pem_chain(pem, max_count, nothing);
}

Result<std::vector<Certificate>> Certificate::from_pem_chain(std::string_view pem,
                                                             std::size_t max_count,
                                                             CertificateMemo& memo) {
  constexpr std::size_t kTextMaxPerCertificate =
      24576;  // base64 of the longest DER that from_der takes, with room
  if (pem.size() / kTextMaxPerCertificate > max_count) {
    return fail(CryptoError::kBadCertificate, "PEM text too long");
  }
  if (pem.ends_with('\0')) pem.remove_suffix(1);
  std::vector<Certificate> out;
  for (skip_blanks(pem); !pem.empty(); skip_blanks(pem)) {
    if (out.size() == max_count) return fail(CryptoError::kBadCertificate, "too many certificates");
    if (!pem.starts_with(kBegin))
      return fail(CryptoError::kBadCertificate, "not a PEM certificate");
    pem.remove_prefix(kBegin.size());
    const std::size_t end = pem.find(kEnd);
    if (end == std::string_view::npos)
      return fail(CryptoError::kBadCertificate, "PEM certificate without end");
    TRY(const Bytes der, decode(pem.substr(0, end)));
    pem.remove_prefix(end + kEnd.size());
    TRY(Certificate certificate, memo.read(der));
    out.push_back(std::move(certificate));
  }
  if (out.empty()) return fail(CryptoError::kBadCertificate, "no certificate in the PEM text");
  return out;
}

}  // namespace cocoon::crypto
