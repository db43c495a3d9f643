#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "files/descriptor.h"
#include "store/journal_index.h"

// Inside this room: the files of a journal.
namespace cocoon::store {

// Journal files and, beside each but the newest, its index. In memory are the places of the newest
// file's records and nothing that grows with the number of files. One thread appends; any thread
// finds meanwhile.
class JournalFolder {
 public:
  // A file that has reached either is followed by the next one.
  struct Bounds {
    std::uint32_t file_bytes_max;
    std::size_t file_records_max;
  };
  // Makes the folder if need be, cuts off what an interrupted write left at the newest file's end,
  // and makes the indices that are missing. Reads the newest file and those without an index.
  [[nodiscard]] static Result<std::unique_ptr<JournalFolder>> open(std::filesystem::path folder,
                                                                   Bounds bounds);

  struct Record {
    RequestId id;
    Bytes bytes;  // as encode_record() makes them
  };
  // How many of `records`, from the first on, the next append() should take: at least one, and no
  // more than leave the file within its bounds.
  [[nodiscard]] std::size_t fitting(std::span<const Record> records) const;
  // On disk when it returns; after a failure none of them is in the journal.
  [[nodiscard]] Status append(std::span<const Record> records);

  // The receipt of the last record with this id. A damaged or missing index is made again.
  [[nodiscard]] Result<std::optional<Bytes>> find(const RequestId& id) const;

  // The ids whose last records were appended last, newest first: of the newest file and, if these
  // are fewer than `count`, of the one before.
  [[nodiscard]] Result<std::vector<RequestId>> newest(std::size_t count) const;

  [[nodiscard]] std::size_t places_in_memory() const;

 private:
  JournalFolder(std::filesystem::path folder, Bounds bounds)
      : folder_(std::move(folder)), bounds_(bounds) {}

  [[nodiscard]] std::filesystem::path journal_path(std::uint32_t number) const;
  [[nodiscard]] std::filesystem::path index_path(std::uint32_t number) const;
  [[nodiscard]] Status open_newest(std::uint32_t number);
  // Reads the journal file with this number and writes its index, if that can be written.
  [[nodiscard]] Result<Places> make_index(std::uint32_t number) const;
  [[nodiscard]] Result<std::optional<Place>> find_in_file(std::uint32_t number,
                                                          const RequestId& id) const;

  [[nodiscard]] bool is_full() const;
  void begin_next_file();
  [[nodiscard]] Status make_ready();

  const std::filesystem::path folder_;
  const Bounds bounds_;
  std::uint32_t oldest_ = 1;  // known once it is open

  mutable std::mutex mutex_;
  // Changed by the appending thread with the mutex held.
  Places places_;
  std::uint32_t newest_ = 1;

  // The appending thread's own.
  std::uint32_t size_ = 0;
  bool is_torn_ = false;  // ends in a part of a record that could not be cut off
  files::Descriptor file_;
};

}  // namespace cocoon::store
