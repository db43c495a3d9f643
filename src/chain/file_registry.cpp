#include "chain/file_registry.h"

#include "chain/registry_toml.h"
#include "files/small_files.h"

namespace cocoon::chain {

Result<std::unique_ptr<FileRegistry>> FileRegistry::open(std::filesystem::path file,
                                                         NetworkId network) {
  if (network != kDevnetNetworkId) {
    return fail(ChainError::kForbidden, "a registry read from a file counts on the devnet only");
  }
  std::unique_ptr<FileRegistry> out(new FileRegistry(std::move(file)));
  static_cast<void>(out->version_.changed(out->file_));
  TRY_VOID(out->reload());
  return out;
}

Status FileRegistry::reload() const {
  const auto bytes = files::read_file(file_, kRegistryFileBytesMax);
  if (!bytes) {
    version_.forget();  // nothing was learnt of this version, so it is looked at again
    return std::unexpected(bytes.error());
  }
  auto snapshot = parse_registry_toml(*bytes);
  if (!snapshot) {
    return std::unexpected(std::move(snapshot).error().with_context(file_.string()));
  }
  snapshot_ = std::make_shared<const registry::Snapshot>(std::move(*snapshot));
  return {};
}

Result<std::shared_ptr<const registry::Snapshot>> FileRegistry::current() const {
  if (version_.changed(file_)) {
    const Status reloaded = reload();
    last_error_ = reloaded.has_value() ? std::nullopt : std::optional(reloaded.error());
  }
  return snapshot_;
}

}  // namespace cocoon::chain
