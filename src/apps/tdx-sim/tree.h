#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/log.h"

namespace cocoon::apps {

// Whose tree it is, what is asked of it, and what lies beside each answer in `auxblob`, if
// anything.
struct TsmProvider {
  std::string name = "tdx_guest";
  std::size_t inblob_size = 64;
  Bytes auxblob = {};
};

// A folder that behaves like configfs-tsm's report tree, as far as a plain folder can: each
// sub-folder is an entry. A new entry gets `provider` and `generation`; each time its `inblob` is
// written, `generation` rises and `outblob` holds a quote over it. Attributes are replaced in one
// step, so a reader sees none or all of one.
class TsmTree {
 public:
  // Over exactly `inblob_size` bytes.
  using Quote = std::function<Result<Bytes>(BytesView inblob)>;
  TsmTree(std::filesystem::path folder, Quote quote, Logger log, TsmProvider provider = {})
      : folder_(std::move(folder)),
        quote_(std::move(quote)),
        log_(std::move(log)),
        provider_(std::move(provider)) {}

  // Makes the folder if it is not there.
  [[nodiscard]] Status open();
  // Looks at every entry once; how many quotes were made.
  std::size_t serve_once();

 private:
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t modified_s = 0;
    std::int64_t modified_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Entry {
    std::uint64_t folder_inode = 0;
    std::uint64_t generation = 0;
    Stamp answered;
  };
  [[nodiscard]] bool serve_entry(const std::filesystem::path& path, Entry& entry);
  void greet(const std::filesystem::path& path, const Entry& entry);
  void put(const std::filesystem::path& path, const char* attribute, BytesView bytes);
  void forget_removed();

  std::filesystem::path folder_;
  Quote quote_;
  Logger log_;
  TsmProvider provider_;
  std::map<std::string, Entry> entries_;
};

}  // namespace cocoon::apps
