#include "store/file_receipt_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "files/small_files.h"

namespace cocoon::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSuffix = ".receipt";
constexpr std::string_view kUnfinishedSuffix = ".tmp";

std::unexpected<Error> refuse(StoreError code, const fs::path& path, const std::error_code& error) {
  return fail(code, path.string() + ": " + error.message());
}

std::error_code last_error() { return {errno, std::generic_category()}; }

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
  return files::replace_file(path_of(id), receipt, files::FileMode::kPrivate,
                             files::Durability::kFlushed);
}

ports::Task<Status> FileReceiptStore::put(RequestId id, Bytes receipt) {
  co_return write(id, receipt);
}

ports::Task<Result<std::optional<Bytes>>> FileReceiptStore::get(RequestId id) {
  const fs::path path = path_of(id);
  std::error_code ignored;
  if (fs::status(path, ignored).type() == fs::file_type::not_found) {
    co_return std::optional<Bytes>();
  }
  CO_TRY(Bytes receipt, files::read_file(path, kReceiptBytesMax));
  co_return std::optional<Bytes>(std::move(receipt));
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
