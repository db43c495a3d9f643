#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "ports/http.h"

namespace cocoon::apps {

struct LocalReply {
  int status = 0;
  ports::HttpFields headers;
  Bytes body;
};

// One blocking HTTP/1.1 request to a server on 127.0.0.1.
[[nodiscard]] Result<LocalReply> ask_local(std::uint16_t port, std::string method, std::string path,
                                           std::string_view body, std::chrono::milliseconds timeout,
                                           ports::HttpFields more = {});

// The value of a metric without labels on a /metrics page; nothing if it is not there.
[[nodiscard]] std::optional<std::uint64_t> metric_in(std::string_view page, std::string_view name);

}  // namespace cocoon::apps
