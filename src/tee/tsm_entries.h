#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/task.h"
#include "tee/tsm_files.h"

namespace cocoon::tee {

struct TsmOptions {
  std::filesystem::path path;                      // usually /sys/kernel/config/tsm/report
  std::chrono::milliseconds quote_within{30'000};  // from the request to the answer
  std::chrono::milliseconds retry_every{20};
  std::string entry_prefix = "cocoon";  // entries are <prefix>-<number>
};

struct TsmQuestion {
  Bytes inblob;
  std::size_t outblob_bytes_max = 0;
  std::vector<std::string> providers;  // whose tree it may be
  std::string auxblob_of;              // the provider that puts more into `auxblob`; empty: none
};
struct TsmAnswer {
  std::string provider;
  Bytes outblob;
  std::optional<Bytes> auxblob;
};

// A tree that behaves as configfs-tsm (Linux, Documentation/ABI/testing/configfs-tsm): an entry is
// made for each question, whose bytes go to its `inblob`, the answer comes from its `outblob`, and
// the entry is removed again. Whose tree it is, the entry's `provider` says. An absent or empty
// attribute, and a busy entry, are asked again until the deadline. The entry's `generation` must
// have risen by our one write when everything is read. File operations run on a thread of this
// object's own, since the kernel holds the reader of `outblob` until the platform has answered.
class TsmEntries {
 public:
  // `clock` outlives this. Checks nothing yet: the tree may appear later.
  TsmEntries(TsmOptions options, async::Clock& clock, std::unique_ptr<TsmFiles> files);
  TsmEntries(const TsmEntries&) = delete;
  TsmEntries& operator=(const TsmEntries&) = delete;
  ~TsmEntries();

  // kUnavailable, kWrongProvider, kTimeout, kConflict or kIo.
  [[nodiscard]] async::Task<Result<TsmAnswer>> ask(TsmQuestion question);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::tee
