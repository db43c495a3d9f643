#include "store/floor_file.h"

#include "files/small_files.h"
#include "store/receipt_journal.h"

namespace cocoon::store {

namespace fs = std::filesystem;

Result<std::unique_ptr<FloorFile>> FloorFile::open(fs::path file) {
  std::error_code failed;
  if (fs::create_directories(file.parent_path(), failed)) {
    fs::permissions(file.parent_path(), fs::perms::owner_all, failed);
  }
  if (failed) {
    return fail(StoreError::kUnusableFolder, "cannot make " + file.parent_path().string());
  }
  std::unique_ptr<FloorFile> out(new FloorFile(std::move(file)));
  if (!fs::exists(out->file_, failed) && !failed) return out;
  const auto bytes = files::read_file(out->file_, attest::kFloorsBytesMax);
  auto floors = bytes ? attest::decode_floors(*bytes) : std::unexpected(bytes.error());
  if (!floors) {
    return fail(StoreError::kUnreadable, out->file_.string() + ": " + floors.error().message());
  }
  out->kept_ = std::move(*floors);
  return out;
}

ports::Task<Status> FloorFile::put(std::vector<attest::EvaluationFloor> floors) {
  CO_TRY_VOID(files::replace_file(file_, attest::encode_floors(floors), files::FileMode::kPrivate,
                                  files::Durability::kFlushed));
  kept_ = std::move(floors);
  co_return Status();
}

}  // namespace cocoon::store
