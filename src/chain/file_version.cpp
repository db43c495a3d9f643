#include "chain/file_version.h"

#include <sys/stat.h>

namespace cocoon::chain {

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
