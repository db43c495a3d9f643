#include "chain/anchor_file.h"

#include "codec/json.h"
#include "files/small_files.h"

namespace cocoon::chain {
namespace {

using codec::Json;

constexpr std::size_t kFileBytesMax = std::size_t{64} * 1024;

std::unexpected<Error> malformed() { return fail(ChainError::kMalformed, "not an anchor file"); }

Json write_id(const ton::BlockId& id) {
  return Json::object({{"seqno", Json::number(std::uint64_t{id.seqno})},
                       {"root_hash", Json::string(id.root_hash.hex())},
                       {"file_hash", Json::string(id.file_hash.hex())}});
}

Result<ton::BlockId> read_id(const Json& json) {
  const Json* const seqno = json.find("seqno");
  const Json* const root_hash = json.find("root_hash");
  const Json* const file_hash = json.find("file_hash");
  if (seqno == nullptr || root_hash == nullptr || root_hash->as_string() == nullptr ||
      file_hash == nullptr || file_hash->as_string() == nullptr || json.as_object()->size() != 3) {
    return malformed();
  }
  ton::BlockId id{ton::kMasterchain, ton::kWholeShard, 0, {}, {}};
  TRY(const std::uint64_t number, seqno->as_unsigned());
  if (number > UINT32_MAX) return malformed();
  id.seqno = static_cast<std::uint32_t>(number);
  TRY(id.root_hash, ton::CellHash::from_hex(*root_hash->as_string()));
  TRY(id.file_hash, ton::FileHash::from_hex(*file_hash->as_string()));
  return id;
}

}  // namespace

Result<std::vector<ton::BlockId>> load_anchors(const std::filesystem::path& file,
                                               const ton::BlockId& trusted) {
  std::error_code failed;
  if (!std::filesystem::exists(file, failed) && !failed) return std::vector<ton::BlockId>();
  TRY(const Bytes text, files::read_file(file, kFileBytesMax));
  TRY(const Json json, codec::parse_json(as_text(text)));
  const Json* const version = json.find("version");
  const Json* const root = json.find("trusted");
  const Json* const list = json.find("key_blocks");
  if (version == nullptr || version->as_unsigned().value_or(0) != 1 || root == nullptr ||
      list == nullptr || list->as_array() == nullptr || list->as_array()->size() > kKeyBlocksKept) {
    return malformed();
  }
  TRY(const ton::BlockId kept_root, read_id(*root));
  if (kept_root != trusted) return std::vector<ton::BlockId>();
  std::vector<ton::BlockId> key_blocks;
  for (const Json& item : *list->as_array()) {
    TRY(const ton::BlockId id, read_id(item));
    if (id.seqno <= (key_blocks.empty() ? trusted.seqno : key_blocks.back().seqno))
      return malformed();
    key_blocks.push_back(id);
  }
  return key_blocks;
}

Status store_anchors(const std::filesystem::path& file, const ton::BlockId& trusted,
                     const std::vector<ton::BlockId>& key_blocks) {
  Json::Array list;
  for (const ton::BlockId& id : key_blocks) list.push_back(write_id(id));
  const Json json = Json::object({{"version", Json::number(std::uint64_t{1})},
                                  {"trusted", write_id(trusted)},
                                  {"key_blocks", Json::array(std::move(list))}});
  return files::replace_file(file, as_bytes(codec::write_json(json) + "\n"),
                             files::FileMode::kPrivate, files::Durability::kFlushed);
}

}  // namespace cocoon::chain
