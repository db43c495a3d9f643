#include "apps/tdx-sim/state_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

namespace cocoon::apps {
namespace {

constexpr std::streamsize kBytesMax = 1024 * 1024;

Status write_whole(const std::filesystem::path& file, BytesView bytes, FileMode mode) {
  ::unlink(file.c_str());
  const int fd =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode));
  if (fd < 0) return fail(SimError::kUnwritable, "cannot make " + file.string());
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  const bool closed = ::close(fd) == 0;
  if (written == bytes.size() && closed) return {};
  ::unlink(file.c_str());
  return fail(SimError::kUnwritable, "cannot write " + file.string());
}

}  // namespace

Result<Bytes> read_small_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(SimError::kUnreadable, "cannot open " + file.string());
  std::string text(static_cast<std::size_t>(kBytesMax) + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || in.gcount() > kBytesMax) {
    return fail(SimError::kUnreadable, "cannot read " + file.string());
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return to_bytes(text);
}

Status replace_file(const std::filesystem::path& file, BytesView bytes, FileMode mode,
                    const std::filesystem::path& by_way_of) {
  TRY_VOID(write_whole(by_way_of, bytes, mode));
  std::error_code error;
  std::filesystem::rename(by_way_of, file, error);
  if (!error) return {};
  ::unlink(by_way_of.c_str());
  return fail(SimError::kUnwritable, "cannot replace " + file.string());
}

}  // namespace cocoon::apps
