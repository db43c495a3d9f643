#pragma once

#include <utility>

#include "base/bytes.h"

namespace cocoon {

// Overwrites the bytes in a way the compiler may not remove.
void wipe(MutableBytesView bytes);

// Compares in time that depends on the lengths only.
[[nodiscard]] bool constant_time_equal(BytesView a, BytesView b);

// N secret bytes: move-only, wiped when dropped or moved from, without formatter or ordering.
template <std::size_t N>
class SecretArray {
 public:
  SecretArray() = default;
  // Takes the bytes and wipes the caller's copy.
  explicit SecretArray(ByteArray<N>& take) : bytes_(take) { wipe(take); }
  [[nodiscard]] static Result<SecretArray> copy_of(BytesView bytes) {
    if (bytes.size() != N) return fail(BaseError::kOutOfRange, "secret of the wrong length");
    SecretArray secret;
    std::copy(bytes.begin(), bytes.end(), secret.bytes_.begin());
    return secret;
  }

  SecretArray(const SecretArray&) = delete;
  SecretArray& operator=(const SecretArray&) = delete;
  SecretArray(SecretArray&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  SecretArray& operator=(SecretArray&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  ~SecretArray() { wipe(bytes_); }

  // A second copy, made on purpose.
  [[nodiscard]] SecretArray clone() const {
    SecretArray secret;
    secret.bytes_ = bytes_;
    return secret;
  }

  [[nodiscard]] BytesView expose() const { return bytes_; }
  [[nodiscard]] MutableBytesView expose_mutable() { return bytes_; }
  friend bool operator==(const SecretArray& a, const SecretArray& b) {
    return constant_time_equal(a.bytes_, b.bytes_);
  }

 private:
  ByteArray<N> bytes_{};
};

// Secret bytes of any length, for plaintexts that must not outlive their use.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::move(other.bytes_);
    }
    return *this;
  }
  ~SecretBytes() { wipe(bytes_); }

  [[nodiscard]] BytesView expose() const { return bytes_; }
  [[nodiscard]] MutableBytesView expose_mutable() { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

}  // namespace cocoon
