#include "engine/model_files.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "async/task.h"
#include "engine/model_source.h"
#include "engine/model_tree.h"

namespace cocoon::engine {

using ports::EngineError;

namespace {

constexpr std::uint64_t kLeavesPerUnit = 8;  // what a thread takes at a time
constexpr unsigned kThreadsMax = 16;

// A run of leaves of one file.
struct Unit {
  std::size_t file = 0;
  std::uint64_t first_leaf = 0;
  std::uint64_t leaves = 0;
};

// Reads every file once, leaf by leaf on several threads, writes what was read into the copy if
// there is one, and hashes exactly those bytes.
class Hashing {
 public:
  Hashing(const ModelSource& source, PrivateCopy* copy, const HashingOptions& options)
      : source_(source), copy_(copy), options_(options), leaves_(source.files().size()) {
    for (std::size_t i = 0; i < source.files().size(); ++i) {
      const std::uint64_t size = source.files()[i].size;
      total_ += size;
      leaves_[i].resize(leaf_count(size));
      for (std::uint64_t leaf = 0; leaf < leaves_[i].size(); leaf += kLeavesPerUnit) {
        units_.push_back(
            {.file = i,
             .first_leaf = leaf,
             .leaves = std::min<std::uint64_t>(kLeavesPerUnit, leaves_[i].size() - leaf)});
      }
    }
  }

  Result<std::vector<ModelFile>> run() {
    report(0);
    {
      const unsigned wanted =
          options_.threads != 0 ? options_.threads : std::thread::hardware_concurrency();
      const auto count = std::min<std::size_t>(std::clamp(wanted, 1U, kThreadsMax), units_.size());
      std::vector<std::jthread> others;
      for (std::size_t i = 1; i < count; ++i) others.emplace_back([this] { work(); });
      work();
    }
    if (failure_) return std::unexpected<Error>(*std::move(failure_));
    std::vector<ModelFile> files;
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      const SourceFile& file = source_.files()[i];
      files.push_back({.path = file.path,
                       .size = file.size,
                       .root = FileRoot(tree_hash(std::move(leaves_[i])))});
    }
    return files;
  }

 private:
  void work() {
    Bytes buffer(kModelLeafBytes);
    while (!failed_.load()) {
      const std::size_t next = next_unit_.fetch_add(1);
      if (next >= units_.size()) return;
      if (Status done = hash_unit(units_[next], buffer); !done) {
        give_up(std::move(done).error());
        return;
      }
    }
  }

  Status hash_unit(const Unit& unit, Bytes& buffer) {
    const SourceFile& file = source_.files()[unit.file];
    TRY(const Descriptor from, source_.open_file(file.path));
    Descriptor to;
    if (copy_ != nullptr) {
      TRY(to, copy_->open_file(file.path));
    }
    for (std::uint64_t leaf = unit.first_leaf; leaf < unit.first_leaf + unit.leaves; ++leaf) {
      if (options_.stop.stop_requested())
        return fail(async::AsyncError::kCancelled, "model: hashing was stopped");
      const std::uint64_t offset = leaf * kModelLeafBytes;
      const MutableBytesView part = MutableBytesView(buffer).first(
          std::min<std::uint64_t>(kModelLeafBytes, file.size - offset));
      TRY_VOID(read_at(from.get(), part, offset, file.path));
      if (to.is_open()) TRY_VOID(write_at(to.get(), part, offset, file.path));
      leaves_[unit.file][leaf] = leaf_hash(part);
      report(part.size());
    }
    return {};
  }

  static Status read_at(int fd, MutableBytesView into, std::uint64_t offset,
                        std::string_view path) {
    while (!into.empty()) {
      const ssize_t count = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return bad_file("reading", path, errno);
      if (count == 0) {
        return fail(EngineError::kBadModel,
                    "model: " + std::string(path) + " shrank while it was read");
      }
      into = into.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  static Status write_at(int fd, BytesView from, std::uint64_t offset, std::string_view path) {
    while (!from.empty()) {
      const ssize_t count = ::pwrite(fd, from.data(), from.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return bad_file("writing the copy of", path, errno);
      from = from.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  void report(std::uint64_t more) {
    const std::lock_guard lock(mutex_);
    done_ += more;
    if (options_.progress) options_.progress(done_, total_);
  }

  void give_up(Error error) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(error);
    failed_ = true;
  }

  const ModelSource& source_;
  PrivateCopy* copy_;
  const HashingOptions& options_;
  std::vector<std::vector<Sha256Digest>> leaves_;  // of each file; each written by one thread only
  std::vector<Unit> units_;
  std::uint64_t total_ = 0;
  std::atomic<std::size_t> next_unit_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;  // the three below
  std::uint64_t done_ = 0;
  std::optional<Error> failure_;
};

Result<ModelIdentity> identify(const ModelSource& source, PrivateCopy* copy,
                               const HashingOptions& options) {
  TRY(auto files, Hashing(source, copy, options).run());
  ModelIdentity identity;
  identity.hash = model_hash(files);
  for (const ModelFile& file : files) identity.size += file.size;
  identity.files = std::move(files);
  identity.folder = copy != nullptr ? copy->folder() : source.folder();
  return identity;
}

// Read-only, and on a device-mapper device of the kind "verity": its content is fixed by the
// measured root hash.
Status expect_verity(int folder) {
  const auto refuse = [] {
    return fail(EngineError::kBadModel,
                "model: hashing in place needs a read-only dm-verity file system");
  };
  struct statvfs file_system{};
  if (::fstatvfs(folder, &file_system) != 0 || (file_system.f_flag & ST_RDONLY) == 0)
    return refuse();
  struct stat status{};
  if (::fstat(folder, &status) != 0) return refuse();
  std::ifstream uuid_file("/sys/dev/block/" + std::to_string(major(status.st_dev)) + ":" +
                          std::to_string(minor(status.st_dev)) + "/dm/uuid");
  std::string uuid;
  if (!std::getline(uuid_file, uuid) || !uuid.starts_with("CRYPT-VERITY-")) return refuse();
  return {};
}

}  // namespace

Result<ModelIdentity> copy_and_hash(const std::filesystem::path& source,
                                    const std::filesystem::path& private_dir,
                                    const HashingOptions& options) {
  TRY(const ModelSource model, ModelSource::open(source));
  TRY(PrivateCopy copy, PrivateCopy::create(private_dir));
  for (const SourceFile& file : model.files()) TRY_VOID(copy.create_file(file));
  TRY(ModelIdentity identity, identify(model, &copy, options));
  copy.keep();
  return identity;
}

Result<ModelIdentity> hash_in_place(const std::filesystem::path& source,
                                    const HashingOptions& options) {
  TRY(const ModelSource model, ModelSource::open(source));
  TRY_VOID(expect_verity(model.descriptor()));
  return identify(model, nullptr, options);
}

Result<ModelIdentity> hash_for_registry(const std::filesystem::path& source,
                                        const HashingOptions& options) {
  TRY(const ModelSource model, ModelSource::open(source));
  return identify(model, nullptr, options);
}

Status expect_model(const ModelIdentity& identity, const ModelHash& expected) {
  if (identity.hash == expected) return {};
  return fail(EngineError::kWrongModel,
              "model hash is " + identity.hash.hex() + ", the registry says " + expected.hex());
}

Result<std::filesystem::path> gguf_file(const ModelIdentity& identity) {
  const ModelFile* found = nullptr;
  for (const ModelFile& file : identity.files) {
    if (!file.path.ends_with(".gguf")) continue;
    const bool is_part = file.path.find("-of-") != std::string::npos;
    if (is_part && file.path.find("-00001-of-") == std::string::npos) continue;
    if (found != nullptr) return fail(EngineError::kBadModel, "model: more than one GGUF file");
    found = &file;
  }
  if (found == nullptr) return fail(EngineError::kBadModel, "model: no GGUF file");
  return identity.folder / found->path;
}

}  // namespace cocoon::engine
