#include "tee/tsm_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace cocoon::tee {
namespace {

std::string error_text(int error) { return std::generic_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// What the kernel answers while a quote is being made, or when an entry changed under the caller.
bool means_busy(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EBUSY || error == EINTR;
}

class RealTsmFiles final : public TsmFiles {
 public:
  Result<bool> make_directory(const std::filesystem::path& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return true;
    const int error = errno;
    if (error == EEXIST) return false;
    return fail(TeeError::kUnavailable, "cannot make an entry in " + path.parent_path().string() +
                                            ": " + error_text(error));
  }

  Result<std::optional<Bytes>> read(const std::filesystem::path& path,
                                    std::size_t bytes_max) override {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return none_or_error(errno, path);
    Bytes out(bytes_max + 1);
    std::size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t count = ::read(file.get(), out.data() + filled, out.size() - filled);
      if (count < 0) return none_or_error(errno, path);
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    if (filled > bytes_max) return fail(TeeError::kIo, path.string() + " is too long");
    out.resize(filled);
    return out;
  }

  Result<bool> write(const std::filesystem::path& path, BytesView bytes) override {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const ssize_t count = file.get() < 0 ? -1 : ::write(file.get(), bytes.data(), bytes.size());
    if (count == static_cast<ssize_t>(bytes.size())) return true;
    const int error = count < 0 ? errno : EIO;  // half a request is no request
    if (means_busy(error)) return false;
    return fail(TeeError::kIo, "cannot write " + path.string() + ": " + error_text(error));
  }

  void remove_entry(const std::filesystem::path& path) override {
    if (::rmdir(path.c_str()) == 0) return;  // configfs removes the attributes itself
    std::error_code ignored;
    for (const auto& attribute : std::filesystem::directory_iterator(path, ignored)) {
      ::unlink(attribute.path().c_str());
    }
    ::rmdir(path.c_str());
  }

 private:
  static Result<std::optional<Bytes>> none_or_error(int error, const std::filesystem::path& path) {
    if (means_busy(error) || error == ENOENT) return std::optional<Bytes>();
    return fail(TeeError::kIo, "cannot read " + path.string() + ": " + error_text(error));
  }
};

}  // namespace

std::unique_ptr<TsmFiles> make_real_tsm_files() { return std::make_unique<RealTsmFiles>(); }

}  // namespace cocoon::tee
