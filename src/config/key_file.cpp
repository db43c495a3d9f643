#include "config/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "files/small_files.h"

namespace cocoon::config {

namespace {

constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kLineBytes = 2 * kSeedBytes + 1;

std::unexpected<Error> refuse(ConfigError code, const std::filesystem::path& file,
                              std::string_view why) {
  return fail(code, "key file " + file.string() + ": " + std::string(why));
}

std::string reason_of(int error) { return std::generic_category().message(error); }

Result<std::byte> digit_of(char c) {
  if (c >= '0' && c <= '9') return std::byte(c - '0');
  if (c >= 'a' && c <= 'f') return std::byte(c - 'a' + 10);
  return fail(ConfigError::kBadSyntax, "not lower-case hexadecimal");
}

// Decodes without leaving a copy on the heap.
Result<SecretArray<kSeedBytes>> seed_of(std::string_view hex) {
  SecretArray<kSeedBytes> seed;
  for (std::size_t i = 0; i < kSeedBytes; ++i) {
    TRY(const std::byte high, digit_of(hex[2 * i]));
    TRY(const std::byte low, digit_of(hex[2 * i + 1]));
    seed.expose_mutable()[i] = (high << 4U) | low;
  }
  return seed;
}

}  // namespace

Result<SecretArray<32>> load_key_file(const std::filesystem::path& file) {
  const files::Descriptor opened(
      ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!opened.is_open()) return refuse(ConfigError::kUnreadable, file, reason_of(errno));
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) {
    return refuse(ConfigError::kUnreadable, file, reason_of(errno));
  }
  if (!S_ISREG(status.st_mode)) return refuse(ConfigError::kInsecure, file, "not a regular file");
  if (status.st_uid != ::geteuid()) {
    return refuse(ConfigError::kInsecure, file, "belongs to another user");
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return refuse(ConfigError::kInsecure, file, "others may use it; run chmod 600 on it");
  }
  // One byte more than a key, so that a longer file is noticed.
  SecretArray<kLineBytes + 1> line;
  std::size_t length = 0;
  while (length < kLineBytes + 1) {
    const MutableBytesView rest = line.expose_mutable().subspan(length);
    const ssize_t got = ::read(opened.get(), rest.data(), rest.size());
    if (got < 0) return refuse(ConfigError::kUnreadable, file, reason_of(errno));
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  std::string_view text = as_text(line.expose().first(length));
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() != 2 * kSeedBytes) {
    return refuse(ConfigError::kBadSyntax, file, "expected 64 hexadecimal digits");
  }
  auto seed = seed_of(text);
  if (!seed) return refuse(ConfigError::kBadSyntax, file, seed.error().message());
  return seed;
}

Status create_key_file(const std::filesystem::path& file, const SecretArray<32>& seed) {
  SecretArray<kLineBytes> line;
  const MutableBytesView out = line.expose_mutable();
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < kSeedBytes; ++i) {
    const auto value = std::to_integer<unsigned>(seed.expose()[i]);
    out[2 * i] = std::byte(kDigits[value >> 4U]);
    out[2 * i + 1] = std::byte(kDigits[value & 15U]);
  }
  out[2 * kSeedBytes] = std::byte{'\n'};

  const files::Descriptor opened(::open(
      file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!opened.is_open()) return refuse(ConfigError::kUnreadable, file, reason_of(errno));
  if (!files::write_whole(opened, line.expose()) || ::fsync(opened.get()) != 0) {
    const int error = errno;
    ::unlink(file.c_str());
    return refuse(ConfigError::kUnreadable, file, reason_of(error));
  }
  return {};
}

}  // namespace cocoon::config
