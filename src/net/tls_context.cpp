#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>

#include "base/secret.h"
#include "crypto/certificate.h"
#include "net/error.h"
#include "net/os_random.h"

namespace cocoon::net {
namespace {

namespace ssl = boost::asio::ssl;

// The settings that both sides share.
Status harden(SSL_CTX* context) {
  const bool done =
      SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_ciphersuites(
          context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") ==
          1 &&
      SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
      SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1;
  if (!done) return fail(NetError::kLibrary, "OpenSSL: " + take_openssl_error());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return {};
}

// The DER form of a P-256 private key (RFC 5915 ECPrivateKey).
SecretBytes private_key_der(const crypto::P256KeyPair& key) {
  const auto bytes = [](std::initializer_list<unsigned> values) {
    Bytes out;
    for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
    return out;
  };
  return SecretBytes(
      concat({bytes({0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20}), key.expose_private(),
              bytes({0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1,
                     0x44, 0x03, 0x42, 0x00, 0x04}),
              key.public_key().view()}));
}

Result<crypto::P256KeyPair> new_key() {
  OsRandom random;
  for (int attempt = 0; attempt < 8; ++attempt) {  // a random scalar is out of range once in 2^32
    auto scalar = random.array<32>();
    auto key = crypto::P256KeyPair::from_private(SecretArray<32>(scalar));
    if (key) return key;
  }
  return fail(NetError::kLibrary, "no P-256 key could be made");
}

Result<crypto::Certificate> self_signed(const crypto::P256KeyPair& key) {
  constexpr std::uint32_t kDay = 24 * 60 * 60;
  const auto now =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  const crypto::CertificateTemplate what{.common_name = "cocoon",
                                         .issuer_common_name = "cocoon",
                                         .not_before = UnixSeconds(now - kDay),
                                         .not_after = UnixSeconds(now + 3650 * kDay),
                                         .subject_key = key.public_key(),
                                         .extensions = {}};
  return crypto::issue_certificate(what, key);
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_length,
                const unsigned char* offered, unsigned offered_length, void* argument) {
  const auto& ours = *static_cast<const std::vector<std::string>*>(argument);
  for (const std::string& name : ours) {
    for (unsigned at = 0; at < offered_length; at += 1U + offered[at]) {
      const unsigned length = offered[at];
      if (at + 1 + length > offered_length) break;
      if (name == std::string_view(reinterpret_cast<const char*>(offered + at + 1), length)) {
        *out = offered + at + 1;
        *out_length = static_cast<unsigned char>(length);
        return SSL_TLSEXT_ERR_OK;
      }
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

Result<ssl::context> make_client_context() {
  ssl::context context(ssl::context::tls_client);
  context.set_verify_mode(ssl::verify_none);  // on purpose: see TlsClient
  TRY_VOID(harden(context.native_handle()));
  return context;
}

Result<ssl::context> make_server_context(const std::vector<std::string>& alpns) {
  ssl::context context(ssl::context::tls_server);
  SSL_CTX* const raw = context.native_handle();
  TRY_VOID(harden(raw));
  TRY(const auto key, new_key());
  TRY(const auto certificate, self_signed(key));
  const SecretBytes key_der = private_key_der(key);
  const auto* const certificate_bytes =
      reinterpret_cast<const unsigned char*>(certificate.der().data());
  const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key_der.expose().data());
  if (SSL_CTX_use_certificate_ASN1(raw, static_cast<int>(certificate.der().size()),
                                   certificate_bytes) != 1 ||
      SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, raw, key_bytes, static_cast<long>(key_der.size())) !=
          1) {
    return fail(NetError::kLibrary, "OpenSSL: " + take_openssl_error());
  }
  SSL_CTX_set_alpn_select_cb(raw, choose_alpn, const_cast<std::vector<std::string>*>(&alpns));
  return context;
}

}  // namespace cocoon::net
