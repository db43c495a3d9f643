#include "openai/api_error.h"

#include <doctest/doctest.h>

#include <array>

#include "codec/json.h"
#include "openai/endpoint.h"
#include "openai/models.h"

namespace cocoon::openai {
namespace {

using codec::Json;

TEST_CASE("an error object has the four members of the OpenAI API") {
  CHECK(error_json(model_not_found("gpt-\"4\"")) ==
        R"({"error":{"message":"The model 'gpt-\"4\"' does not exist on this network.",)"
        R"("type":"invalid_request_error","param":"model","code":"model_not_found"}})");
  CHECK(error_json(invalid_request("No.")) ==
        R"({"error":{"message":"No.","type":"invalid_request_error","param":null,"code":null}})");
}

TEST_CASE("each refusal has the status that SDKs map to their exception") {
  using namespace std::chrono_literals;
  CHECK(invalid_parameter("n", "x").status == 400);
  CHECK(malformed_json("x").status == 400);
  CHECK(unsupported_parameter("n", "x").status == 400);
  CHECK(missing_api_key().status == 401);
  CHECK(wrong_api_key().code == "invalid_api_key");
  CHECK(no_funds("x").status == 402);
  CHECK(no_funds("x").type == "insufficient_quota");
  CHECK(origin_refused().status == 403);
  CHECK(host_refused().status == 421);
  CHECK(receipt_not_found().status == 404);
  CHECK(body_too_large(9).status == 413);
  CHECK(unsupported_media_type().status == 415);
  CHECK(rate_limited(7s).status == 429);
  CHECK(rate_limited(7s).retry_after_s == 7);
  CHECK(rate_limited(-3s).retry_after_s == 1);
  CHECK(rate_limited(999h).retry_after_s == 3600);
  CHECK(aborted().status == 499);
  CHECK(internal_error().status == 500);
  CHECK(bad_gateway("x").status == 502);
  CHECK(unavailable("x").status == 503);
  CHECK(timed_out("x").status == 504);
}

TEST_CASE("a refusal shows what the app wrote only as short printable text") {
  const std::string path = "/v1/\n\x01\xff" + std::string(1000, 'a');
  const ApiError error = unknown_path("GET", path);
  CHECK(error.status == 404);
  CHECK(error.message.starts_with("Invalid URL (GET /v1/???aaa"));
  CHECK(error.message.size() < 300);
  CHECK(codec::parse_json(error_json(error)).has_value());
}

TEST_CASE("endpoints are found by method and path") {
  constexpr std::array kAll = {Endpoint::kChatCompletions, Endpoint::kCompletions,
                               Endpoint::kEmbeddings, Endpoint::kResponses};
  for (const Endpoint endpoint : kAll) {
    CHECK(find_endpoint("POST", endpoint_path(endpoint)) == endpoint);
    CHECK(find_endpoint("POST", std::string(endpoint_path(endpoint)) + "?a=b") == endpoint);
    CHECK(find_endpoint("GET", endpoint_path(endpoint)).error().status == 405);
    CHECK(find_endpoint("post", endpoint_path(endpoint)).error().status == 405);
  }
  for (const std::string_view path : {"", "/", "/v1", "/v1/chat/completions/", "/v1/Completions",
                                      "/slots", "/v1/chat/completions/../completions"}) {
    CHECK(find_endpoint("POST", path).error().status == 404);
  }
}

TEST_CASE("the list of models has the shape that SDKs read") {
  const std::array models = {ModelEntry{.id = "smollm2", .created_s = 1763800000},
                             ModelEntry{.id = "b", .owned_by = "x"}};
  CHECK(models_json(models) ==
        R"({"object":"list","data":[)"
        R"({"id":"smollm2","object":"model","created":1763800000,"owned_by":"cocoon"},)"
        R"({"id":"b","object":"model","created":0,"owned_by":"x"}]})");
  CHECK(models_json({}) == R"({"object":"list","data":[]})");
  CHECK(model_json(models[1]) == R"({"id":"b","object":"model","created":0,"owned_by":"x"})");
}

}  // namespace
}  // namespace cocoon::openai
