#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "store/error.h"

struct sqlite3;
struct sqlite3_stmt;

// Inside this room: as much of SQLite as its files need. Failures are kUnusableFolder where the
// file cannot be had (rights, another process), kUnreadable where it is damaged or no database,
// kUnwritable for the rest, a full disk among it.
namespace cocoon::store {

// One prepared statement. Parameters count from 1, columns from 0.
class Statement {
 public:
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::optional<std::int64_t> value);
  Statement& bind(int parameter, BytesView value);  // copied
  Statement& bind_null(int parameter);
  // Whether there is a row. After the last one, and after a failure, it can be bound and run again.
  [[nodiscard]] Result<bool> step();
  // For statements that give no rows, or whose first one is enough.
  [[nodiscard]] Status run();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;
  [[nodiscard]] BytesView blob(int column) const;  // until the next step
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_outcome_ = 0;
};

class Database {
 public:
  // Opens or makes the file, readable by its owner only and held by one process at a time. What
  // commits is on disk for good.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& file);

  [[nodiscard]] Status execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(const char* sql) const;
  // The first column of the only row.
  [[nodiscard]] Result<std::int64_t> integer(const char* sql) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace cocoon::store
