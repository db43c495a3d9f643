#pragma once

#include "attest/worker_config.h"
#include "base/log.h"
#include "base/strong.h"
#include "engine/model_files.h"
#include "registry/snapshot.h"

namespace cocoon::apps {

// A model that may be served: its hash is the registry's for its name.
struct LoadedModel {
  ModelHash hash;
  std::filesystem::path file;  // for llama-server; empty for an external engine
};

// Copies the model into private memory or disk, hashing what is written, with a progress bar on a
// terminal. Refuses a name that the registry does not list and files of another hash. For an
// external engine nothing can be hashed: the configuration, which is public, says so, and verifiers
// take it on a devnet only.
[[nodiscard]] Result<LoadedModel> load_model(const attest::WorkerConfig& config,
                                             const registry::Snapshot& snapshot, const Logger& log);

}  // namespace cocoon::apps
