#include "store/journal_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "files/small_files.h"
#include "store/journal_file.h"
#include "store/receipt_journal.h"

namespace cocoon::store {
namespace {

namespace fs = std::filesystem;
using files::Descriptor;

// No journal that may be read is longer, whatever this one's bounds.
constexpr std::uintmax_t kFileBytesMax = 65 * 1024 * 1024;

std::error_code last_error() { return {errno, std::generic_category()}; }

std::unexpected<Error> refuse(StoreError code, const fs::path& path, const std::error_code& error) {
  return fail(code, path.string() + ": " + error.message());
}

Descriptor open_to_read(const fs::path& path) {
  return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

Result<Bytes> read_at(const Descriptor& file, std::size_t offset, std::size_t length) {
  Bytes bytes(length);
  if (!files::read_whole(file, offset, bytes))
    return fail(StoreError::kUnreadable, "a file of the journal is cut short");
  return bytes;
}

struct Scanned {
  Places places;
  std::size_t end = 0;   // of the last whole record
  std::size_t size = 0;  // of the file
};

Result<Scanned> scan_file(const fs::path& path) {
  TRY(const Bytes bytes, files::read_file(path, kFileBytesMax));
  Scanned scanned;
  scanned.size = bytes.size();
  scanned.end =
      scan_records(bytes, [&](const RequestId& id, std::size_t offset, std::size_t length) {
        scanned.places.insert_or_assign(id, Place{.offset = static_cast<std::uint32_t>(offset),
                                                  .length = static_cast<std::uint32_t>(length)});
      });
  return scanned;
}

// The ids of the last `count` of these records, the last one first.
std::vector<RequestId> newest_of(const Places& places, std::size_t count) {
  std::vector<std::pair<std::uint32_t, RequestId>> by_offset;
  by_offset.reserve(places.size());
  for (const auto& [id, place] : places) by_offset.emplace_back(place.offset, id);
  std::ranges::sort(by_offset, std::greater<>());
  std::vector<RequestId> ids;
  for (const auto& [offset, id] : by_offset) {
    if (ids.size() == count) break;
    ids.push_back(id);
  }
  return ids;
}

Result<std::vector<std::uint32_t>> journals_in(const fs::path& folder) {
  std::vector<std::uint32_t> numbers;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (const std::uint32_t found = journal_number(entries->path())) numbers.push_back(found);
  }
  if (error) return refuse(StoreError::kUnusableFolder, folder, error);
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace

fs::path JournalFolder::journal_path(std::uint32_t number) const {
  return folder_ / journal_name(number);
}

fs::path JournalFolder::index_path(std::uint32_t number) const {
  return journal_path(number).replace_extension(".index");
}

Result<std::unique_ptr<JournalFolder>> JournalFolder::open(fs::path folder, Bounds bounds) {
  if (const auto error = files::make_private_folder(folder))
    return refuse(StoreError::kUnusableFolder, folder, error);
  TRY(const auto numbers, journals_in(folder));
  std::unique_ptr<JournalFolder> journal(new JournalFolder(std::move(folder), bounds));
  if (numbers.empty()) return journal;
  journal->oldest_ = numbers.front();
  for (const std::uint32_t number : std::span(numbers).first(numbers.size() - 1)) {
    std::error_code ignored;
    if (fs::exists(journal->index_path(number), ignored)) continue;
    TRY_VOID(journal->make_index(number));
  }
  TRY_VOID(journal->open_newest(numbers.back()));
  return journal;
}

Status JournalFolder::open_newest(std::uint32_t number) {
  const fs::path path = journal_path(number);
  TRY(Scanned scanned, scan_file(path));
  if (scanned.end < scanned.size && ::truncate(path.c_str(), static_cast<off_t>(scanned.end)) != 0)
    return refuse(StoreError::kUnusableFolder, path, last_error());
  places_ = std::move(scanned.places);
  newest_ = number;
  size_ = static_cast<std::uint32_t>(scanned.end);
  return {};
}

Result<Places> JournalFolder::make_index(std::uint32_t number) const {
  TRY(Scanned scanned, scan_file(journal_path(number)));
  (void)files::replace_file(index_path(number), encode_index(number, scanned.places),
                            files::FileMode::kPrivate, files::Durability::kFlushed);
  return std::move(scanned.places);
}

bool JournalFolder::is_full() const {
  return is_torn_ || size_ >= bounds_.file_bytes_max || places_.size() >= bounds_.file_records_max;
}

// If the index cannot be written now, whoever looks for it makes it.
void JournalFolder::begin_next_file() {
  (void)files::replace_file(index_path(newest_), encode_index(newest_, places_),
                            files::FileMode::kPrivate, files::Durability::kFlushed);
  const std::scoped_lock lock(mutex_);
  places_ = {};
  ++newest_;
  size_ = 0;
  is_torn_ = false;
  file_ = Descriptor();
}

// Opens the file to write to: a new one if there is none, if the last is full, or if somebody
// removed it.
Status JournalFolder::make_ready() {
  if (is_full()) begin_next_file();
  struct stat found{};
  if (file_.is_open() && ::fstat(file_.get(), &found) == 0 && found.st_nlink > 0) return {};
  const fs::path path = journal_path(newest_);
  file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                            S_IRUSR | S_IWUSR));
  if (!file_.is_open() || ::fstat(file_.get(), &found) != 0 || !files::flush_folder(folder_)) {
    const auto error = last_error();
    file_ = Descriptor();
    return refuse(StoreError::kUnwritable, path, error);
  }
  size_ = static_cast<std::uint32_t>(found.st_size);
  if (size_ == 0) {
    const std::scoped_lock lock(mutex_);
    places_ = {};
  }
  return {};
}

std::size_t JournalFolder::fitting(std::span<const Record> records) const {
  std::size_t bytes = is_full() ? 0 : size_;
  std::size_t kept = is_full() ? 0 : places_.size();
  std::size_t count = 0;
  while (count < records.size() && bytes < bounds_.file_bytes_max &&
         kept < bounds_.file_records_max) {
    bytes += records[count].bytes.size();
    ++kept;
    ++count;
  }
  return std::max<std::size_t>(count, 1);
}

Status JournalFolder::append(std::span<const Record> records) {
  TRY_VOID(make_ready());
  Bytes bytes;
  for (const Record& record : records) cocoon::append(bytes, record.bytes);
  if (!files::write_whole(file_, bytes) || ::fdatasync(file_.get()) != 0) {
    const std::error_code error = last_error();
    // A part of it may be there, and a later record must not follow half of one.
    is_torn_ = ::ftruncate(file_.get(), size_) != 0;
    return refuse(StoreError::kUnwritable, journal_path(newest_), error);
  }
  const std::scoped_lock lock(mutex_);
  for (const Record& record : records) {
    const auto length = static_cast<std::uint32_t>(record.bytes.size());
    places_.insert_or_assign(record.id, Place{.offset = size_, .length = length});
    size_ += length;
  }
  return {};
}

Result<std::optional<Place>> JournalFolder::find_in_file(std::uint32_t number,
                                                         const RequestId& id) const {
  const Descriptor index = open_to_read(index_path(number));
  struct stat status{};
  if (index.is_open() && ::fstat(index.get(), &status) == 0) {
    const auto found = find_in_index(number, id, static_cast<std::size_t>(status.st_size),
                                     [&index](std::size_t offset, std::size_t length) {
                                       return read_at(index, offset, length);
                                     });
    if (found) return found;
  }
  if (::access(journal_path(number).c_str(), F_OK) != 0 && errno == ENOENT) return std::nullopt;
  TRY(const Places places, make_index(number));
  const auto found = places.find(id);
  return found == places.end() ? std::nullopt : std::optional(found->second);
}

Result<std::optional<Bytes>> JournalFolder::find(const RequestId& id) const {
  std::optional<Place> place;
  std::uint32_t number = 0;
  {
    const std::scoped_lock lock(mutex_);
    number = newest_;
    if (const auto found = places_.find(id); found != places_.end()) place = found->second;
  }
  while (!place && number > oldest_) {
    --number;
    TRY(place, find_in_file(number, id));
  }
  if (!place) return std::nullopt;
  const Descriptor file = open_to_read(journal_path(number));
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    return refuse(StoreError::kUnreadable, journal_path(number), last_error());
  }
  TRY(const Bytes record, read_at(file, place->offset, place->length));
  TRY(Bytes receipt, decode_record(id, record));
  return receipt;
}

Result<std::vector<RequestId>> JournalFolder::newest(std::size_t count) const {
  Places places;
  std::uint32_t number = 0;
  {
    const std::scoped_lock lock(mutex_);
    places = places_;
    number = newest_;
  }
  std::vector<RequestId> ids = newest_of(places, count);
  if (ids.size() < count && number > oldest_) {
    TRY(const Scanned before, scan_file(journal_path(number - 1)));
    for (const RequestId& id : newest_of(before.places, count)) {
      if (ids.size() < count && !places.contains(id)) ids.push_back(id);
    }
  }
  return ids;
}

std::size_t JournalFolder::places_in_memory() const {
  const std::scoped_lock lock(mutex_);
  return places_.size();
}

}  // namespace cocoon::store
