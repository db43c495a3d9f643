#include "store/ledger_tables.h"

#include <array>
#include <limits>

namespace cocoon::store {
namespace {

using channel::ChannelEpoch;
using channel::ChannelId;
using channel::PayeeBooks;
using channel::PayeeChange;
using channel::PayeeRecord;
using channel::PayerBooks;
using channel::PayerChange;
using channel::PayerRecord;
using channel::RequestRecord;
using channel::RequestState;
using channel::SignedVoucher;

// "CCLG": the file is a ledger.
constexpr std::int64_t kApplicationId = 0x43434c47;

// The n-th step leads from version n to n + 1.
constexpr std::array kMigrations = {
    "CREATE TABLE channel ("
    " id INTEGER PRIMARY KEY, side INTEGER NOT NULL, network INTEGER NOT NULL,"
    " workchain INTEGER NOT NULL, account BLOB NOT NULL, epoch INTEGER NOT NULL,"
    " latest BLOB, earned BLOB, sum INTEGER NOT NULL, written_off INTEGER NOT NULL, agreed INTEGER,"
    " UNIQUE (side, network, workchain, account, epoch)) STRICT;"
    "CREATE TABLE request ("
    " number INTEGER PRIMARY KEY, channel INTEGER NOT NULL REFERENCES channel, id BLOB NOT NULL,"
    " state INTEGER NOT NULL, price_max INTEGER NOT NULL, price INTEGER NOT NULL,"
    " UNIQUE (channel, id)) STRICT;"
    "PRAGMA application_id = 0x43434c47; PRAGMA user_version = 1;",
};
constexpr auto kVersion = static_cast<std::int64_t>(kMigrations.size());

enum Side : std::int64_t { kPayer = 0, kPayee = 1 };

std::unexpected<Error> damaged(const char* what) {
  return fail(StoreError::kUnreadable, std::string("ledger with ") + what);
}

std::int64_t number_of(NanoTon amount) { return static_cast<std::int64_t>(amount.nano()); }

Result<NanoTon> amount_from(std::int64_t value) {
  if (value < 0) return damaged("a negative amount");
  return NanoTon::from_nano(static_cast<std::uint64_t>(value));
}

Result<std::optional<NanoTon>> maybe_amount_from(std::optional<std::int64_t> value) {
  if (!value) return std::nullopt;
  return amount_from(*value);
}

template <class Integer>
Result<Integer> integer_from(std::int64_t value) {
  if (!std::in_range<Integer>(value)) return damaged("a number outside its range");
  return static_cast<Integer>(value);
}

void bind_voucher(Statement& to, int parameter, const std::optional<SignedVoucher>& voucher) {
  if (voucher) {
    to.bind(parameter, voucher->encode());
  } else {
    to.bind_null(parameter);
  }
}

Result<std::optional<SignedVoucher>> voucher_from(const Statement& from, int column) {
  if (from.is_null(column)) return std::nullopt;
  Result<SignedVoucher> voucher = SignedVoucher::decode(from.blob(column));
  if (!voucher) return damaged("something that is no voucher");
  return *voucher;
}

Result<ChannelId> channel_from(const Statement& row) {
  ChannelId channel;
  TRY(const auto network, integer_from<std::int32_t>(row.integer(1)));
  channel.network = NetworkId(network);
  const std::int64_t workchain = row.integer(2);
  if (!std::in_range<std::int8_t>(workchain)) return damaged("a number outside its range");
  channel.address.workchain = static_cast<std::int32_t>(workchain);
  Result<ton::AccountId> account = ton::AccountId::from(row.blob(3));
  if (!account) return damaged("an address of another length");
  channel.address.account = *account;
  TRY(const auto epoch, integer_from<std::uint32_t>(row.integer(4)));
  channel.epoch = ChannelEpoch(epoch);
  return channel;
}

Result<PayerRecord> record_from(const Statement& row, const PayerRecord* /*kind*/) {
  PayerRecord record;
  TRY(record.channel, channel_from(row));
  TRY(record.latest, voucher_from(row, 5));
  TRY(record.spent, amount_from(row.integer(7)));
  TRY(record.written_off, amount_from(row.integer(8)));
  TRY(record.agreed, maybe_amount_from(row.maybe_integer(9)));
  return record;
}

Result<PayeeRecord> record_from(const Statement& row, const PayeeRecord* /*kind*/) {
  PayeeRecord record;
  TRY(record.channel, channel_from(row));
  TRY(record.held, voucher_from(row, 5));
  TRY(record.earned, voucher_from(row, 6));
  TRY(record.billed, amount_from(row.integer(7)));
  TRY(record.agreed, maybe_amount_from(row.maybe_integer(9)));
  return record;
}

Result<RequestRecord> request_from(const Statement& row) {
  RequestRecord request;
  Result<RequestId> id = RequestId::from(row.blob(0));
  if (!id) return damaged("a request id of another length");
  request.id = *id;
  const std::int64_t state = row.integer(1);
  if (state < 0 || state > static_cast<std::int64_t>(RequestState::kBilled))
    return damaged("a request in no known state");
  request.state = static_cast<RequestState>(state);
  TRY(request.price_max, amount_from(row.integer(2)));
  TRY(request.price, amount_from(row.integer(3)));
  return request;
}

Status migrate(Database& database) {
  TRY(const std::int64_t tables, database.integer("SELECT count(*) FROM sqlite_schema"));
  TRY(const std::int64_t application, database.integer("PRAGMA application_id"));
  TRY(const std::int64_t version, database.integer("PRAGMA user_version"));
  if (tables != 0 && application != kApplicationId)
    return fail(StoreError::kUnreadable, "a database of another program, not a ledger");
  if (version < 0 || version > kVersion)
    return fail(StoreError::kUnreadable, "a ledger of a newer version of this program");
  for (auto from = static_cast<std::size_t>(version); from < kMigrations.size(); ++from) {
    TRY_VOID(database.execute("BEGIN IMMEDIATE"));
    if (Status done = database.execute(kMigrations[from]); !done) {
      (void)database.execute("ROLLBACK");
      return done;
    }
    TRY_VOID(database.execute("COMMIT"));
  }
  return {};
}

Status check_integrity(const Database& database) {
  TRY(Statement check, database.prepare("PRAGMA quick_check(1)"));
  TRY(const bool has_row, check.step());
  if (!has_row || as_text(check.blob(0)) != "ok") return damaged("pages that do not fit together");
  return {};
}

}  // namespace

struct LedgerTables::Statements {
  Statement begin;
  Statement commit;
  Statement rollback;
  Statement save_channel;
  Statement save_request;
  Statement forget_request;
  Statement forget_all;
  Statement channels;
  Statement requests;
};

void LedgerTables::Drop::operator()(Statements* statements) const { delete statements; }

LedgerTables::LedgerTables(Database database, std::unique_ptr<Statements, Drop> statements)
    : database_(std::move(database)), statements_(std::move(statements)) {}

Result<LedgerTables> LedgerTables::open(const std::filesystem::path& file) {
  TRY(Database database, Database::open(file));
  TRY_VOID(check_integrity(database));
  TRY_VOID(migrate(database));
  TRY(Statement begin, database.prepare("BEGIN IMMEDIATE"));
  TRY(Statement commit, database.prepare("COMMIT"));
  TRY(Statement rollback, database.prepare("ROLLBACK"));
  TRY(Statement save_channel,
      database.prepare("INSERT INTO channel (side, network, workchain, account, epoch, latest,"
                       " earned, sum, written_off, agreed) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"
                       " ON CONFLICT (side, network, workchain, account, epoch) DO UPDATE SET"
                       " latest = ?6, earned = ?7, sum = ?8, written_off = ?9, agreed = ?10"
                       " RETURNING id"));
  TRY(Statement save_request,
      database.prepare("INSERT INTO request (channel, id, state, price_max, price)"
                       " VALUES (?1,?2,?3,?4,?5) ON CONFLICT (channel, id) DO UPDATE SET"
                       " state = ?3, price_max = ?4, price = ?5"));
  TRY(Statement forget_request,
      database.prepare("DELETE FROM request WHERE channel = ?1 AND id = ?2"));
  TRY(Statement forget_all, database.prepare("DELETE FROM request WHERE channel = ?1"));
  TRY(Statement channels,
      database.prepare("SELECT id, network, workchain, account, epoch, latest, earned, sum,"
                       " written_off, agreed FROM channel WHERE side = ?1 ORDER BY id"));
  TRY(Statement requests,
      database.prepare("SELECT id, state, price_max, price FROM request WHERE channel = ?1"
                       " ORDER BY number"));
  std::unique_ptr<Statements, Drop> statements(
      new Statements{.begin = std::move(begin),
                     .commit = std::move(commit),
                     .rollback = std::move(rollback),
                     .save_channel = std::move(save_channel),
                     .save_request = std::move(save_request),
                     .forget_request = std::move(forget_request),
                     .forget_all = std::move(forget_all),
                     .channels = std::move(channels),
                     .requests = std::move(requests)});
  return LedgerTables(std::move(database), std::move(statements));
}

LedgerTables::Key LedgerTables::key_of(const LedgerChange& change) {
  return {.is_payee = std::holds_alternative<PayeeChange>(change),
          .channel = std::visit([](const auto& one) { return one.record.channel; }, change)};
}

Result<std::int64_t> LedgerTables::save_record(const LedgerChange& change) {
  const Key key = key_of(change);
  Statement& save = statements_->save_channel;
  save.bind(1, key.is_payee ? kPayee : kPayer)
      .bind(2, std::int64_t{key.channel.network.value()})
      .bind(3, std::int64_t{key.channel.address.workchain})
      .bind(4, key.channel.address.account.view())
      .bind(5, std::int64_t{key.channel.epoch.value()});
  if (const auto* payer = std::get_if<PayerChange>(&change)) {
    bind_voucher(save, 6, payer->record.latest);
    save.bind_null(7)
        .bind(8, number_of(payer->record.spent))
        .bind(9, number_of(payer->record.written_off));
  } else {
    const PayeeRecord& record = std::get<PayeeChange>(change).record;
    bind_voucher(save, 6, record.held);
    bind_voucher(save, 7, record.earned);
    save.bind(8, number_of(record.billed)).bind(9, std::int64_t{0});
  }
  const auto agreed = std::visit([](const auto& one) { return one.record.agreed; }, change);
  save.bind(10, agreed ? std::optional(number_of(*agreed)) : std::nullopt);
  TRY(const bool has_row, save.step());
  if (!has_row) return damaged("a channel that was not saved");
  const std::int64_t row = save.integer(0);
  TRY_VOID(save.run());  // to its end
  return row;
}

Status LedgerTables::save_requests(std::int64_t row, const LedgerChange& change) {
  return std::visit(
      [&](const auto& one) -> Status {
        if (one.all_forgotten) TRY_VOID(statements_->forget_all.bind(1, row).run());
        if (one.request) {
          TRY_VOID(statements_->save_request.bind(1, row)
                       .bind(2, one.request->id.view())
                       .bind(3, static_cast<std::int64_t>(one.request->state))
                       .bind(4, number_of(one.request->price_max))
                       .bind(5, number_of(one.request->price))
                       .run());
        }
        if (one.forgotten)
          TRY_VOID(statements_->forget_request.bind(1, row).bind(2, one.forgotten->view()).run());
        return {};
      },
      change);
}

Status LedgerTables::save_all(std::span<const LedgerChange> changes) {
  // The last record of a channel holds all that the earlier ones did.
  std::map<Key, const LedgerChange*> newest;
  for (const LedgerChange& change : changes) newest[key_of(change)] = &change;
  std::map<Key, std::int64_t> rows;
  for (const auto& [key, change] : newest) {
    TRY(rows[key], save_record(*change));
  }
  for (const LedgerChange& change : changes) {
    TRY_VOID(save_requests(rows[key_of(change)], change));
  }
  return {};
}

Status LedgerTables::save(std::span<const LedgerChange> changes) {
  TRY_VOID(statements_->begin.run());
  Status outcome = save_all(changes);
  if (outcome) outcome = statements_->commit.run();
  // Fails where SQLite has rolled back already.
  if (!outcome) (void)statements_->rollback.run();
  return outcome;
}

template <class Books>
Result<std::vector<Books>> LedgerTables::load() {
  constexpr Side kSide = std::is_same_v<Books, PayerBooks> ? kPayer : kPayee;
  std::vector<Books> all;
  Statement& channels = statements_->channels.bind(1, kSide);
  for (;;) {
    TRY(const bool has_row, channels.step());
    if (!has_row) return all;
    Books books;
    TRY(books.record, record_from(channels, &books.record));
    Statement& requests = statements_->requests.bind(1, channels.integer(0));
    for (;;) {
      TRY(const bool has_request, requests.step());
      if (!has_request) break;
      TRY(books.requests.emplace_back(), request_from(requests));
    }
    all.push_back(std::move(books));
  }
}

Result<std::vector<PayerBooks>> LedgerTables::payers() { return load<PayerBooks>(); }
Result<std::vector<PayeeBooks>> LedgerTables::payees() { return load<PayeeBooks>(); }

}  // namespace cocoon::store
