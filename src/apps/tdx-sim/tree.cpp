#include "apps/tdx-sim/tree.h"

#include <sys/stat.h>

#include "apps/tdx-sim/error.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEntriesMax = 1024;

}  // namespace

Status TsmTree::open() {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return fail(SimError::kUnwritable, "cannot make " + folder_.string());
  return {};
}

std::size_t TsmTree::serve_once() {
  std::size_t quotes = 0;
  std::error_code error;
  forget_removed();
  for (auto it = fs::directory_iterator(folder_, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    struct stat status{};
    if (::lstat(it->path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    const std::string name = it->path().filename().string();
    auto known = entries_.find(name);
    if (known == entries_.end() || known->second.folder_inode != status.st_ino) {
      if (entries_.size() >= kEntriesMax) continue;
      known = entries_
                  .insert_or_assign(
                      name, Entry{.folder_inode = status.st_ino, .generation = 0, .answered = {}})
                  .first;
      greet(it->path(), known->second);
    }
    if (serve_entry(it->path(), known->second)) ++quotes;
  }
  return quotes;
}

void TsmTree::greet(const fs::path& path, const Entry& entry) {
  const std::string generation = std::to_string(entry.generation) + "\n";
  put(path, "generation", as_bytes(generation));
  put(path, "provider", as_bytes(provider_.name + "\n"));
}

bool TsmTree::serve_entry(const fs::path& path, Entry& entry) {
  struct stat status{};
  const fs::path inblob = path / "inblob";
  if (::lstat(inblob.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::size_t>(status.st_size) != provider_.inblob_size) {
    return false;
  }
  const Stamp stamp{.inode = status.st_ino,
                    .modified_s = status.st_mtim.tv_sec,
                    .modified_ns = status.st_mtim.tv_nsec};
  if (stamp == entry.answered) return false;
  const auto bytes = files::read_file(inblob, provider_.inblob_size);
  if (!bytes || bytes->size() != provider_.inblob_size) return false;
  entry.answered = stamp;
  ++entry.generation;
  const auto quote = quote_(*bytes);
  if (!quote) {
    log_.error("tdxsim.quote_failed", {LogField::error(quote.error())});
    return false;
  }
  const std::string generation = std::to_string(entry.generation) + "\n";
  put(path, "generation", as_bytes(generation));
  if (!provider_.auxblob.empty()) put(path, "auxblob", provider_.auxblob);
  put(path, "outblob", *quote);
  log_.info("tdxsim.quoted", {LogField::count("bytes", quote->size())});
  return true;
}

// An entry that its owner removed meanwhile is no error.
void TsmTree::put(const fs::path& path, const char* attribute, BytesView bytes) {
  const Status written =
      files::replace_file(path / attribute, bytes, files::FileMode::kPrivate,
                          files::Durability::kCached, folder_ / ".attribute.tmp");
  std::error_code ignored;
  if (!written && fs::exists(path, ignored)) {
    log_.warn("tdxsim.attribute_not_written", {LogField::error(written.error())});
  }
}

void TsmTree::forget_removed() {
  std::erase_if(entries_, [&](const auto& named) {
    std::error_code ignored;
    return !fs::exists(folder_ / named.first, ignored);
  });
}

}  // namespace cocoon::apps
