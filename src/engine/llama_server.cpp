#include "engine/llama_server.h"

#include <sys/un.h>

#include "ports/engine.h"

namespace cocoon::engine {

using ports::EngineError;

Result<Command> llama_server_command(const LlamaServerOptions& options) {
  const std::string socket = options.socket.string();
  if (!options.socket.is_absolute() || !socket.ends_with(".sock") ||
      socket.find(',') != std::string::npos) {
    return fail(EngineError::kDown,
                "engine: its socket must be an absolute path ending in .sock, without a comma");
  }
  if (socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(EngineError::kDown, "engine: the path of its socket is too long: " + socket);
  }
  if (!options.program.is_absolute() || !options.model.is_absolute()) {
    return fail(EngineError::kDown, "engine: program and model must be absolute paths");
  }
  if (options.threads == 0 || options.parallel == 0 || options.context_tokens == 0) {
    return fail(EngineError::kDown,
                "engine: threads, parallel and context_tokens must be at least 1");
  }
  const std::string threads = std::to_string(options.threads);
  Command command;
  command.program = options.program;
  command.arguments = {
      "--model", options.model.string(), "--alias", options.alias, "--host", socket,
      // What it may use. Threads sleep between steps instead of spinning.
      "--threads", threads, "--threads-batch", threads, "--poll", "0", "--threads-http",
      std::to_string(options.parallel + 2), "--parallel", std::to_string(options.parallel),
      "--ctx-size", std::to_string(std::uint64_t{options.context_tokens} * options.parallel),
      "--fit", "off",
      // Nothing of one request is there when the next one comes: each sequence has its own cache,
      // which starts empty.
      "--no-kv-unified", "--cache-ram", "0", "--no-cache-prompt", "--cache-reuse", "0",
      "--no-cache-idle-slots", "--no-context-shift",
      // Nothing to see, to keep or to fetch beyond the answers.
      "--no-slots", "--no-ui", "--offline", "--log-disable", "--metrics", "--jinja",
      "--sse-ping-interval", "-1"};
  if (options.purpose == ModelPurpose::kEmbeddings) command.arguments.emplace_back("--embeddings");
  // The whole environment: llama.cpp takes options, caches and proxies from variables of many
  // names.
  command.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/nonexistent",
                         "OMP_WAIT_POLICY=passive"};
  return command;
}

}  // namespace cocoon::engine
