#include "openai/models.h"

#include "codec/json.h"

namespace cocoon::openai {
namespace {

using codec::Json;

Json to_json(const ModelEntry& model) {
  return Json::object({{"id", Json::string(model.id)},
                       {"object", Json::string("model")},
                       {"created", Json::number(model.created_s)},
                       {"owned_by", Json::string(model.owned_by)}});
}

}  // namespace

std::string models_json(std::span<const ModelEntry> models) {
  Json::Array data;
  data.reserve(models.size());
  for (const ModelEntry& model : models) data.push_back(to_json(model));
  return codec::write_json(
      Json::object({{"object", Json::string("list")}, {"data", Json::array(std::move(data))}}));
}

std::string model_json(const ModelEntry& model) { return codec::write_json(to_json(model)); }

}  // namespace cocoon::openai
