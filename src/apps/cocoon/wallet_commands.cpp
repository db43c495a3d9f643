#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/light.h"
#include "apps/common/role_program.h"
#include "config/key_file.h"
#include "net/os_random.h"
#include "ton/cell/boc.h"
#include "ton/proof/recording.h"
#include "ton/wallet/phrase.h"
#include "ton/wallet/wallet.h"

namespace cocoon::apps {
namespace {

using codec::Json;

constexpr std::size_t kPhraseTextMax = 4096;
constexpr std::uint32_t kValidForSeconds = 120;

constexpr const char* kNewHelp = R"(DESCRIPTION
  Makes a wallet: draws a recovery phrase, puts its key into FILE, mode 0600, and shows the 24 words once. Write them down;
  they are stored nowhere. With --json the words are left out: `cocoon wallet new FILE` on a terminal shows them.
  A file that is there is never replaced.

EXAMPLE
  cocoon wallet new owner.key --network mainnet)";
constexpr const char* kImportHelp = R"(DESCRIPTION
  Puts the key of a recovery phrase, read from standard input, into FILE, mode 0600.

EXAMPLE
  cocoon wallet import owner.key < words)";
constexpr const char* kAddressHelp = R"(DESCRIPTION
  The wallet's address, which follows from key, contract and network.

OUTPUT OF --json
  {"address": FRIENDLY, "raw": "0:...", "version": "v5r1", "network": ID})";
constexpr const char* kBalanceHelp = R"(DESCRIPTION
  The wallet's proven state.

EXAMPLE
  cocoon wallet balance owner.key --config global.config.json)";
constexpr const char* kSendHelp = R"(DESCRIPTION
  Pays AMOUNT ("0.05", in whole coins) to ADDRESS and waits until a proven transaction shows that the wallet sent it. A
  wallet's first payment deploys it. A friendly address of a wallet, UQ..., gets an amount that does not bounce. A contract
  is told what to do by --body; what it did is in its own state.

EXIT STATUS
  0 seen on chain; 1 not seen before --timeout, or refused; 2 wrong usage.

EXAMPLE
  cocoon wallet send owner.key UQ... 0.05 --comment thanks --config global.config.json)";

struct WalletOptions {
  std::string file;
  std::string version = "v5r1";
  std::string network = "mainnet";
};

void add_wallet_options(CLI::App& app, WalletOptions& options) {
  app.add_option("FILE", options.file, "the wallet's key file")->required();
  app.add_option("--version", options.version, "which contract")
      ->check(CLI::IsMember({"v5r1", "v4r2"}))
      ->capture_default_str();
  app.add_option("--network", options.network,
                 "mainnet, testnet or devnet: part of a v5 wallet's address")
      ->check(CLI::IsMember({"mainnet", "testnet", "devnet"}))
      ->capture_default_str();
}

ton::WalletId id_of(const WalletOptions& options) {
  ton::WalletId id;
  id.version = options.version == "v4r2" ? ton::WalletVersion::kV4R2 : ton::WalletVersion::kV5R1;
  if (options.network == "testnet") id.network = NetworkId(-3);
  if (options.network == "devnet") id.network = kDevnetNetworkId;
  return id;
}

Result<crypto::Ed25519KeyPair> load_key(const WalletOptions& options) {
  TRY(auto seed, config::load_key_file(options.file));
  return crypto::Ed25519KeyPair::from_seed(std::move(seed));
}

Result<Json> describe(const WalletOptions& options) {
  TRY(const auto key, load_key(options));
  TRY(const ton::Address address, ton::wallet_address(id_of(options), key.public_key()));
  const auto net =
      options.network == "mainnet" ? ton::AddressNet::kMainnet : ton::AddressNet::kTestnet;
  return Json::object(
      {{"address", Json::string(ton::friendly_address(address, ton::Bounce::kNonBounceable, net))},
       {"raw", Json::string(ton::raw_address(address))},
       {"version", Json::string(options.version)},
       {"network", Json::number(std::int64_t{id_of(options).network.value()})}});
}

int show_address(const WalletOptions& options, const Terminal& terminal) {
  const auto json = describe(options);
  if (!json) return report(terminal, json.error());
  terminal.json(codec::write_json(*json));
  terminal.text(*json->find("address")->as_string());
  return kExitOk;
}

Status keep_phrase(const WalletOptions& options, const ton::Phrase& phrase) {
  return config::create_key_file(options.file, phrase.seed());
}

int make_new(const WalletOptions& options, const Terminal& terminal) {
  std::error_code failed;
  if (std::filesystem::exists(options.file, failed)) {
    return report(terminal, Error(AppError::kBadInput, options.file + " is there already"));
  }
  net::OsRandom random;
  for (;;) {
    SecretArray<33> drawn;
    random.fill(drawn.expose_mutable());
    const auto phrase = ton::Phrase::from_random(drawn);
    if (!phrase) continue;  // 255 of 256 draws are no seed
    if (const Status kept = keep_phrase(options, *phrase); !kept)
      return report(terminal, kept.error());
    terminal.text("Your recovery phrase. Whoever has it has the wallet; it is shown this once.");
    terminal.text(as_text(phrase->expose()));
    return show_address(options, terminal);
  }
}

int import(const WalletOptions& options, const Terminal& terminal) {
  Bytes text(kPhraseTextMax);
  std::cin.read(reinterpret_cast<char*>(text.data()), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  const SecretBytes kept(std::move(text));
  const auto phrase = ton::Phrase::parse(as_text(kept.expose()));
  if (!phrase) return report(terminal, Error(AppError::kBadInput, phrase.error().message()));
  if (const Status stored = keep_phrase(options, *phrase); !stored)
    return report(terminal, stored.error());
  return show_address(options, terminal);
}

async::Task<Result<Json>> read_balance(chain::LightClient& client, ton::Address address,
                                       async::Deadline deadline) {
  CO_TRY(const ton::ProvenAccount account, co_await client.account(address, deadline));
  Json json = ton::json_of(account);
  json.set("coins", Json::string(account.account ? account.account->balance.decimal() : "0"));
  co_return json;
}

// A wallet of one network is a stranger on every other.
LightOptions of_network(LightOptions light, const WalletOptions& wallet) {
  light.network = id_of(wallet).network;
  return light;
}

int show_balance(const WalletOptions& options, const LightOptions& light,
                 const Terminal& terminal) {
  const auto key = load_key(options);
  if (!key) return report(terminal, key.error());
  const auto address = ton::wallet_address(id_of(options), key->public_key());
  if (!address) return report(terminal, address.error());
  return run_light(
      of_network(light, options),
      [&](chain::LightClient& client, async::Deadline deadline) {
        return read_balance(client, *address, deadline);
      },
      terminal);
}

struct Payment {
  WalletOptions wallet;
  LightOptions light;
  std::string to;
  std::string amount;
  std::string comment;
  std::string body;
};

async::Task<Result<Json>> pay(chain::LightClient& client, ton::WalletId id,
                              const crypto::Ed25519KeyPair& key, ton::InternalMessage message,
                              async::Deadline deadline) {
  CO_TRY(const ton::Address address, ton::wallet_address(id, key.public_key()));
  CO_TRY(const ton::ProvenAccount before, co_await client.account(address, deadline));
  if (!before.account || before.account->balance <= message.amount) {
    co_return fail(AppError::kBadInput, "the wallet has less than the amount and its fees");
  }
  ton::Transfer transfer;
  CO_TRY(transfer.seqno, ton::wallet_seqno(id, before.account));
  transfer.valid_until = UnixSeconds(before.generated_at.value() + kValidForSeconds);
  transfer.messages = {std::move(message)};
  CO_TRY(const ton::CellRef external, ton::transfer_message(id, key, transfer));
  CO_TRY(const ton::ProvenTransaction seen, co_await client.send(external, deadline));
  if (seen.transaction.out_message_count == 0) {
    co_return fail(AppError::kBadAnswer,
                   "the wallet took the message and sent nothing; is its balance enough?");
  }
  co_return Json::object({{"ok", Json::boolean(true)},
                          {"transaction", Json::string(seen.hash.hex())},
                          {"lt", Json::number(seen.transaction.lt)},
                          {"seqno", Json::number(std::uint64_t{transfer.seqno})}});
}

Result<ton::InternalMessage> message_of(const Payment& payment) {
  TRY(const ton::ParsedAddress to, ton::parse_address(payment.to));
  ton::InternalMessage message;
  message.to = to.address;
  message.bounce = to.bounce;
  TRY(message.amount, NanoTon::parse(payment.amount));
  if (!payment.comment.empty()) {
    TRY(message.body, ton::comment_body(payment.comment));
  }
  if (!payment.body.empty()) {
    TRY(const Bytes boc, from_hex(payment.body));
    TRY(message.body, ton::parse_boc_root(boc));
  }
  return message;
}

int run_payment(const Payment& payment, const Terminal& terminal) {
  const auto message = message_of(payment);
  if (!message) return report(terminal, Error(AppError::kBadInput, message.error().message()));
  const auto key = load_key(payment.wallet);
  if (!key) return report(terminal, key.error());
  return run_light(
      of_network(payment.light, payment.wallet),
      [&](chain::LightClient& client, async::Deadline deadline) {
        return pay(client, id_of(payment.wallet), *key, *message, deadline);
      },
      terminal);
}

template <class Question>
CLI::App& add(Commands& commands, CLI::App& group, const char* name, const char* summary,
              const char* help, int (*run)(const Question&, const Terminal&),
              const std::shared_ptr<Question>& asked) {
  return commands.add(group, name, summary, help,
                      [run, asked](Terminal& terminal) { return run(*asked, terminal); });
}

}  // namespace

void add_wallet_commands(Commands& commands) {
  CLI::App& group = commands.group("wallet", "keys and payments");
  const auto fresh = std::make_shared<WalletOptions>();
  add_wallet_options(add(commands, group, "new", "make a wallet", kNewHelp, &make_new, fresh),
                     *fresh);
  const auto imported = std::make_shared<WalletOptions>();
  add_wallet_options(add(commands, group, "import", "take a wallet over by its recovery phrase",
                         kImportHelp, &import, imported),
                     *imported);
  const auto shown = std::make_shared<WalletOptions>();
  add_wallet_options(
      add(commands, group, "address", "a wallet's address", kAddressHelp, &show_address, shown),
      *shown);
  const auto asked = std::make_shared<Payment>();
  CLI::App& balance = commands.add(
      group, "balance", "a wallet's proven balance", kBalanceHelp,
      [asked](Terminal& terminal) { return show_balance(asked->wallet, asked->light, terminal); });
  add_wallet_options(balance, asked->wallet);
  add_light_options(balance, asked->light);
  const auto payment = std::make_shared<Payment>();
  CLI::App& send = add(commands, group, "send", "pay someone", kSendHelp, &run_payment, payment);
  add_wallet_options(send, payment->wallet);
  send.add_option("ADDRESS", payment->to, "whom to pay")->required();
  send.add_option("AMOUNT", payment->amount, "how much, in whole coins")->required();
  CLI::Option* const comment = send.add_option("--comment", payment->comment,
                                               "a text that the payee sees, and everybody else");
  send.add_option("--body", payment->body, "a contract's message, a bag of cells in hexadecimal")
      ->excludes(comment);
  add_light_options(send, payment->light);
}

}  // namespace cocoon::apps
