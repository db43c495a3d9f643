#include "store/log_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "files/small_files.h"
#include "store/receipt_journal.h"

namespace cocoon::store {
namespace {

namespace fs = std::filesystem;
using files::Descriptor;

std::unexpected<Error> refuse(StoreError code, const fs::path& path) {
  return fail(code, path.string() + ": " + std::generic_category().message(errno));
}

std::string name_of(std::size_t file) {
  if (file == 0) return "head";
  return file == 1 ? "entries" : "level-" + std::to_string(file - 1);
}

class FolderDisk final : public LogDisk {
 public:
  explicit FolderDisk(fs::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] Status open() {
    for (std::size_t i = 0; i < kFiles; ++i) {
      const fs::path path = folder_ / name_of(i);
      files_[i] = Descriptor(
          ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
      if (!files_[i].is_open()) return refuse(StoreError::kUnusableFolder, path);
    }
    if (::flock(files_[0].get(), LOCK_EX | LOCK_NB) != 0) {
      return fail(StoreError::kUnusableFolder,
                  folder_.string() + " is another running process's log");
    }
    // The names last as well.
    if (!files::flush_folder(folder_)) return refuse(StoreError::kUnusableFolder, folder_);
    return {};
  }

  Status write(File file, std::uint64_t offset, BytesView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written =
          ::pwrite(descriptor(file).get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return refuse(StoreError::kUnwritable, path(file));
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      offset += static_cast<std::uint64_t>(written);
    }
    return {};
  }

  Status flush(File file) override {
    if (::fdatasync(descriptor(file).get()) != 0)
      return refuse(StoreError::kUnwritable, path(file));
    return {};
  }

  Result<Bytes> read(File file, std::uint64_t offset, std::size_t length) const override {
    Bytes bytes(length);
    if (const Status read = files::read_whole(descriptor(file), offset, bytes); !read) {
      return fail(StoreError::kUnreadable, path(file).string() + ": " + read.error().message());
    }
    return bytes;
  }

 private:
  [[nodiscard]] const Descriptor& descriptor(File file) const {
    return files_[static_cast<std::size_t>(file)];
  }
  [[nodiscard]] fs::path path(File file) const {
    return folder_ / name_of(static_cast<std::size_t>(file));
  }

  fs::path folder_;
  std::array<Descriptor, kFiles> files_;
};

}  // namespace

Result<std::unique_ptr<LogDisk>> open_log_folder(const fs::path& folder) {
  if (const auto error = files::make_private_folder(folder))
    return fail(StoreError::kUnusableFolder, folder.string() + ": " + error.message());
  auto disk = std::make_unique<FolderDisk>(folder);
  TRY_VOID(disk->open());
  return disk;
}

}  // namespace cocoon::store
