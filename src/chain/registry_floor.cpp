#include "chain/registry_floor.h"

#include "codec/json.h"
#include "files/small_files.h"

namespace cocoon::chain {
namespace {

using codec::Json;

constexpr std::size_t kFileBytesMax = 1024;

std::unexpected<Error> malformed() {
  return fail(ChainError::kMalformed, "not a registry's floor file");
}

}  // namespace

Result<std::optional<Seqno>> load_registry_floor(const std::filesystem::path& file,
                                                 const ton::Address& address) {
  std::error_code failed;
  if (!std::filesystem::exists(file, failed) && !failed) return std::nullopt;
  TRY(const Bytes text, files::read_file(file, kFileBytesMax));
  TRY(const Json json, codec::parse_json(as_text(text)));
  const Json* const version = json.find("version");
  const Json* const registry = json.find("registry");
  const Json* const seqno = json.find("seqno");
  if (version == nullptr || version->as_unsigned().value_or(0) != 1 || registry == nullptr ||
      registry->as_string() == nullptr || seqno == nullptr || json.as_object()->size() != 3)
    return malformed();
  TRY(const std::uint64_t number, seqno->as_unsigned());
  if (number > UINT32_MAX) return malformed();
  if (*registry->as_string() != ton::raw_address(address)) return std::nullopt;
  return Seqno(static_cast<std::uint32_t>(number));
}

Status store_registry_floor(const std::filesystem::path& file, const ton::Address& address,
                            Seqno seqno) {
  const Json json = Json::object({{"version", Json::number(std::uint64_t{1})},
                                  {"registry", Json::string(ton::raw_address(address))},
                                  {"seqno", Json::number(std::uint64_t{seqno.value()})}});
  return files::replace_file(file, as_bytes(codec::write_json(json) + "\n"),
                             files::FileMode::kPrivate, files::Durability::kFlushed);
}

}  // namespace cocoon::chain
