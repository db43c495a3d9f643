#include "chain/lite_network.h"

#include "codec/base64.h"
#include "codec/json.h"

namespace cocoon::chain {
namespace {

using codec::Json;

std::unexpected<Error> malformed(const std::string& what) {
  return fail(ChainError::kMalformed, "global configuration: " + what);
}

Result<const Json*> member(const Json& object, std::string_view name) {
  const Json* const found = object.find(name);
  if (found == nullptr) return malformed("no " + std::string(name));
  return found;
}

template <class Tagged>
Result<Tagged> hash_member(const Json& object, std::string_view name) {
  TRY(const Json* const found, member(object, name));
  if (found->as_string() == nullptr) return malformed(std::string(name) + " is no text");
  TRY(const Bytes bytes, codec::from_base64(*found->as_string()));
  return Tagged::from(bytes);
}

Result<std::int64_t> number_member(const Json& object, std::string_view name, std::int64_t least,
                                   std::int64_t most) {
  TRY(const Json* const found, member(object, name));
  TRY(const std::int64_t value, found->as_integer());
  if (value < least || value > most) return malformed(std::string(name) + " is out of its range");
  return value;
}

Result<LiteServerAddress> read_server(const Json& json) {
  LiteServerAddress server;
  TRY(const std::int64_t ip, number_member(json, "ip", INT32_MIN, UINT32_MAX));
  TRY(const std::int64_t port, number_member(json, "port", 1, UINT16_MAX));
  TRY(const Json* const id, member(json, "id"));
  TRY(server.key, hash_member<crypto::Ed25519PublicKey>(*id, "key"));
  server.port = static_cast<std::uint16_t>(port);
  const auto address = static_cast<std::uint32_t>(ip);
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    if (!server.host.empty()) server.host += '.';
    server.host += std::to_string((address >> (shift - 8)) & 0xFFU);
  }
  return server;
}

Result<ton::BlockId> read_block(const Json& json) {
  ton::BlockId block;
  TRY(const std::int64_t workchain, number_member(json, "workchain", INT32_MIN, INT32_MAX));
  TRY(const std::int64_t shard, number_member(json, "shard", INT64_MIN, INT64_MAX));
  TRY(const std::int64_t seqno, number_member(json, "seqno", 0, UINT32_MAX));
  block.workchain = static_cast<std::int32_t>(workchain);
  block.shard = static_cast<std::uint64_t>(shard);
  block.seqno = static_cast<std::uint32_t>(seqno);
  TRY(block.root_hash, hash_member<ton::CellHash>(json, "root_hash"));
  TRY(block.file_hash, hash_member<ton::FileHash>(json, "file_hash"));
  if (!block.is_masterchain()) return malformed("init_block is none of the masterchain");
  return block;
}

}  // namespace

Result<LiteNetwork> parse_global_config(std::string_view text) {
  TRY(const Json json, codec::parse_json(text));
  TRY(const Json* const servers, member(json, "liteservers"));
  const Json::Array* const list = servers->as_array();
  if (list == nullptr || list->empty() || list->size() > kLiteServersMax)
    return malformed("liteservers is no list of some");
  LiteNetwork network;
  for (const Json& server : *list) {
    TRY(network.servers.emplace_back(), read_server(server));
  }
  TRY(const Json* const validator, member(json, "validator"));
  TRY(const Json* const block, member(*validator, "init_block"));
  TRY(network.trusted, read_block(*block));
  return network;
}

}  // namespace cocoon::chain
