#include "crypto/aes_ctr.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {

using openssl::raw;

struct AesCtr::State {
  openssl::CipherContext context;
};

AesCtr::AesCtr(const SecretArray<32>& key, const ByteArray<16>& counter)
    : state_(std::make_unique<State>(State{openssl::CipherContext(EVP_CIPHER_CTX_new())})) {
  COCOON_CHECK(state_->context != nullptr);
  COCOON_CHECK(EVP_EncryptInit_ex2(state_->context.get(), EVP_aes_256_ctr(), raw(key.expose()),
                                   raw(BytesView(counter)), nullptr) == 1);
}

AesCtr::~AesCtr() = default;
AesCtr::AesCtr(AesCtr&&) noexcept = default;
AesCtr& AesCtr::operator=(AesCtr&&) noexcept = default;

void AesCtr::apply(MutableBytesView bytes) {
  COCOON_CHECK(state_ != nullptr);
  constexpr std::size_t kStep = std::size_t{1} << 30U;  // OpenSSL counts in int
  while (!bytes.empty()) {
    const std::size_t step = std::min(bytes.size(), kStep);
    int written = 0;
    COCOON_CHECK(EVP_EncryptUpdate(state_->context.get(), raw(bytes), &written,
                                   raw(BytesView(bytes)), static_cast<int>(step)) == 1);
    bytes = bytes.subspan(step);
  }
}

}  // namespace cocoon::crypto
