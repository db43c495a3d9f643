#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cocoon::tee {

// Whether a path is there, and whether this user may read it.
enum class Presence : std::uint8_t { kAbsent, kDenied, kReadable };

struct ClockState {
  bool synchronised = false;               // the kernel's clock is steered by a time source
  std::chrono::microseconds error_max{0};  // the kernel's own bound
};

struct OpenFileLimits {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

// What asking a machine about itself takes, so that tests can put a made-up machine here. Nothing
// of it changes the machine, but for the entry of `tsm_provider`, which is removed again.
class MachineProbe {
 public:
  MachineProbe() = default;
  virtual ~MachineProbe() = default;
  MachineProbe(const MachineProbe&) = delete;
  MachineProbe& operator=(const MachineProbe&) = delete;

  // The text of a file, at most its first 2 MiB; nothing if it is absent or not ours to read.
  [[nodiscard]] virtual std::optional<std::string> read(const std::filesystem::path& file) = 0;
  [[nodiscard]] virtual Presence presence(const std::filesystem::path& path) = 0;
  // Names in a folder, ascending; none if it is absent.
  [[nodiscard]] virtual std::vector<std::string> list(const std::filesystem::path& folder) = 0;
  // Where a symbolic link points, as it is written.
  [[nodiscard]] virtual std::optional<std::string> link(const std::filesystem::path& path) = 0;
  // The TEE that answers in this configfs-tsm tree; nothing if no entry can be made in it.
  [[nodiscard]] virtual std::optional<std::string> tsm_provider(
      const std::filesystem::path& tree) = 0;
  // What a program on the PATH prints, if it is there and exits with 0 within ten seconds.
  [[nodiscard]] virtual std::optional<std::string> output_of(
      const std::vector<std::string>& command) = 0;
  // The file that a program's name stands for on the PATH.
  [[nodiscard]] virtual std::optional<std::filesystem::path> find_program(
      const std::string& name) = 0;
  [[nodiscard]] virtual std::optional<ClockState> clock() = 0;
  // Whether a server could listen on this port of 127.0.0.1.
  [[nodiscard]] virtual bool is_port_free(std::uint16_t port) = 0;
  [[nodiscard]] virtual OpenFileLimits open_file_limits() = 0;
  // Bytes that an ordinary user can still write below the path, or below the nearest folder above
  // it that exists.
  [[nodiscard]] virtual std::optional<std::uint64_t> disk_free(
      const std::filesystem::path& path) = 0;
};

// The machine this runs on. Files are looked for below `root`, for a system mounted elsewhere.
[[nodiscard]] std::unique_ptr<MachineProbe> make_real_machine_probe(
    std::filesystem::path root = "/");

}  // namespace cocoon::tee
