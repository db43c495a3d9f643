#include "ton/proof/recording.h"

namespace cocoon::ton {
namespace {

using codec::Json;

Json json_of(const BlockId& id) {
  std::string shard = to_hex(BitString::of_number(id.shard, 64).bytes());
  return Json::object({{"workchain", Json::number(std::int64_t{id.workchain})},
                       {"shard", Json::string(shard)},
                       {"seqno", Json::number(std::uint64_t{id.seqno})},
                       {"root_hash", Json::string(id.root_hash.hex())}});
}

Json json_of(const CheckedLink& link) {
  return Json::object(
      {{"from_seqno", Json::number(std::uint64_t{link.from.seqno})},
       {"to_seqno", Json::number(std::uint64_t{link.to.seqno})},
       {"to_key_block", Json::boolean(link.to_key_block)},
       {"gen_utime", Json::number(std::uint64_t{link.generated_at.value()})},
       {"kind", Json::string(link.kind == SignatureKind::kSimplex ? "simplex" : "ordinary")},
       {"signatures", Json::number(std::uint64_t{link.signed_by.signatures})},
       {"validators", Json::number(std::uint64_t{link.validators})},
       {"signed_weight", Json::number(link.signed_by.weight)},
       {"total_weight", Json::number(link.total_weight)}});
}

const char* name_of(AccountStatus status) {
  switch (status) {
    case AccountStatus::kUninitialized:
      return "uninit";
    case AccountStatus::kActive:
      return "active";
    case AccountStatus::kFrozen:
      return "frozen";
  }
  return "";
}

std::string digits_of(const BitString& bits) {
  std::string digits;
  for (std::size_t i = 0; i < bits.size(); ++i) digits.push_back(bits[i] ? '1' : '0');
  return digits;
}

Json answer_head(const char* kind) {
  return Json::object(
      {{"ok", Json::boolean(true)}, {"kind", Json::string(kind)}, {"reason", Json::null()}});
}

Json describe_absence(const AccountStateAnswer& answer, const AbsentAccounts& absent) {
  Json json = answer_head("account_state");
  json.set("block", json_of(answer.block));
  json.set("shard_block", json_of(answer.shard_block));
  json.set("account", Json::null());
  json.set("state", Json::string("absent"));
  json.set("absent_prefix", Json::string(digits_of(absent.prefix)));
  json.set("present_instead", Json::string(digits_of(absent.instead)));
  return json;
}

Result<Json> check_account(const Recording& recording, const std::optional<Address>& asked) {
  const auto& answer = std::get<AccountStateAnswer>(recording.answer);
  std::optional<Address> account = asked;
  if (!account) {
    TRY(account, address_in(answer));
  }
  if (!account) account = recording.account;
  if (!account) {
    TRY(const AbsentAccounts absent, check_absence(answer));
    return describe_absence(answer, absent);
  }
  TRY(const ProvenAccount proven, check_account_state(answer, *account));
  return json_of(proven);
}

Result<Json> check(std::string_view text, const std::optional<Address>& account) {
  TRY(const Recording recording, parse_recording(text));
  if (const auto* const proof = std::get_if<PartialBlockProof>(&recording.answer)) {
    TRY(const CheckedChain chain, check_block_proof(*proof));
    return json_of(chain);
  }
  // A read of name=value lines always says whose it is.
  const bool is_named = !account && recording.account && recording.bytes.size() > 1;
  return check_account(recording, is_named ? recording.account : account);
}

}  // namespace

Json json_of(const CheckedChain& chain) {
  Json json = answer_head("block_proof");
  json.set("from", json_of(chain.from));
  json.set("to", json_of(chain.to));
  json.set("from_seqno", Json::number(std::uint64_t{chain.from.seqno}));
  json.set("to_seqno", Json::number(std::uint64_t{chain.to.seqno}));
  json.set("complete", Json::boolean(chain.complete));
  Json::Array links;
  std::uint64_t signatures = 0;
  for (const CheckedLink& link : chain.links) {
    links.push_back(json_of(link));
    signatures += link.signed_by.signatures;
  }
  json.set("signatures", Json::number(signatures));
  json.set("links", Json::array(std::move(links)));
  return json;
}

Json json_of(const ProvenAccount& proven) {
  Json json = answer_head("account_state");
  json.set("block", json_of(proven.block));
  json.set("shard_block", json_of(proven.shard_block));
  json.set("gen_utime", Json::number(std::uint64_t{proven.generated_at.value()}));
  json.set("account", Json::string(raw_address(proven.address)));
  const std::optional<Account>& account = proven.account;
  json.set("state", Json::string(account ? name_of(account->status) : "absent"));
  json.set("balance", Json::number(account ? account->balance.nano() : 0));
  if (!account) return json;
  json.set("state_hash", Json::string(proven.state_hash.hex()));
  json.set("last_transaction_lt", Json::number(proven.last_transaction_lt));
  json.set("last_transaction_hash", Json::string(proven.last_transaction_hash.hex()));
  if (account->state && account->state->code)
    json.set("code_hash", Json::string(account->state->code->hash().hex()));
  if (account->state && account->state->data)
    json.set("data_hash", Json::string(account->state->data->hash().hex()));
  if (account->frozen_hash) json.set("frozen_hash", Json::string(account->frozen_hash->hex()));
  return json;
}

RecordingReport check_recording(std::string_view text, const std::optional<Address>& account) {
  RecordingReport report;
  Json kind;
  switch (recording_kind(text)) {
    case AnswerKind::kOther:
      break;
    case AnswerKind::kPartialBlockProof:
      kind = Json::string("block_proof");
      break;
    case AnswerKind::kAccountState:
      kind = Json::string("account_state");
      break;
  }
  std::string reason =
      "neither liteServer.partialBlockProof nor liteServer.accountState in hexadecimal digits";
  if (!kind.is_null()) {
    auto holds = check(text, account);
    report.verdict = holds ? Verdict::kHolds : Verdict::kRefused;
    if (holds) {
      report.json = std::move(*holds);
      return report;
    }
    reason = holds.error().message();
  }
  report.json = Json::object(
      {{"ok", Json::boolean(false)}, {"kind", kind}, {"reason", Json::string(reason)}});
  return report;
}

}  // namespace cocoon::ton
