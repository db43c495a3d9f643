#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fake {

enum class Mode {
  kText,      // "tok0 tok1 tok2 …"
  kEcho,      // the request's body, byte by byte, as the answer's text
  kTool,      // calls the first of the request's tools
  kError,     // `status` and an OpenAI error object
  kCapitals,  // as text, with HTTP field names in capitals and an exact CONTENT-LENGTH
  kDie,       // the process ends after `after` tokens
  kBreak,     // the connection ends after `after` tokens
  kHang,      // silence after `after` tokens
  kHuge,      // one text of `bytes` bytes
};

// metadata.fake: {"mode": "die", "tokens": 50, "interval_ms": 20, "after": 3, "status": 500,
// "bytes": 1000000, "chunk_bytes": 200, "prompt_tokens": 7, "head_delay_ms": 100}
struct Plan {
  Mode mode = Mode::kText;
  std::uint64_t tokens = 8;  // of each choice; the request's own maximum may cut it
  std::chrono::milliseconds interval{0};
  std::chrono::milliseconds head_delay{0};
  std::uint64_t after = 0;
  int status = 500;
  std::uint64_t bytes = 1'000'000;
  std::uint64_t chunk_bytes = 0;    // length of one token's text; 0: as it comes
  std::uint64_t prompt_tokens = 0;  // 0: the number of words in the body
};

[[nodiscard]] bool parse_mode(std::string_view name, Mode& mode);

enum class Endpoint { kChat, kCompletions, kResponses, kEmbeddings };

// What an answer depends on.
struct Request {
  Endpoint endpoint = Endpoint::kChat;
  std::string raw;
  boost::json::object body;
  Plan plan;
  std::uint64_t tokens = 0;  // of each choice, cut to the maximum
  bool cut = false;
  std::uint64_t choices = 1;
  bool stream = false;
  bool include_usage = false;
  std::uint64_t prompt_tokens = 1;
  std::vector<std::size_t> pieces;  // kEcho: where each token's text begins in raw, and raw's end
};

// False with what is wrong in `problem`.
[[nodiscard]] bool read_request(Endpoint endpoint, std::string raw, const Plan& defaults,
                                Request& out, std::string& problem);

// The text of one token.
[[nodiscard]] std::string token_text(const Request& request, std::uint64_t index);

}  // namespace fake
