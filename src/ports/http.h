#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/clock.h"
#include "async/task.h"
#include "base/bytes.h"

namespace cocoon::ports {

using async::Deadline;
using async::Task;

enum class HttpError : std::uint16_t {
  kUnreachable = 1,    // no connection to the peer, or it broke before the answer began
  kBroken = 2,         // the stream or its connection broke in the middle
  kRefusedStream = 3,  // the peer did not process the request at all: safe to try elsewhere
  kTooLarge = 4,       // a body or header block over its bound
  kProtocol = 5,       // the peer broke HTTP
};
constexpr Library library_of(HttpError) { return Library::kPorts; }

struct HttpField {
  std::string name;  // lower case
  std::string value;
};
using HttpFields = std::vector<HttpField>;
// The value of the first field of this (lower-case) name; empty if there is none.
[[nodiscard]] std::string_view find_field(const HttpFields& fields, std::string_view name);

// A message body, pulled chunk by chunk. Not reading it is what holds the sender back (flow
// control). Destroying an unfinished body cancels its stream.
class BodyReader {
 public:
  BodyReader() = default;
  virtual ~BodyReader() = default;
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // The next chunk; an empty one is the orderly end. kBroken if the stream ended in any other way.
  [[nodiscard]] virtual Task<Result<Bytes>> read() = 0;
  // Whether read() is certain to return without waiting; no if it cannot be told.
  [[nodiscard]] virtual bool is_ready() const { return false; }
  // Trailer fields; complete once read() has returned the empty chunk.
  [[nodiscard]] virtual const HttpFields& trailers() const = 0;
};

// The whole body, or kTooLarge.
[[nodiscard]] Task<Result<Bytes>> read_all(BodyReader& body, std::size_t bytes_max);
// As above, or AsyncError::kTimeout. What is there already is taken without setting a timer.
[[nodiscard]] Task<Result<Bytes>> read_by(async::Clock& clock, Deadline by, BodyReader& body);
[[nodiscard]] Task<Result<Bytes>> read_all_by(async::Clock& clock, Deadline by, BodyReader& body,
                                              std::size_t bytes_max);
// A body that is already in memory.
[[nodiscard]] std::unique_ptr<BodyReader> body_of(Bytes bytes, HttpFields trailers = {});

struct HttpRequest {
  std::string method;
  std::string path;  // origin form: path and query
  HttpFields headers;
  std::unique_ptr<BodyReader> body;  // never null; body_of({}) for none
  // Which of those that are served asks, where the serving side tells them apart; 0 where it does
  // not. Never travels.
  std::uint32_t peer = 0;
};

struct HttpResponse {
  int status = 0;
  HttpFields headers;
  std::unique_ptr<BodyReader> body;  // never null
};

// One peer that answers requests. Many requests may be under way at once.
class HttpClient {
 public:
  HttpClient() = default;
  virtual ~HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends the request and returns when the answer's head is there. The deadline covers that much;
  // the body is the caller's to bound.
  [[nodiscard]] virtual Task<Result<HttpResponse>> send(HttpRequest request, Deadline head_by) = 0;
};

// Where a handler puts its answer. head() once, then write() any number of times, then finish(); or
// abort().
class ResponseWriter {
 public:
  ResponseWriter() = default;
  virtual ~ResponseWriter() = default;
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  [[nodiscard]] virtual Status head(int status, HttpFields headers) = 0;
  // Returns when the chunk was taken over and the peer's window allows more; kBroken once the peer
  // is gone.
  [[nodiscard]] virtual Task<Status> write(Bytes chunk) = 0;
  [[nodiscard]] virtual Task<Status> finish(HttpFields trailers) = 0;
  // Resets the stream: the peer sees an error, never a short answer.
  virtual void abort() = 0;
  // Returns as soon as the peer cannot receive any more (reset, connection lost).
  [[nodiscard]] virtual Task<void> wait_closed() = 0;
};

// Sends a whole answer, with its content-length.
[[nodiscard]] Task<Status> respond(ResponseWriter& to, int status, HttpFields headers, Bytes body);

// The serving side. handle() runs as one coroutine per request; it is cancelled when the server
// stops for good.
class HttpHandler {
 public:
  HttpHandler() = default;
  virtual ~HttpHandler() = default;
  HttpHandler(const HttpHandler&) = delete;
  HttpHandler& operator=(const HttpHandler&) = delete;

  [[nodiscard]] virtual Task<void> handle(HttpRequest request, ResponseWriter& response) = 0;
};

}  // namespace cocoon::ports
