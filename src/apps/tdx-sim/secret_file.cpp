#include "apps/tdx-sim/secret_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "apps/tdx-sim/error.h"

namespace cocoon::apps {

Status refuse_if_others_may_read(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_uid == ::geteuid() && (status.st_mode & 077U) == 0) {
    return {};
  }
  return fail(SimError::kInsecure, file.string() + " must be a file that only its owner can read");
}

Status publish_file(const std::filesystem::path& file, BytesView bytes, files::FileMode mode) {
  return files::replace_file(file, bytes, mode, files::Durability::kFlushed);
}

}  // namespace cocoon::apps
