#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cocoon {

// Which library an error code belongs to. Numbers are stable: they appear in logs and in --json
// output.
enum class Library : std::uint16_t {
  kBase = 1,
  kCrypto = 2,
  kCodec = 3,
  kCose = 4,
  kSealed = 5,
  kAttest = 6,
  kHpke = 7,
  kWire = 8,
  kRegistry = 9,
  kOpenai = 10,
  kProvenance = 11,
  kAsync = 12,
  kPorts = 13,
  kWorker = 14,
  kProxy = 15,
  kClient = 16,
  kNet = 17,
  kEngine = 18,
  kStore = 19,
  kChain = 20,
  kTee = 21,
  kConfig = 22,
  kAdmin = 23,
  kApps = 24,
  kTon = 25,
  kAttestIntel = 29,
  kAttestAmd = 30,
  kAttestNvidia = 31,
  kAttestEventLog = 32,
  kFiles = 33,
  kChannel = 34,
};

// An enum class whose values are a library's stable error codes. Each library's error enum
// declares, beside itself, `constexpr Library library_of(ThatEnum) { return Library::k…; }`.
template <class E>
concept ErrorEnum = std::is_enum_v<E> && requires(E code) {
  { library_of(code) } -> std::same_as<Library>;
};

// A failure: a stable numbered code and a text that is safe to show to anyone (no keys, no user
// data).
class [[nodiscard]] Error {
 public:
  template <ErrorEnum E>
  Error(E code, std::string message)
      : library_(library_of(code)),
        code_(static_cast<std::uint16_t>(code)),
        message_(std::move(message)) {}

  [[nodiscard]] Library library() const { return library_; }
  [[nodiscard]] std::uint16_t code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  template <ErrorEnum E>
  [[nodiscard]] bool is(E code) const {
    return library_ == library_of(code) && code_ == static_cast<std::uint16_t>(code);
  }

  // The same failure with more context in front: "reading registry.toml: no such file".
  [[nodiscard]] Error with_context(std::string_view context) && {
    message_ = std::string(context) + ": " + message_;
    return std::move(*this);
  }

 private:
  Library library_;
  std::uint16_t code_;
  std::string message_;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// Builds the failing side of a Result: `return fail(CodecError::kTruncated, "…");`
template <ErrorEnum E>
[[nodiscard]] std::unexpected<Error> fail(E code, std::string message) {
  return std::unexpected<Error>(Error(code, std::move(message)));
}

}  // namespace cocoon

// Declaration-form early returns: `TRY(auto x, f());` inside functions, `CO_TRY(auto x, co_await
// f());` inside coroutines; the _VOID forms are for Status.
#define COCOON_CONCAT_INNER(a, b) a##b
#define COCOON_CONCAT(a, b) COCOON_CONCAT_INNER(a, b)
#define COCOON_TRY_INNER(temporary, give_up, declaration, ...)              \
  auto temporary = (__VA_ARGS__);                                           \
  if (!temporary.has_value()) {                                             \
    give_up std::unexpected<::cocoon::Error>(std::move(temporary).error()); \
  }                                                                         \
  declaration = std::move(temporary).value()
#define COCOON_TRY_VOID_INNER(temporary, give_up, ...)        \
  if (auto temporary = (__VA_ARGS__); !temporary.has_value()) \
  give_up std::unexpected<::cocoon::Error>(std::move(temporary).error())

#define TRY(declaration, ...) \
  COCOON_TRY_INNER(COCOON_CONCAT(try_result_, __COUNTER__), return, declaration, __VA_ARGS__)
#define TRY_VOID(...) \
  COCOON_TRY_VOID_INNER(COCOON_CONCAT(try_result_, __COUNTER__), return, __VA_ARGS__)
#define CO_TRY(declaration, ...) \
  COCOON_TRY_INNER(COCOON_CONCAT(try_result_, __COUNTER__), co_return, declaration, __VA_ARGS__)
#define CO_TRY_VOID(...) \
  COCOON_TRY_VOID_INNER(COCOON_CONCAT(try_result_, __COUNTER__), co_return, __VA_ARGS__)
