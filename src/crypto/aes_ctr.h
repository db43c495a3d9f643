#pragma once

#include <memory>

#include "base/secret.h"

namespace cocoon::crypto {

// AES-256 in counter mode (NIST SP 800-38A §6.5), a key stream that goes on from call to call. It
// hides and does not authenticate: whoever uses it checks integrity otherwise.
class AesCtr {
 public:
  AesCtr(const SecretArray<32>& key, const ByteArray<16>& counter);
  ~AesCtr();
  AesCtr(AesCtr&&) noexcept;
  AesCtr& operator=(AesCtr&&) noexcept;
  AesCtr(const AesCtr&) = delete;
  AesCtr& operator=(const AesCtr&) = delete;

  // Encrypts or decrypts the next bytes in place.
  void apply(MutableBytesView bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::crypto
