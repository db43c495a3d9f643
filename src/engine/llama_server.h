#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace cocoon::engine {

enum class ModelPurpose : std::uint8_t { kText, kEmbeddings };

struct LlamaServerOptions {
  std::filesystem::path program;
  std::filesystem::path model;   // a GGUF file
  std::filesystem::path socket;  // ends in ".sock", at most 107 bytes; its folder is ours alone
  std::string alias;             // the name by which the engine calls its model
  std::uint32_t threads = 1;
  std::uint32_t context_tokens = 4096;  // of one sequence
  std::uint32_t parallel = 4;           // sequences at once
  ModelPurpose purpose = ModelPurpose::kText;
};

// How to start a child: no shell, nothing inherited.
struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;    // without the program's name
  std::vector<std::string> environment;  // "NAME=value"; the whole of it
};

// llama-server without caches that outlive a request, logs, web pages, downloads, tools or
// endpoints that show one request to another (docs/engine-boundary.md).
[[nodiscard]] Result<Command> llama_server_command(const LlamaServerOptions& options);

}  // namespace cocoon::engine
