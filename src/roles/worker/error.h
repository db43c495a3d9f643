#pragma once

#include "base/result.h"

namespace cocoon::worker {

enum class WorkerError : std::uint16_t {
  kNoModel = 1,   // the registry does not list the model, or lists it under another hash
  kNotReady = 2,  // no evidence yet
  kRefused = 3,   // the request is not for this worker, expired, replayed or malformed
  kBusy = 4,      // every place is taken
};
constexpr Library library_of(WorkerError) { return Library::kWorker; }

}  // namespace cocoon::worker
