#include "files/small_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace cocoon::files {

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> refuse(FileError code, const fs::path& file, int error_number) {
  return fail(code, file.string() + ": " + std::generic_category().message(error_number));
}

bool write_new(const fs::path& file, BytesView bytes, FileMode mode, Durability durability) {
  // What lies there is a leftover of a process that was killed, or somebody's trap: never written
  // to.
  ::unlink(file.c_str());
  const auto permissions = static_cast<mode_t>(mode);
  const Descriptor made(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, permissions));
  return made.is_open() && ::fchmod(made.get(), permissions) == 0 && write_whole(made, bytes) &&
         (durability == Durability::kCached || ::fsync(made.get()) == 0);
}

}  // namespace

bool write_whole(const Descriptor& to, BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

Status read_whole(const Descriptor& from, std::uint64_t offset, MutableBytesView out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(from.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(FileError::kUnreadable, std::generic_category().message(errno));
    if (got == 0) return fail(FileError::kUnreadable, "cut short");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

std::error_code make_private_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && ::chmod(folder.c_str(), S_IRWXU) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  return error;
}

bool flush_folder(const fs::path& folder) {
  const Descriptor opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.is_open() && ::fsync(opened.get()) == 0;
}

Result<Bytes> read_file(const fs::path& file, std::size_t bytes_max) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened.is_open()) return refuse(FileError::kUnreadable, file, errno);
  // One byte more than the bound, so that a longer file is noticed.
  Bytes bytes;
  constexpr std::size_t kStep = 64 * std::size_t{1024};
  for (;;) {
    const std::size_t length = bytes.size();
    bytes.resize(std::min(length + kStep, bytes_max + 1));
    const ssize_t got = ::read(opened.get(), bytes.data() + length, bytes.size() - length);
    if (got < 0 && errno != EINTR) return refuse(FileError::kUnreadable, file, errno);
    bytes.resize(length + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (bytes.size() > bytes_max) {
      return fail(FileError::kTooLong,
                  file.string() + " is over " + std::to_string(bytes_max) + " bytes");
    }
    if (got == 0) return bytes;
  }
}

Status replace_file(const fs::path& file, BytesView bytes, FileMode mode, Durability durability) {
  return replace_file(file, bytes, mode, durability,
                      file.string() + "." + std::to_string(::getpid()) + ".tmp");
}

Status replace_file(const fs::path& file, BytesView bytes, FileMode mode, Durability durability,
                    const fs::path& by_way_of) {
  if (!write_new(by_way_of, bytes, mode, durability) ||
      ::rename(by_way_of.c_str(), file.c_str()) != 0) {
    const int error_number = errno;
    ::unlink(by_way_of.c_str());
    return refuse(FileError::kUnwritable, file, error_number);
  }
  if (durability == Durability::kFlushed && !flush_folder(file.parent_path())) {
    return refuse(FileError::kUnwritable, file, errno);
  }
  return {};
}

}  // namespace cocoon::files
