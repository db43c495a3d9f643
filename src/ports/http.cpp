#include "ports/http.h"

#include "async/race.h"

namespace cocoon::ports {

std::string_view find_field(const HttpFields& fields, std::string_view name) {
  for (const HttpField& field : fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

namespace {

Status take(Bytes& all, BytesView chunk, std::size_t bytes_max) {
  if (chunk.size() > bytes_max - all.size())
    return fail(HttpError::kTooLarge, "body over " + std::to_string(bytes_max) + " bytes");
  append(all, chunk);
  return {};
}

}  // namespace

Task<Result<Bytes>> read_all(BodyReader& body, std::size_t bytes_max) {
  Bytes all;
  for (;;) {
    CO_TRY(const Bytes chunk, co_await body.read());
    if (chunk.empty()) co_return all;
    CO_TRY_VOID(take(all, chunk, bytes_max));
  }
}

Task<Result<Bytes>> read_by(async::Clock& clock, Deadline by, BodyReader& body) {
  return body.is_ready() ? body.read() : async::with_deadline(clock, by, body.read());
}

Task<Result<Bytes>> read_all_by(async::Clock& clock, Deadline by, BodyReader& body,
                                std::size_t bytes_max) {
  Bytes all;
  for (;;) {
    CO_TRY(const Bytes chunk, co_await read_by(clock, by, body));
    if (chunk.empty()) co_return all;
    CO_TRY_VOID(take(all, chunk, bytes_max));
  }
}

namespace {

class MemoryBody final : public BodyReader {
 public:
  MemoryBody(Bytes bytes, HttpFields trailers)
      : bytes_(std::move(bytes)), trailers_(std::move(trailers)) {}
  [[nodiscard]] Task<Result<Bytes>> read() override { co_return std::exchange(bytes_, {}); }
  [[nodiscard]] bool is_ready() const override { return true; }
  [[nodiscard]] const HttpFields& trailers() const override { return trailers_; }

 private:
  Bytes bytes_;
  HttpFields trailers_;
};

}  // namespace

std::unique_ptr<BodyReader> body_of(Bytes bytes, HttpFields trailers) {
  return std::make_unique<MemoryBody>(std::move(bytes), std::move(trailers));
}

Task<Status> respond(ResponseWriter& to, int status, HttpFields headers, Bytes body) {
  if (status != 204 && status != 304 && find_field(headers, "content-length").empty()) {
    headers.push_back({.name = "content-length", .value = std::to_string(body.size())});
  }
  CO_TRY_VOID(to.head(status, std::move(headers)));
  if (!body.empty()) CO_TRY_VOID(co_await to.write(std::move(body)));
  co_return co_await to.finish({});
}

}  // namespace cocoon::ports
