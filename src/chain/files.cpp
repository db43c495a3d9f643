#include "chain/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace cocoon::chain {

Result<Bytes> read_file(const std::filesystem::path& file, std::size_t bytes_max) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ChainError::kUnreadable, "cannot open " + file.string());
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(ChainError::kUnreadable, "cannot read " + file.string());
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > bytes_max) {
    return fail(ChainError::kUnreadable,
                file.string() + " is over " + std::to_string(bytes_max) + " bytes");
  }
  return to_bytes(text);
}

Status replace_file(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path temporary = file.string() + "." + std::to_string(::getpid()) + ".tmp";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.flush();
    if (!out) {
      return fail(ChainError::kUnwritable, "cannot write " + temporary.string());
    }
  }
  std::error_code error;
  std::filesystem::rename(temporary, file, error);
  if (!error) return {};
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  return fail(ChainError::kUnwritable, "cannot replace " + file.string());
}

bool FileVersion::changed(const std::filesystem::path& file) {
  Stamp now;
  struct stat status{};
  if (::stat(file.c_str(), &status) == 0) {
    now = {.inode = status.st_ino,
           .size = status.st_size,
           .modified_s = status.st_mtim.tv_sec,
           .modified_ns = status.st_mtim.tv_nsec};
  }
  if (seen_ == now) return false;
  seen_ = now;
  return true;
}

}  // namespace cocoon::chain
