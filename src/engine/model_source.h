#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/model_files.h"
#include "files/descriptor.h"

namespace cocoon::engine {

using files::Descriptor;

// kBadModel with what was being done, to which file, and errno's text.
[[nodiscard]] std::unexpected<Error> bad_file(std::string_view doing, std::string_view path,
                                              int error_number);

// A file of the model and how large it was when it was listed.
struct SourceFile {
  std::string path;
  std::uint64_t size = 0;
};

// A model's folder, or the folder of its single file, held open; everything is reached from there
// without following a link.
class ModelSource {
 public:
  [[nodiscard]] static Result<ModelSource> open(const std::filesystem::path& source);

  [[nodiscard]] const std::vector<SourceFile>& files() const { return files_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] int descriptor() const { return root_.get(); }
  // For reading; refuses anything but a regular file.
  [[nodiscard]] Result<Descriptor> open_file(const std::string& path) const;

 private:
  ModelSource() = default;

  std::filesystem::path folder_;
  Descriptor root_;
  std::vector<SourceFile> files_;
};

// A new folder that only we can enter, filled file by file.
class PrivateCopy {
 public:
  // `folder` must not exist or be an empty folder that is ours.
  [[nodiscard]] static Result<PrivateCopy> create(const std::filesystem::path& folder);
  ~PrivateCopy();
  PrivateCopy(PrivateCopy&&) noexcept = default;
  PrivateCopy& operator=(PrivateCopy&&) = delete;

  // Makes the file at its full size, with the folders above it.
  [[nodiscard]] Status create_file(const SourceFile& file);
  [[nodiscard]] Result<Descriptor> open_file(const std::string& path) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  // From now on the copy stays when this object goes.
  void keep() { kept_ = true; }

 private:
  PrivateCopy() = default;

  std::filesystem::path folder_;
  Descriptor root_;
  bool kept_ = false;
};

}  // namespace cocoon::engine
