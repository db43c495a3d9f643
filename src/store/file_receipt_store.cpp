#include "store/file_receipt_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>

namespace cocoon::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSuffix = ".receipt";
constexpr std::string_view kUnfinishedSuffix = ".tmp";

std::unexpected<Error> refuse(StoreError code, const fs::path& path, const std::error_code& error) {
  return fail(code, path.string() + ": " + error.message());
}

std::error_code last_error() { return {errno, std::generic_category()}; }

class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

bool write_whole(int descriptor, BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

// Makes names that were created or renamed in a folder last.
bool flush_folder(const fs::path& folder) {
  const OpenFile opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.is_open() && ::fsync(opened.get()) == 0;
}

std::optional<RequestId> id_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const auto id =
      RequestId::from_hex(std::string_view(name).substr(0, name.size() - kSuffix.size()));
  // Only the spelling that path_of gives.
  if (!id || id->hex() + std::string(kSuffix) != name) return std::nullopt;
  return *id;
}

}  // namespace

Result<std::unique_ptr<FileReceiptStore>> FileReceiptStore::open(fs::path folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return refuse(StoreError::kUnusableFolder, folder, error);
  if (::chmod(folder.c_str(), S_IRWXU) != 0) {
    return refuse(StoreError::kUnusableFolder, folder, last_error());
  }
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;  // what cannot be swept is swept next time
    if (entries->path().filename().string().ends_with(kUnfinishedSuffix)) {
      fs::remove(entries->path(), ignored);
    }
  }
  if (error) return refuse(StoreError::kUnusableFolder, folder, error);
  return std::unique_ptr<FileReceiptStore>(new FileReceiptStore(std::move(folder)));
}

fs::path FileReceiptStore::path_of(RequestId id) const {
  return folder_ / (id.hex() + std::string(kSuffix));
}

Status FileReceiptStore::write(RequestId id, BytesView receipt) {
  if (receipt.size() > kReceiptBytesMax) {
    return fail(StoreError::kTooLarge, "receipt of " + std::to_string(receipt.size()) + " bytes");
  }
  const fs::path final_path = path_of(id);
  const fs::path unfinished = final_path.string() + std::string(kUnfinishedSuffix);
  {
    const OpenFile opened(::open(unfinished.c_str(),
                                 O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                                 S_IRUSR | S_IWUSR));
    if (!opened.is_open()) return refuse(StoreError::kUnwritable, unfinished, last_error());
    if (!write_whole(opened.get(), receipt)) {
      const std::error_code error = last_error();
      ::unlink(unfinished.c_str());
      return refuse(StoreError::kUnwritable, unfinished, error);
    }
  }
  if (::rename(unfinished.c_str(), final_path.c_str()) != 0 || !flush_folder(folder_)) {
    return refuse(StoreError::kUnwritable, final_path, last_error());
  }
  return {};
}

ports::Task<Status> FileReceiptStore::put(RequestId id, Bytes receipt) {
  co_return write(id, receipt);
}

ports::Task<Result<std::optional<Bytes>>> FileReceiptStore::get(RequestId id) {
  const fs::path path = path_of(id);
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    const std::error_code error = last_error();
    if (error == std::errc::no_such_file_or_directory) co_return std::optional<Bytes>();
    co_return refuse(StoreError::kUnreadable, path, error);
  }
  std::string text(kReceiptBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.eof()) {
    co_return fail(StoreError::kUnreadable, path.string() + ": unreadable or too long");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  co_return std::optional<Bytes>(to_bytes(text));
}

Result<std::vector<RequestId>> FileReceiptStore::newest(std::size_t count_max) const {
  struct Entry {
    fs::file_time_type written;
    RequestId id;
  };
  std::vector<Entry> found;
  std::error_code error;
  fs::directory_iterator entries(folder_, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const auto id = id_of(entries->path());
    std::error_code gone;  // removed by someone since it was listed
    const fs::file_time_type written = entries->last_write_time(gone);
    if (id && !gone) found.push_back({written, *id});
  }
  if (error) return refuse(StoreError::kUnreadable, folder_, error);
  const std::size_t count = std::min(count_max, found.size());
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(count),
                            [](const Entry& a, const Entry& b) {
                              return a.written != b.written ? a.written > b.written : a.id < b.id;
                            });
  std::vector<RequestId> ids;
  ids.reserve(count);
  for (std::size_t i = 0; i < count; ++i) ids.push_back(found[i].id);
  return ids;
}

}  // namespace cocoon::store
