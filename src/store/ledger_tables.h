#pragma once

#include <map>
#include <variant>
#include <vector>

#include "channel/books.h"
#include "store/sqlite.h"

// Inside this room: books as rows (docs/formats/ledger.md).
namespace cocoon::store {

using LedgerChange = std::variant<channel::PayerChange, channel::PayeeChange>;

class LedgerTables {
 public:
  // Makes the tables, or brings those of an older version up to this one. kUnreadable for a
  // database that is damaged, of something else, or of a newer version.
  [[nodiscard]] static Result<LedgerTables> open(const std::filesystem::path& file);

  // All of the changes or none, in their order, on disk when it returns.
  [[nodiscard]] Status save(std::span<const LedgerChange> changes);
  // kUnreadable for rows that no program of this version wrote.
  [[nodiscard]] Result<std::vector<channel::PayerBooks>> payers();
  [[nodiscard]] Result<std::vector<channel::PayeeBooks>> payees();

 private:
  struct Statements;
  struct Key {
    bool is_payee = false;
    channel::ChannelId channel;
    auto operator<=>(const Key&) const = default;
  };
  struct Drop {
    void operator()(Statements* statements) const;
  };
  LedgerTables(Database database, std::unique_ptr<Statements, Drop> statements);

  [[nodiscard]] static Key key_of(const LedgerChange& change);
  [[nodiscard]] Status save_all(std::span<const LedgerChange> changes);
  [[nodiscard]] Result<std::int64_t> save_record(const LedgerChange& change);
  [[nodiscard]] Status save_requests(std::int64_t row, const LedgerChange& change);
  template <class Books>
  [[nodiscard]] Result<std::vector<Books>> load();

  Database database_;
  std::unique_ptr<Statements, Drop> statements_;
};

}  // namespace cocoon::store
