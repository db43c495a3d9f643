#include "roles/proxy/service.h"

#include "wire/protocol.h"

namespace cocoon::proxy {
namespace {

Task<void> reply(ports::ResponseWriter& response, std::string_view media, Bytes body) {
  (void)co_await ports::respond(response, 200, {{"content-type", std::string(media)}},
                                std::move(body));
}

Task<void> refuse(ports::ResponseWriter& response, int status, std::string_view text) {
  (void)co_await ports::respond(response, status, {{"content-type", std::string(wire::kMediaText)}},
                                to_bytes(text));
}

// What follows `prefix` in the path, as a fixed-size hexadecimal value.
template <class Tagged>
std::optional<Tagged> path_value(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  const auto value = Tagged::from_hex(path.substr(prefix.size()));
  return value ? std::optional(*value) : std::nullopt;
}

// Only what no later entry changes may be kept.
enum class Keep : std::uint8_t { kForever, kNot };

Task<void> reply(ports::ResponseWriter& response, std::string_view media, Keep keep, Bytes body) {
  const char* const caching =
      keep == Keep::kForever ? "public, max-age=31536000, immutable" : "no-cache";
  (void)co_await ports::respond(response, 200,
                                {{"content-type", std::string(media)}, {"cache-control", caching}},
                                std::move(body));
}

}  // namespace

Task<void> Service::show_log(std::string_view path, ports::ResponseWriter& response) {
  if (path == wire::kPathCheckpoint) {
    co_await reply(response, wire::kMediaText, Keep::kNot, to_bytes(log_.checkpoint()));
    co_return;
  }
  if (const auto receipt = path_value<ReceiptHash>(path, wire::kPathLogProof)) {
    if (const auto proof = log_.prove(*receipt)) {
      co_await reply(response, wire::kMediaText, Keep::kNot, to_bytes(proof->text()));
      co_return;
    }
  } else if (const auto id = provenance::log::TileId::parse(path.substr(wire::kPathLog.size()))) {
    if (auto tile = log_.tile(*id)) {
      co_await reply(response, wire::kMediaBytes, Keep::kForever, std::move(*tile));
      co_return;
    }
  }
  co_await refuse(response, 404, "the log has no such thing yet");
}

Task<void> Service::handle(ports::HttpRequest request, ports::ResponseWriter& response) {
  if (request.method == "POST" && request.path == wire::kPathRelay) {
    if (ports::find_field(request.headers, "content-type") != wire::kMediaRequest) {
      co_await refuse(response, 415, "expected application/cocoon-request");
    } else {
      co_await relay_.carry(std::move(request), response);
    }
    co_return;
  }
  if (request.method != "GET") {
    co_await refuse(response, 405, "not that way");
    co_return;
  }
  if (request.path == wire::kPathDirectory) {
    co_await reply(response, wire::kMediaCbor, pool_.directory().encode());
    co_return;
  }
  if (const auto digest = path_value<CollateralDigest>(request.path, wire::kPathCollateral)) {
    const Bytes* const collateral = pool_.collateral(*digest);
    if (collateral == nullptr) {
      co_await refuse(response, 404, "no such collateral here");
    } else {
      co_await reply(response, wire::kMediaJson, *collateral);
    }
    co_return;
  }
  if (request.path.starts_with(wire::kPathLog)) {
    co_await show_log(request.path, response);
    co_return;
  }
  const Bytes* found = nullptr;
  if (const auto kid = path_value<Kid>(request.path, wire::kPathEvidence))
    found = pool_.evidence(*kid);
  if (const auto id = path_value<RequestId>(request.path, wire::kPathBills))
    found = bills_.find(*id);
  if (found != nullptr) {
    co_await reply(response, wire::kMediaCbor, *found);
  } else {
    co_await refuse(response, 404, "no such thing here");
  }
}

}  // namespace cocoon::proxy
