#include "provenance/bundle/shown.h"

#include <algorithm>

#include "codec/cbor.h"

namespace cocoon::provenance::bundle {
namespace {

using codec::Cbor;
using codec::CborFields;

constexpr codec::CborLimits kLimits{.depth = 6, .items = 200'000};

enum Key : std::int64_t {
  kKeyPromptSalt = 1,
  kKeyParamsSalt = 2,
  kKeyOutputSalts = 3,
  kKeyPrompt = 4,
  kKeyParams = 5,
  kKeyRuns = 6,
  kKeyChunks = 7,
};

std::unexpected<Error> malformed(const char* why) { return fail(ProvenanceError::kMalformed, why); }

void put_run(Cbor::Array& items, const OutputRun& run) {
  items.push_back(Cbor::unsigned_integer(run.choice));
  items.push_back(Cbor::unsigned_integer(run.part));
  items.push_back(Cbor::unsigned_integer(static_cast<std::uint64_t>(run.field)));
}

Result<std::uint32_t> read_u32(const Cbor& item) {
  TRY(const std::uint64_t value, item.as_unsigned());
  if (value > UINT32_MAX) return malformed("a number out of range");
  return static_cast<std::uint32_t>(value);
}

// The run that the first three items name.
Result<OutputRun> read_run(const Cbor::Array& items) {
  OutputRun out;
  TRY(out.choice, read_u32(items[0]));
  TRY(out.part, read_u32(items[1]));
  TRY(const std::uint32_t field, read_u32(items[2]));
  if (field < static_cast<std::uint32_t>(OutputField::kContent) ||
      field > static_cast<std::uint32_t>(OutputField::kBody)) {
    return malformed("a field that answers do not have");
  }
  out.field = static_cast<OutputField>(field);
  return out;
}

Result<const Cbor::Array*> read_items(const Cbor& item, std::size_t count) {
  TRY(const Cbor::Array* const items, item.as_array());
  if (items->size() != count) return malformed("an array of the wrong length");
  return items;
}

Result<ShownRun> read_shown_run(const Cbor& item) {
  TRY(const Cbor::Array* const items, read_items(item, 4));
  ShownRun out;
  TRY(out.run, read_run(*items));
  TRY(const std::string_view text, (*items)[3].as_text());
  out.text = text;
  return out;
}

Result<ChunkProof> read_chunk(const Cbor& item) {
  TRY(const Cbor::Array* const items, read_items(item, 8));
  ChunkProof out;
  TRY(out.run, read_run(*items));
  TRY(out.index, read_u32((*items)[3]));
  TRY(const BytesView salt, (*items)[4].as_bytes());
  TRY(out.salt, Salt::from(salt));
  TRY(const std::string_view text, (*items)[5].as_text());
  if (text.size() > kChunkSize) return malformed("a chunk too long");
  out.text = text;
  TRY(out.leaf_index, read_u32((*items)[6]));
  TRY(const Cbor::Array* const path, (*items)[7].as_array());
  if (path->size() > 32) return malformed("a path too long");
  for (const Cbor& one : *path) {
    TRY(const BytesView bytes, one.as_bytes());
    if (bytes.size() != sizeof(MerkleHash)) return malformed("not a hash");
    std::ranges::copy(bytes, out.path.emplace_back().begin());
  }
  return out;
}

Cbor chunk_item(const ChunkProof& chunk) {
  Cbor::Array path;
  for (const MerkleHash& hash : chunk.path) path.push_back(Cbor::bytes(hash));
  Cbor::Array items;
  put_run(items, chunk.run);
  items.push_back(Cbor::unsigned_integer(chunk.index));
  items.push_back(Cbor::bytes(chunk.salt.view()));
  items.push_back(Cbor::text(chunk.text));
  items.push_back(Cbor::unsigned_integer(chunk.leaf_index));
  items.push_back(Cbor::array(std::move(path)));
  return Cbor::array(std::move(items));
}

Result<std::optional<Bytes>> read_text(CborFields& fields, Key at) {
  const Cbor* const item = fields.optional(at);
  if (item == nullptr) return std::nullopt;
  TRY(const BytesView bytes, item->as_bytes());
  return to_bytes(bytes);
}

Result<std::optional<Salt>> read_salt(CborFields& fields, Key at) {
  const Cbor* const item = fields.optional(at);
  if (item == nullptr) return std::nullopt;
  TRY(const BytesView bytes, item->as_bytes());
  return Salt::from(bytes);
}

template <class Value>
Result<std::vector<Value>> read_list(CborFields& fields, Key at, std::size_t count_max,
                                     Result<Value> (*read)(const Cbor&)) {
  std::vector<Value> out;
  const Cbor* const item = fields.optional(at);
  if (item == nullptr) return out;
  TRY(const Cbor::Array* const items, item->as_array());
  if (items->size() > count_max) return fail(ProvenanceError::kLimit, "too much is shown");
  for (const Cbor& one : *items) {
    TRY(Value value, read(one));
    out.push_back(std::move(value));
  }
  return out;
}

Result<Shown> read_shown(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  Shown out;
  TRY(out.prompt_salt, read_salt(fields, kKeyPromptSalt));
  TRY(out.params_salt, read_salt(fields, kKeyParamsSalt));
  if (const Cbor* const salts = fields.optional(kKeyOutputSalts); salts != nullptr) {
    TRY(const BytesView bytes, salts->as_bytes());
    TRY(out.output_salts, OutputSalts::from(bytes));
  }
  TRY(out.prompt, read_text(fields, kKeyPrompt));
  TRY(out.params, read_text(fields, kKeyParams));
  TRY(out.runs, read_list<ShownRun>(fields, kKeyRuns, kShownRunsMax, read_shown_run));
  TRY(out.chunks, read_list<ChunkProof>(fields, kKeyChunks, kShownChunksMax, read_chunk));
  TRY_VOID(fields.finish());
  const bool has_salts = (!out.prompt || out.prompt_salt) && (!out.params || out.params_salt) &&
                         (out.runs.empty() || out.output_salts);
  if (!has_salts) return malformed("a text without its salt");
  return out;
}

}  // namespace

Bytes Shown::encode() const {
  Cbor::Map map;
  const auto put = [&](Key key, Cbor value) {
    map.emplace_back(Cbor::integer(key), std::move(value));
  };
  if (prompt_salt) put(kKeyPromptSalt, Cbor::bytes(prompt_salt->view()));
  if (params_salt) put(kKeyParamsSalt, Cbor::bytes(params_salt->view()));
  if (output_salts) put(kKeyOutputSalts, Cbor::bytes(output_salts->expose()));
  if (prompt) put(kKeyPrompt, Cbor::bytes(*prompt));
  if (params) put(kKeyParams, Cbor::bytes(*params));
  if (!runs.empty()) {
    Cbor::Array items;
    for (const ShownRun& run : runs) {
      Cbor::Array fields;
      put_run(fields, run.run);
      fields.push_back(Cbor::text(run.text));
      items.push_back(Cbor::array(std::move(fields)));
    }
    put(kKeyRuns, Cbor::array(std::move(items)));
  }
  if (!chunks.empty()) {
    Cbor::Array items;
    for (const ChunkProof& chunk : chunks) items.push_back(chunk_item(chunk));
    put(kKeyChunks, Cbor::array(std::move(items)));
  }
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

Result<Shown> Shown::decode(BytesView cbor) {
  if (cbor.size() > kShownBytesMax) return fail(ProvenanceError::kLimit, "too much is shown");
  TRY(const Cbor item, codec::decode_cbor(cbor, kLimits));
  TRY(Shown shown, read_shown(item));
  if (!equal(shown.encode(), cbor)) return malformed("not as it would be written");
  return shown;
}

Result<OutputTree> commit_runs(const OutputSalts& salts, const std::vector<ShownRun>& runs) {
  std::vector<OutputRun> named;
  OutputCommitter committer(salts);
  for (const ShownRun& run : runs) {
    if (std::ranges::find(named, run.run) != named.end()) return malformed("a run shown twice");
    named.push_back(run.run);
    TRY_VOID(committer.add(run.run, run.text));
  }
  return std::move(committer).finish();
}

Result<std::vector<ChunkProof>> prove_range(const OutputTree& tree, const OutputSalts& salts,
                                            const ShownRun& run, std::size_t begin,
                                            std::size_t end) {
  std::vector<ChunkProof> out;
  std::uint32_t index = 0;
  for (std::size_t at = 0; at < run.text.size() && at < end; ++index) {
    const std::string_view chunk = first_chunk(std::string_view(run.text).substr(at));
    if (at + chunk.size() > begin) {
      if (out.size() == kShownChunksMax) return fail(ProvenanceError::kLimit, "too much is shown");
      TRY(out.emplace_back(), tree.prove(salts, run.run, index, chunk));
    }
    at += chunk.size();
  }
  return out;
}

}  // namespace cocoon::provenance::bundle
