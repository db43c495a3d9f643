#include "roles/client/receipt_desk.h"

#include <algorithm>
#include <charconv>

#include "codec/json.h"
#include "wire/protocol.h"

namespace cocoon::client {
namespace {

using codec::Json;
using openai::ApiError;
using openai::ApiResult;
using ports::HttpFields;

constexpr std::string_view kPath = "/v1/receipts";
constexpr std::string_view kMediaReceipt = "application/cose; cose-type=\"cose-sign1\"";
constexpr std::string_view kMediaBundle = "application/cocoon-bundle";
// "pending", or "promised": in the proxy's log under a checkpoint that it signed, not yet anchored.
constexpr std::string_view kHeaderLog = "x-cocoon-log";
constexpr std::size_t kListedMax = 1'000;
constexpr std::size_t kListedDefault = 20;

// The value of a query's parameter; empty if it is not there.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

std::optional<Showing> showing_of(std::string_view word) {
  if (word.empty() || word == "answer") return Showing::kAnswer;
  if (word == "nothing") return Showing::kNothing;
  if (word == "everything") return Showing::kEverything;
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

HttpFields fields_of(std::string_view media, const std::optional<Bytes>& promise) {
  return {{"content-type", std::string(media)},
          {std::string(kHeaderLog), promise ? "promised" : "pending"}};
}

Result<Json> row_of(const RequestId& id, const KeptAnswer& kept, bool is_promised) {
  TRY(const provenance::Receipt receipt, provenance::parse_unverified_receipt(kept.receipt));
  Json row = Json::object();
  row.set("id", Json::string(id.hex()));
  row.set("receipt_hash", Json::string(provenance::receipt_hash(kept.receipt).hex()));
  row.set("kid", Json::string(receipt.kid.hex()));
  if (kept.origin) row.set("model", Json::string(kept.origin->model_name));
  row.set("ended_at_ms", Json::number(receipt.ended_at.value()));
  row.set("status", Json::string(name_of(receipt.status)));
  row.set("price_nano", Json::number(receipt.price.nano()));
  row.set("log", Json::string(is_promised ? "promised" : "pending"));
  row.set("bundle", Json::boolean(kept.origin.has_value()));
  return row;
}

}  // namespace

bool ReceiptDesk::serves(std::string_view path) {
  return path == kPath || path.starts_with(std::string(kPath) + '/');
}

ApiError ReceiptDesk::unreadable(const Error& why) const {
  world_.log.error("client.receipt_unreadable", {LogField::error(why)});
  return openai::internal_error();
}

Task<void> ReceiptDesk::answer(std::string target, ports::ResponseWriter& response) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view query = std::string_view(target).substr(std::min(mark + 1, target.size()));
  std::string_view path = std::string_view(target).substr(0, mark);
  path.remove_prefix(kPath.size());
  ApiResult<void> answered;
  if (path.empty()) {
    answered = co_await list(query, response);
  } else {
    path.remove_prefix(1);
    const std::string_view hex = path.substr(0, path.find('/'));
    const auto id = RequestId::from_hex(hex);
    answered = id ? co_await show(*id, path.substr(hex.size()), query, response)
                  : std::unexpected(openai::receipt_not_found());
  }
  if (answered) co_return;
  world_.metrics.increment(ports::Counter::kRequestsRefused);
  (void)co_await ports::respond(response, answered.error().status,
                                {{"content-type", std::string(wire::kMediaJson)}},
                                to_bytes(openai::error_json(answered.error())));
}

Task<ApiResult<void>> ReceiptDesk::list(std::string_view query, ports::ResponseWriter& response) {
  std::size_t limit = kListedDefault;
  if (const std::string_view text = parameter(query, "limit"); !text.empty()) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
      co_return std::unexpected(openai::invalid_request("limit is not a number"));
    }
  }
  const auto ids = co_await world_.kept.newest(std::min(limit, kListedMax));
  if (!ids) co_return std::unexpected(unreadable(ids.error()));
  Json::Array rows;
  for (const RequestId& id : *ids) {
    const auto kept = co_await world_.kept.find(id);
    const auto promise = co_await world_.kept.promise(id);
    if (!kept || !promise) {
      co_return std::unexpected(unreadable(kept ? promise.error() : kept.error()));
    }
    const std::optional<KeptAnswer>& answer = *kept;
    if (!answer) continue;
    auto row = row_of(id, *answer, promise->has_value());
    if (!row) co_return std::unexpected(unreadable(row.error()));
    rows.push_back(std::move(*row));
  }
  Json out = Json::object();
  out.set("receipts", Json::array(std::move(rows)));
  (void)co_await ports::respond(response, 200, {{"content-type", std::string(wire::kMediaJson)}},
                                to_bytes(codec::write_json(out)));
  co_return ApiResult<void>();
}

Task<ApiResult<void>> ReceiptDesk::show(RequestId id, std::string_view what, std::string_view query,
                                        ports::ResponseWriter& response) {
  auto kept = co_await world_.kept.find(id);
  auto promise = co_await world_.kept.promise(id);
  if (!kept || !promise) {
    co_return std::unexpected(unreadable(kept ? promise.error() : kept.error()));
  }
  const std::optional<KeptAnswer>& answer = *kept;
  const std::optional<Bytes>& proof = *promise;
  if (!answer) co_return std::unexpected(openai::receipt_not_found());
  HttpFields fields = fields_of(kMediaReceipt, proof);
  Bytes body;
  if (what.empty()) {
    body = answer->receipt;
  } else if (what == "/proof") {
    if (!proof) co_return std::unexpected(openai::receipt_not_found());
    fields = fields_of(wire::kMediaText, proof);
    body = *proof;
  } else if (what == "/bundle") {
    const auto showing = showing_of(parameter(query, "show"));
    if (!showing) {
      co_return std::unexpected(
          openai::invalid_request("show is one of nothing, answer, everything"));
    }
    const auto made = co_await world_.kept.bundle(id, *showing);
    if (!made) co_return std::unexpected(unreadable(made.error()));
    const std::optional<Bytes>& bundle = *made;
    if (!bundle) co_return std::unexpected(openai::receipt_not_found());
    fields = fields_of(kMediaBundle, proof);
    body = *bundle;
  } else {
    co_return std::unexpected(openai::receipt_not_found());
  }
  (void)co_await ports::respond(response, 200, std::move(fields), std::move(body));
  co_return ApiResult<void>();
}

Task<ApiResult<ReceiptDesk::Parents>> ReceiptDesk::parents_named(std::string text) {
  Parents out;
  std::string_view left = text;
  while (!trimmed(left).empty()) {
    const std::string_view piece = left.substr(0, left.find(','));
    left.remove_prefix(std::min(left.size(), piece.size() + 1));
    if (out.receipts.size() == provenance::kReceiptParentsMax) {
      co_return std::unexpected(openai::invalid_request("too many earlier answers are named"));
    }
    if (const auto hash = ReceiptHash::from_hex(trimmed(piece))) {
      out.receipts.push_back(*hash);
    } else {
      const auto id = RequestId::from_hex(trimmed(piece));
      if (!id) {
        co_return std::unexpected(
            openai::invalid_request("x-cocoon-parents names what is no receipt"));
      }
      const auto kept = co_await world_.kept.find(*id);
      if (!kept) co_return std::unexpected(unreadable(kept.error()));
      const std::optional<KeptAnswer>& answer = *kept;
      if (!answer) co_return std::unexpected(openai::receipt_not_found());
      out.receipts.push_back(provenance::receipt_hash(answer->receipt));
      out.own.push_back(*id);
    }
    if (std::ranges::count(out.receipts, out.receipts.back()) > 1) {
      co_return std::unexpected(openai::invalid_request("an earlier answer is named twice"));
    }
  }
  co_return out;
}

}  // namespace cocoon::client
