#include "store/document_folder.h"

#include "crypto/hash.h"
#include "files/small_files.h"
#include "store/receipt_journal.h"

namespace cocoon::store {

namespace fs = std::filesystem;

Result<std::unique_ptr<DocumentFolder>> DocumentFolder::open(fs::path folder) {
  if (const std::error_code failed = files::make_private_folder(folder)) {
    return fail(StoreError::kUnusableFolder, folder.string() + ": " + failed.message());
  }
  return std::unique_ptr<DocumentFolder>(new DocumentFolder(std::move(folder)));
}

ports::Task<Status> DocumentFolder::put(ports::DocumentDigest digest, Bytes document) {
  if (document.size() > kDocumentBytesMax)
    co_return fail(StoreError::kTooLarge,
                   "document of " + std::to_string(document.size()) + " bytes");
  const fs::path file = folder_ / digest.hex();
  std::error_code ignored;
  if (fs::file_size(file, ignored) == document.size() && !ignored) co_return Status();
  co_return files::replace_file(file, document, files::FileMode::kPrivate,
                                files::Durability::kFlushed);
}

ports::Task<Result<std::optional<Bytes>>> DocumentFolder::get(ports::DocumentDigest digest) {
  const fs::path file = folder_ / digest.hex();
  std::error_code failed;
  if (!fs::exists(file, failed) && !failed) co_return std::optional<Bytes>();
  CO_TRY(Bytes document, files::read_file(file, kDocumentBytesMax));
  if (ports::DocumentDigest(crypto::sha256(document)) != digest)
    co_return fail(StoreError::kUnreadable, file.string() + ": not what its name says");
  co_return std::optional<Bytes>(std::move(document));
}

}  // namespace cocoon::store
