#pragma once

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "base/bytes.h"
#include "files/descriptor.h"

namespace cocoon::files {

enum class FileError : std::uint16_t {
  kUnreadable = 1,  // missing, unreadable, or not a file
  kTooLong = 2,     // over the caller's bound
  kUnwritable = 3,  // rights, or no space; the file that was there is unchanged
};
constexpr Library library_of(FileError) { return Library::kFiles; }

// The whole file, which may have up to `bytes_max` bytes.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& file, std::size_t bytes_max);

// Exactly these permissions, whatever the umask.
enum class FileMode : std::uint16_t { kPrivate = 0600, kPublic = 0644 };

enum class Durability : std::uint8_t {
  kFlushed,  // on disk, name included, when the call returns
  kCached,   // whole or not at all for readers; a power failure may lose it
};

// Puts the bytes in the file's place in one step: readers see the old file or the new one, never a
// part. They pass through a new file beside it whose name ends in `.tmp`.
[[nodiscard]] Status replace_file(const std::filesystem::path& file, BytesView bytes, FileMode mode,
                                  Durability durability);
// The same by way of a temporary file of the caller's choice on the same file system.
[[nodiscard]] Status replace_file(const std::filesystem::path& file, BytesView bytes, FileMode mode,
                                  Durability durability, const std::filesystem::path& by_way_of);

// Writes all of the bytes, or fails with errno set.
[[nodiscard]] bool write_whole(const Descriptor& to, BytesView bytes);
// Fills `out` from `offset` on; kUnreadable if the file has fewer bytes there.
[[nodiscard]] Status read_whole(const Descriptor& from, std::uint64_t offset, MutableBytesView out);

// Makes the folder and those above it, if need be; only its owner may enter it, whoever made it.
[[nodiscard]] std::error_code make_private_folder(const std::filesystem::path& folder);
// Makes names that were created or renamed in a folder last; fails with errno set.
[[nodiscard]] bool flush_folder(const std::filesystem::path& folder);

}  // namespace cocoon::files
