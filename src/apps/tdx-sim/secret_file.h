#pragma once

#include <filesystem>

#include "base/secret.h"
#include "files/small_files.h"
#include "tdxsim/platform.h"

namespace cocoon::apps {

// Refuses what is not a file that only its owner can read.
[[nodiscard]] Status refuse_if_others_may_read(const std::filesystem::path& file);
[[nodiscard]] Status publish_file(const std::filesystem::path& file, BytesView bytes,
                                  files::FileMode mode);

// What was saved in `file` at an earlier start; at the first what `create` makes, a Result<Device>,
// is saved there. `Device` has save() and load().
template <class Device, class Create>
[[nodiscard]] Result<Device> load_or(const std::filesystem::path& file, const Create& create) {
  constexpr std::size_t kBytesMax = std::size_t{1024} * 1024;
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    TRY_VOID(refuse_if_others_may_read(file));
    TRY(Bytes read, files::read_file(file, kBytesMax));
    const SecretBytes saved(std::move(read));
    auto device = Device::load(saved.expose());
    if (!device) return std::unexpected(std::move(device).error().with_context(file.string()));
    return device;
  }
  TRY(Device device, create());
  TRY_VOID(publish_file(file, device.save().expose(), files::FileMode::kPrivate));
  return device;
}

// The same for a Device with create(random, now).
template <class Device>
[[nodiscard]] Result<Device> load_or_create(const std::filesystem::path& file,
                                            const tdxsim::Platform::FillRandom& random,
                                            UnixSeconds now) {
  return load_or<Device>(file, [&] { return Device::create(random, now); });
}

}  // namespace cocoon::apps
