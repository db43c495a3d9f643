#include "roles/client/receipt_desk.h"

#include <doctest/doctest.h>

#include "codec/json.h"
#include "provenance/bundle/verify.h"
#include "roles/client/client_scene_test.h"

using namespace cocoon;
using namespace cocoon::client;
namespace bundle = provenance::bundle;
using bundle::Bundle;
using bundle::LinkName;
using bundle::LinkState;
using bundle::ShownRun;

namespace {

std::string ask(ClientScene& scene, ports::HttpFields more = {}) {
  ports::HttpFields fields = app_fields();
  for (auto& field : more) fields.push_back(std::move(field));
  const auto answer = post(scene, kChat, std::move(fields));
  REQUIRE(answer.has_value());
  REQUIRE_EQ(answer->status, 200);
  return std::string(answer->header("x-cocoon-receipt"));
}

Bundle bundle_of(ClientScene& scene, const std::string& id, const std::string& query = "") {
  const fakes::WholeAnswer answer = get(scene, "/v1/receipts/" + id + "/bundle" + query);
  REQUIRE_EQ(answer.status, 200);
  CHECK_EQ(answer.header("content-type"), "application/cocoon-bundle");
  auto decoded = Bundle::decode(answer.body);
  REQUIRE(decoded.has_value());
  return std::move(*decoded);
}

bundle::Chain judge(ClientScene& scene, const Bundle& bundle,
                    const bundle::Presented* presented = nullptr) {
  bundle::Verifier verifier;
  return verifier.verify(bundle,
                         {.registry = scene.world.registry.current().value(),
                          .block = {},
                          .at = bundle::claimed_time(bundle).value()},
                         presented);
}

}  // namespace

TEST_CASE("an answer's bundle proves its origin to whoever has the registry, and its text") {
  ReadyScene scene;
  const std::string id = ask(scene);
  const Bundle held = bundle_of(scene, id);
  const bundle::Presented presented{.text = "",
                                    .readings = {{ShownRun{.run = {}, .text = "Paris"}}}};
  const bundle::Chain chain = judge(scene, held, &presented);
  for (const bundle::Link& link : chain.links) {
    CAPTURE(name_of(link.name));
    CAPTURE(link.text);
    CHECK(link.state != LinkState::kRefused);
  }
  CHECK(chain.holds());
  CHECK_EQ(chain.receipt->request_id.hex(), id);
  CHECK(chain.find(LinkName::kAnswer)->state == LinkState::kProven);
  const bundle::Presented other{.text = "", .readings = {{ShownRun{.run = {}, .text = "Lyon"}}}};
  CHECK(judge(scene, held, &other).refused()->name == LinkName::kAnswer);
}

TEST_CASE("a bundle lets its reader check no more than was asked for, and holds no text") {
  ReadyScene scene;
  const std::string id = ask(scene);
  const Bundle nothing = bundle_of(scene, id, "?show=nothing");
  CHECK_FALSE(nothing.shown.output_salts.has_value());
  CHECK_FALSE(nothing.shown.prompt_salt.has_value());
  const Bundle answer = bundle_of(scene, id, "?show=answer");
  CHECK(answer.shown.output_salts.has_value());
  CHECK_FALSE(answer.shown.prompt_salt.has_value());
  Bundle everything = bundle_of(scene, id, "?show=everything");
  CHECK(everything.shown.runs.empty());
  CHECK_FALSE(everything.shown.prompt.has_value());
  everything.shown.prompt =
      to_bytes(R"({"messages":[{"role":"user","content":"capital of France?"}]})");
  CHECK(judge(scene, everything).find(LinkName::kQuestion)->state == LinkState::kProven);
  CHECK_EQ(get(scene, "/v1/receipts/" + id + "/bundle?show=all").status, 400);
  for (const auto& [kept, record] : scene.receipts.receipts()) {
    CHECK_FALSE(as_text(record).contains("Paris"));
    CHECK_FALSE(as_text(record).contains("capital"));
  }
}

TEST_CASE("a worker's documents are kept once, and a bundle whose documents are gone is not made") {
  ReadyScene scene;
  const std::string id = ask(scene);
  const std::size_t documents = scene.documents.size();
  CHECK_EQ(documents, 3);
  ask(scene);
  CHECK_EQ(scene.documents.size(), documents);
  scene.documents.lose_all();
  CHECK_EQ(get(scene, "/v1/receipts/" + id + "/bundle").status, 500);
  CHECK_EQ(get(scene, "/v1/receipts/" + id).status, 200);
}

TEST_CASE("receipts are listed, the newest first") {
  ReadyScene scene;
  const auto ids = [&](const std::string& query) {
    const fakes::WholeAnswer page = get(scene, "/v1/receipts" + query);
    REQUIRE_EQ(page.status, 200);
    const auto json = codec::parse_json(page.text());
    REQUIRE(json.has_value());
    std::vector<std::string> out;
    for (const codec::Json& row : *json->find("receipts")->as_array()) {
      CHECK_EQ(*row.find("model")->as_string(), "test-model");
      CHECK_EQ(*row.find("log")->as_string(), "pending");
      out.push_back(*row.find("id")->as_string());
    }
    return out;
  };
  CHECK(ids("").empty());
  const std::string first = ask(scene);
  const std::string second = ask(scene);
  CHECK(ids("") == std::vector{second, first});
  CHECK(ids("?limit=1") == std::vector{second});
  CHECK_EQ(get(scene, "/v1/receipts?limit=x").status, 400);
  CHECK_EQ(get(scene, "/v1/receipts/").status, 404);
  CHECK_EQ(get(scene, "/v1/receipts/" + first + "/what").status, 404);
  CHECK_EQ(get(scene, "/v1/receipts/" + RequestId().hex() + "/bundle").status, 404);
}

TEST_CASE(
    "an answer names the earlier ones that it builds on, and its bundle holds their receipts") {
  ReadyScene scene;
  const std::string first = ask(scene);
  const Bytes first_receipt = get(scene, "/v1/receipts/" + first).body;
  const std::string stranger(64, 'a');
  const std::string second = ask(scene, {{"x-cocoon-parents", first + ", " + stranger}});
  const Bundle held = bundle_of(scene, second);
  REQUIRE_EQ(held.parents.size(), 1);
  CHECK(held.parents[0] == first_receipt);
  const bundle::Chain chain = judge(scene, held);
  CHECK(chain.holds());
  REQUIRE_EQ(chain.receipt->parents.size(), 2);
  CHECK(chain.receipt->parents[0] == provenance::receipt_hash(first_receipt));
  CHECK_EQ(chain.receipt->parents[1].hex(), stranger);
  CHECK(chain.find(LinkName::kParents)->state == LinkState::kProven);
}

TEST_CASE("earlier answers that cannot be named are refused before anything is sent") {
  ReadyScene scene;
  const std::string first = ask(scene);
  const std::size_t asked = scene.asked.size();
  const auto status = [&](const std::string& parents) {
    ports::HttpFields fields = app_fields();
    fields.emplace_back("x-cocoon-parents", parents);
    return post(scene, kChat, std::move(fields)).value().status;
  };
  CHECK_EQ(status("nonsense"), 400);
  CHECK_EQ(status(first + "," + first), 400);
  CHECK_EQ(status(RequestId().hex()), 404);
  std::string many;
  for (int i = 0; i < 65; ++i) many += std::to_string(1000 + i) + std::string(60, '0') + ",";
  CHECK_EQ(status(many), 400);
  CHECK_EQ(scene.asked.size(), asked);
  CHECK_EQ(status(""), 200);
}
