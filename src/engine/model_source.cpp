#include "engine/model_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace cocoon::engine {

using ports::EngineError;

std::unexpected<Error> bad_file(std::string_view doing, std::string_view path, int error_number) {
  return fail(EngineError::kBadModel, "model: " + std::string(doing) + " " + std::string(path) +
                                          ": " + std::generic_category().message(error_number));
}

namespace {

std::unexpected<Error> refuse(std::string_view path, std::string_view why) {
  return fail(EngineError::kBadModel, "model: " + std::string(path) + " " + std::string(why));
}

Result<Descriptor> open_at(int folder, const std::string& name, int flags, std::string_view path) {
  Descriptor opened(::openat(folder, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.is_open()) {
    if (errno == ELOOP) return refuse(path, "is a link");
    return bad_file("opening", path, errno);
  }
  return opened;
}

// The folder that holds `path`, reached part by part so that no link on the way is followed; `name`
// becomes the last part.
Result<Descriptor> open_parent(int root, const std::string& path, std::string& name) {
  Descriptor folder(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  if (!folder.is_open()) return bad_file("opening the folder of", path, errno);
  std::size_t start = 0;
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', start)) {
    TRY(folder,
        open_at(folder.get(), path.substr(start, slash - start), O_RDONLY | O_DIRECTORY, path));
    start = slash + 1;
  }
  name = path.substr(start);
  return folder;
}

Result<struct stat> regular_file_status(int fd, std::string_view path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return bad_file("reading the status of", path, errno);
  if (!S_ISREG(status.st_mode)) return refuse(path, "is not a regular file");
  return status;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

class Lister {
 public:
  explicit Lister(std::vector<SourceFile>& out) : out_(out) {}

  Status list(int folder, const std::string& prefix, std::size_t depth) {
    if (depth > kModelDepthMax) return refuse(prefix, "lies too deep");
    Descriptor again(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!again.is_open()) return bad_file("opening", prefix, errno);
    const std::unique_ptr<DIR, CloseFolder> stream(::fdopendir(again.get()));
    if (stream == nullptr) return bad_file("listing", prefix, errno);
    (void)again.release();  // the stream closes it
    return list_entries(*stream, folder, prefix, depth);
  }

 private:
  Status list_entries(DIR& stream, int folder, const std::string& prefix, std::size_t depth) {
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(&stream);
      if (entry == nullptr) break;
      const std::string name = entry->d_name;
      if (name != "." && name != "..") TRY_VOID(add(folder, name, prefix + name, depth));
    }
    if (errno != 0) return bad_file("listing", prefix, errno);
    return {};
  }

  Status add(int folder, const std::string& name, const std::string& path, std::size_t depth) {
    if (path.size() > kModelPathBytesMax) return refuse(path, "has too long a path");
    struct stat status{};
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return bad_file("reading the status of", path, errno);
    }
    if (S_ISDIR(status.st_mode)) {
      TRY(const Descriptor below, open_at(folder, name, O_RDONLY | O_DIRECTORY, path));
      return list(below.get(), path + "/", depth + 1);
    }
    if (S_ISLNK(status.st_mode)) return refuse(path, "is a link");
    if (!S_ISREG(status.st_mode)) return refuse(path, "is not a regular file");
    if (out_.size() >= kModelFilesMax) return refuse(path, "is one file too many");
    out_.push_back({.path = path, .size = static_cast<std::uint64_t>(status.st_size)});
    return {};
  }

  std::vector<SourceFile>& out_;
};

}  // namespace

Result<ModelSource> ModelSource::open(const std::filesystem::path& source) {
  // The path itself is the operator's word and may lead through links; what lies inside may not.
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(source, failed);
  if (failed) return bad_file("finding", source.string(), failed.value());
  ModelSource model;
  const bool is_folder = std::filesystem::is_directory(real, failed);
  model.folder_ = is_folder ? real : real.parent_path();
  model.root_ = Descriptor(::open(model.folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!model.root_.is_open()) return bad_file("opening", model.folder_.string(), errno);
  if (is_folder) {
    TRY_VOID(Lister(model.files_).list(model.root_.get(), "", 0));
  } else {
    const std::string name = real.filename().string();
    if (name.size() > kModelPathBytesMax) return refuse(name, "has too long a path");
    TRY(const Descriptor file, model.open_file(name));
    TRY(const struct stat status, regular_file_status(file.get(), name));
    model.files_.push_back({.path = name, .size = static_cast<std::uint64_t>(status.st_size)});
  }
  if (model.files_.empty()) return refuse(real.string(), "holds no files");
  std::ranges::sort(model.files_, {}, &SourceFile::path);  // char_traits compare bytes as unsigned
  return model;
}

Result<Descriptor> ModelSource::open_file(const std::string& path) const {
  std::string name;
  TRY(const Descriptor folder, open_parent(root_.get(), path, name));
  // Opening a pipe must not wait for its other end.
  TRY(Descriptor file, open_at(folder.get(), name, O_RDONLY | O_NONBLOCK, path));
  TRY_VOID(regular_file_status(file.get(), path));
  return file;
}

Result<PrivateCopy> PrivateCopy::create(const std::filesystem::path& folder) {
  PrivateCopy copy;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return bad_file("making", folder.string(), errno);
  copy.root_ = Descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!copy.root_.is_open()) return bad_file("opening", folder.string(), errno);
  struct stat status{};
  if (::fstat(copy.root_.get(), &status) != 0)
    return bad_file("reading the status of", folder.string(), errno);
  if (status.st_uid != ::geteuid()) return refuse(folder.string(), "belongs to somebody else");
  if (::fchmod(copy.root_.get(), 0700) != 0) return bad_file("closing off", folder.string(), errno);
  std::error_code failed;
  const bool empty = std::filesystem::is_empty(folder, failed);
  if (failed) return bad_file("listing", folder.string(), failed.value());
  if (!empty) return refuse(folder.string(), "is not empty, so it cannot take the private copy");
  copy.folder_ = std::filesystem::absolute(folder, failed);
  if (failed) return bad_file("finding", folder.string(), failed.value());
  return copy;
}

PrivateCopy::~PrivateCopy() {
  if (kept_ || !root_.is_open() || folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Status PrivateCopy::create_file(const SourceFile& file) {
  Descriptor folder(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
  std::size_t start = 0;
  for (std::size_t slash = file.path.find('/'); slash != std::string::npos;
       slash = file.path.find('/', start)) {
    const std::string part = file.path.substr(start, slash - start);
    if (::mkdirat(folder.get(), part.c_str(), 0700) != 0 && errno != EEXIST) {
      return bad_file("making the folder of", file.path, errno);
    }
    TRY(folder, open_at(folder.get(), part, O_RDONLY | O_DIRECTORY, file.path));
    start = slash + 1;
  }
  const Descriptor made(::openat(folder.get(), file.path.c_str() + start,
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!made.is_open()) return bad_file("making", file.path, errno);
  if (::ftruncate(made.get(), static_cast<off_t>(file.size)) != 0) {
    return bad_file("making room for", file.path, errno);
  }
  return {};
}

Result<Descriptor> PrivateCopy::open_file(const std::string& path) const {
  std::string name;
  TRY(const Descriptor folder, open_parent(root_.get(), path, name));
  return open_at(folder.get(), name, O_WRONLY, path);
}

}  // namespace cocoon::engine
