#include <charconv>
#include <map>

#include "ton/proof/recording.h"

namespace cocoon::ton {
namespace {

constexpr std::size_t kTextMax = 2 * kTlBytesMax + 64 * 1024;
constexpr std::string_view kSpace = " \t\r\n";

std::unexpected<Error> malformed(const char* what) { return fail(TonError::kMalformed, what); }

// Calls `use` with each line, without the line's end.
template <class Use>
void each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    use(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

// The text without comments and white space.
std::string digits_of(std::string_view text) {
  std::string digits;
  each_line(text, [&](std::string_view line) {
    if (line.starts_with('#')) return;
    for (const char c : line) {
      if (kSpace.find(c) == std::string_view::npos) digits.push_back(c);
    }
  });
  return digits;
}

// The first address among the comments' words.
std::optional<Address> commented_address(std::string_view text) {
  std::optional<Address> found;
  each_line(text, [&](std::string_view line) {
    if (!line.starts_with('#') || found) return;
    constexpr std::string_view kBetween = " \t\r#=,;()";
    while (!found) {
      const std::size_t begin = line.find_first_not_of(kBetween);
      if (begin == std::string_view::npos) return;
      line.remove_prefix(begin);
      const std::string_view word = line.substr(0, line.find_first_of(kBetween));
      line.remove_prefix(word.size());
      if (const auto parsed = parse_address(word)) found = parsed->address;
    }
  });
  return found;
}

using Fields = std::map<std::string_view, std::string_view>;

// Nothing if the text is not made of name=value lines.
std::optional<Fields> fields_of(std::string_view text) {
  Fields fields;
  bool holds = true;
  each_line(text, [&](std::string_view line) {
    if (line.starts_with('#')) return;
    if (const std::size_t end = line.find_last_not_of(kSpace); end != std::string_view::npos) {
      line = line.substr(0, end + 1);
    } else {
      return;
    }
    const std::size_t equals = line.find('=');
    holds = holds && equals != std::string_view::npos &&
            fields.emplace(line.substr(0, equals), line.substr(equals + 1)).second;
  });
  if (!holds || fields.empty()) return std::nullopt;
  return fields;
}

template <class Integer>
Result<Integer> number_field(const Fields& fields, std::string_view name, int base = 10) {
  const auto found = fields.find(name);
  if (found == fields.end()) return malformed("a recording without one of its numbers");
  Integer value{};
  const std::string_view text = found->second;
  const auto [stopped, failed] = std::from_chars(text.begin(), text.end(), value, base);
  if (failed != std::errc() || stopped != text.end())
    return malformed("a recording with a number that is none");
  return value;
}

template <class Tagged>
Result<Tagged> hash_field(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  if (found == fields.end()) return malformed("a recording without one of its hashes");
  return Tagged::from_hex(found->second);
}

Result<BytesView> bytes_field(const Fields& fields, std::string_view name, Recording& recording) {
  const auto found = fields.find(name);
  if (found == fields.end()) return malformed("a recording without one of its proofs");
  TRY(Bytes bytes, from_hex(found->second));
  return BytesView(recording.bytes.emplace_back(std::move(bytes)));
}

// The file hashes are not recorded: nothing hangs on the masterchain block's, and the shard's is
// what the proof lists.
Result<Recording> account_read(const Fields& fields) {
  Recording recording;
  recording.bytes.reserve(3);
  Address address;
  TRY(address.workchain, number_field<std::int32_t>(fields, "workchain"));
  TRY(address.account, hash_field<AccountId>(fields, "account_id"));
  AccountStateAnswer answer;
  answer.block.workchain = kMasterchain;
  answer.block.shard = kWholeShard;
  TRY(answer.block.seqno, number_field<std::uint32_t>(fields, "block_seqno"));
  TRY(answer.block.root_hash, hash_field<CellHash>(fields, "block_root_hash"));
  answer.shard_block.workchain = address.workchain;
  TRY(answer.shard_block.shard, number_field<std::uint64_t>(fields, "shard_block_shard", 16));
  TRY(answer.shard_block.seqno, number_field<std::uint32_t>(fields, "shard_block_seqno"));
  TRY(answer.shard_block.root_hash, hash_field<CellHash>(fields, "shard_block_root_hash"));
  TRY(answer.shard_proof, bytes_field(fields, "shard_proof", recording));
  TRY(answer.proof, bytes_field(fields, "proof", recording));
  TRY(answer.state, bytes_field(fields, "state", recording));
  if (answer.shard_block != answer.block) {
    const ShardIdent shard{answer.shard_block.workchain, answer.shard_block.shard};
    TRY(const BlockId listed, proven_shard_block(answer.shard_proof, answer.block, shard));
    answer.shard_block.file_hash = listed.file_hash;
  }
  recording.account = address;
  recording.answer = answer;
  return recording;
}

}  // namespace

AnswerKind recording_kind(std::string_view text) {
  if (text.size() > kTextMax) return AnswerKind::kOther;
  if (const auto fields = fields_of(text)) {
    return fields->contains("account_id") && fields->contains("proof") ? AnswerKind::kAccountState
                                                                       : AnswerKind::kOther;
  }
  const auto bytes = from_hex(digits_of(text));
  return bytes ? kind_of_answer(*bytes) : AnswerKind::kOther;
}

Result<Recording> parse_recording(std::string_view text) {
  if (text.size() > kTextMax) return fail(TonError::kLimit, "a recording that is too long");
  if (const auto fields = fields_of(text)) return account_read(*fields);
  Recording recording;
  TRY(Bytes bytes, from_hex(digits_of(text)));
  const BytesView answer = recording.bytes.emplace_back(std::move(bytes));
  if (kind_of_answer(answer) == AnswerKind::kPartialBlockProof) {
    TRY(recording.answer, parse_partial_block_proof(answer));
    return recording;
  }
  TRY(recording.answer, parse_account_state(answer));
  recording.account = commented_address(text);
  return recording;
}

}  // namespace cocoon::ton
