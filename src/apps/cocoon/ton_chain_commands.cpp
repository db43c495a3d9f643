#include <memory>
#include <string>

#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/light.h"
#include "files/small_files.h"
#include "ton/cell/boc.h"
#include "ton/proof/recording.h"

namespace cocoon::apps {
namespace {

using codec::Json;

constexpr std::size_t kMessageBytesMax = std::size_t{64} * 1024;

constexpr const char* kAccountHelp = R"(DESCRIPTION
  An account's state as of the newest block, proven, or proven absent. ADDRESS is raw (0:...) or friendly.
)";
constexpr const char* kAccountHelpEnd = R"(

OUTPUT OF --json
  {"ok": true, "kind": "account_state", "account": ..., "state": "active|uninit|frozen|absent", "balance": NANO, "block": ...,
   "transactions": [...] with --transactions, "refused": [{"server": ..., "reason": ...}]}, or {"ok": false, "error": ...}

EXIT STATUS
  0 proven; 1 nothing could be proven; 2 wrong usage.

EXAMPLE
  cocoon ton account EQ... --config global.config.json --json)";
constexpr const char* kBlockHelp = R"(DESCRIPTION
  The newest block of the masterchain, or the one of a number, proven.
)";
constexpr const char* kBlockHelpEnd = R"(

OUTPUT OF --json
  {"ok": true, "seqno": ..., "root_hash": ..., "file_hash": ..., "gen_utime": ..., "key_block": ..., "links": ..., "refused": [...]}

EXAMPLE
  cocoon ton block --config global.config.json)";
constexpr const char* kSendHelp = R"(DESCRIPTION
  Sends an external message, a bag of cells in a file. It counts as sent once a proven transaction of its destination has
  taken it in; what lite-servers say of it counts for nothing.
)";
constexpr const char* kSendHelpEnd = R"(

OUTPUT OF --json
  {"ok": true, "transaction": HASH, "lt": ..., "now": ..., "refused": [...]}

EXIT STATUS
  0 seen on chain; 1 not seen before --timeout: it may still come.

EXAMPLE
  cocoon ton send message.boc --config global.config.json)";

// The three parts of a help text, kept as long as the program runs.
const char* help_of(const char* begin, const char* end) {
  static std::vector<std::unique_ptr<std::string>> texts;
  return texts.emplace_back(std::make_unique<std::string>(std::string(begin) + kLightHelp + end))
      ->c_str();
}

struct AccountQuestion {
  LightOptions light;
  std::string address;
  std::uint32_t transactions = 0;
};

Json json_of_transactions(const std::vector<ton::ProvenTransaction>& list) {
  Json::Array out;
  for (const ton::ProvenTransaction& seen : list) {
    out.push_back(Json::object(
        {{"hash", Json::string(seen.hash.hex())},
         {"lt", Json::number(seen.transaction.lt)},
         {"now", Json::number(std::uint64_t{seen.transaction.now.value()})},
         {"out_messages", Json::number(std::uint64_t{seen.transaction.out_message_count})}}));
  }
  return Json::array(std::move(out));
}

async::Task<Result<Json>> read_account(chain::LightClient& client, ton::Address address,
                                       std::uint32_t transactions, async::Deadline deadline) {
  CO_TRY(const ton::ProvenAccount account, co_await client.account(address, deadline));
  Json json = ton::json_of(account);
  if (transactions > 0) {
    CO_TRY(const auto list, co_await client.transactions(account, transactions, deadline));
    json.set("transactions", json_of_transactions(list));
  }
  co_return json;
}

int run_account(const AccountQuestion& asked, const Terminal& terminal) {
  const auto address = ton::parse_address(asked.address);
  if (!address) return report(terminal, Error(AppError::kBadInput, address.error().message()));
  return run_light(
      asked.light,
      [&](chain::LightClient& client, async::Deadline deadline) {
        return read_account(client, address->address, asked.transactions, deadline);
      },
      terminal);
}

async::Task<Result<Json>> read_block(chain::LightClient& client, std::optional<std::uint32_t> seqno,
                                     async::Deadline deadline) {
  CO_TRY(chain::ProvenBlock block, co_await client.sync(deadline));
  if (seqno && *seqno != block.id.seqno) {
    CO_TRY(block, co_await client.block(*seqno, deadline));
  }
  Json json = json_of(block);
  json.set("ok", Json::boolean(true));
  json.set("links", Json::number(client.links_checked()));
  co_return json;
}

async::Task<Result<Json>> send_message(chain::LightClient& client, ton::CellRef message,
                                       async::Deadline deadline) {
  CO_TRY(const ton::ProvenTransaction seen, co_await client.send(message, deadline));
  co_return Json::object({{"ok", Json::boolean(true)},
                          {"transaction", Json::string(seen.hash.hex())},
                          {"lt", Json::number(seen.transaction.lt)},
                          {"now", Json::number(std::uint64_t{seen.transaction.now.value()})}});
}

int run_send(const LightOptions& options, const std::string& file, const Terminal& terminal) {
  const auto bytes = files::read_file(file, kMessageBytesMax);
  if (!bytes) return report(terminal, Error(AppError::kBadInput, bytes.error().message()));
  const auto message = ton::parse_boc_root(*bytes);
  if (!message) return report(terminal, Error(AppError::kBadInput, message.error().message()));
  return run_light(
      options,
      [&](chain::LightClient& client, async::Deadline deadline) {
        return send_message(client, *message, deadline);
      },
      terminal);
}

void add_account(Commands& commands, CLI::App& group) {
  const auto asked = std::make_shared<AccountQuestion>();
  CLI::App& account = commands.add(
      group, "account", "an account's state, proven", help_of(kAccountHelp, kAccountHelpEnd),
      [asked](Terminal& terminal) { return run_account(*asked, terminal); });
  account.add_option("ADDRESS", asked->address, "whose state")->required();
  account.add_option("--transactions", asked->transactions, "so many of the last transactions too")
      ->check(CLI::Range(0, 1000));
  add_light_options(account, asked->light);
}

void add_block(Commands& commands, CLI::App& group) {
  struct Question {
    LightOptions light;
    std::optional<std::uint32_t> seqno;
  };
  const auto asked = std::make_shared<Question>();
  CLI::App& block =
      commands.add(group, "block", "a block of the masterchain, proven",
                   help_of(kBlockHelp, kBlockHelpEnd), [asked](Terminal& terminal) {
                     return run_light(
                         asked->light,
                         [asked](chain::LightClient& client, async::Deadline deadline) {
                           return read_block(client, asked->seqno, deadline);
                         },
                         terminal);
                   });
  block.add_option("SEQNO", asked->seqno, "its number; the newest if none is given");
  add_light_options(block, asked->light);
}

void add_send(Commands& commands, CLI::App& group) {
  struct Question {
    LightOptions light;
    std::string file;
  };
  const auto asked = std::make_shared<Question>();
  CLI::App& send = commands.add(group, "send", "send an external message and see it on chain",
                                help_of(kSendHelp, kSendHelpEnd), [asked](Terminal& terminal) {
                                  return run_send(asked->light, asked->file, terminal);
                                });
  send.add_option("FILE", asked->file, "the message, a bag of cells")->required();
  add_light_options(send, asked->light);
}

}  // namespace

void add_ton_chain_commands(Commands& commands) {
  CLI::App& group = commands.group("ton", "read TON without trusting anyone");
  add_account(commands, group);
  add_block(commands, group);
  add_send(commands, group);
}

}  // namespace cocoon::apps
