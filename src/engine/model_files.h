#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

#include "base/strong.h"
#include "ports/engine.h"

namespace cocoon::engine {

// docs/formats/model.md
inline constexpr std::size_t kModelLeafBytes = 1U << 20U;
inline constexpr std::size_t kModelFilesMax = 4096;
inline constexpr std::size_t kModelPathBytesMax = 512;
inline constexpr std::size_t kModelDepthMax = 8;

using FileRoot = Hash256<struct FileRootTag>;

struct ModelFile {
  std::string path;  // relative, "/" between its parts
  std::uint64_t size = 0;
  FileRoot root;
};

struct ModelIdentity {
  ModelHash hash;
  std::uint64_t size = 0;        // bytes of all files
  std::vector<ModelFile> files;  // ascending by the bytes of their paths
  std::filesystem::path folder;  // where files[i].path can be opened
};

// Told how many bytes of how many are done: never fewer than before, one call at a time, from any
// thread.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct HashingOptions {
  Progress progress;     // may be empty
  unsigned threads = 0;  // 0: one per processor, at most 16
  std::stop_token stop;  // fails with AsyncError::kCancelled soon after a stop was requested
};

// These block the calling thread. `source` is one file, whose path is then its name, or a folder,
// of which every file counts. Links, devices and pipes inside it are refused. kBadModel says what
// was wrong.

// Copies the model into `private_dir`, which must not exist yet or be an empty folder of ours, and
// hashes exactly the bytes it writes; the source is read once and not trusted to stay as it was.
// Folders 0700, files 0600. What was written of a copy that failed is removed.
[[nodiscard]] Result<ModelIdentity> copy_and_hash(const std::filesystem::path& source,
                                                  const std::filesystem::path& private_dir,
                                                  const HashingOptions& options = {});

// For a model on a dm-verity device: refuses any other file system, since only that one cannot
// change afterwards.
[[nodiscard]] Result<ModelIdentity> hash_in_place(const std::filesystem::path& source,
                                                  const HashingOptions& options = {});

// Hashes files that may change afterwards: to fill in a registry, never to start an engine on them.
[[nodiscard]] Result<ModelIdentity> hash_for_registry(const std::filesystem::path& source,
                                                      const HashingOptions& options = {});

// kWrongModel unless the identity is the one the registry names.
[[nodiscard]] Status expect_model(const ModelIdentity& identity, const ModelHash& expected);

// The file that llama-server is to be given: the only GGUF file, or the first part of one that is
// split.
[[nodiscard]] Result<std::filesystem::path> gguf_file(const ModelIdentity& identity);

}  // namespace cocoon::engine
