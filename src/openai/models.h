#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace cocoon::openai {

struct ModelEntry {
  std::string id;  // the registry's name
  std::uint64_t created_s = 0;
  std::string owned_by = "cocoon";
};

// The answer to GET /v1/models.
[[nodiscard]] std::string models_json(std::span<const ModelEntry> models);
// The answer to GET /v1/models/{id}.
[[nodiscard]] std::string model_json(const ModelEntry& model);

}  // namespace cocoon::openai
