#include "store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "files/small_files.h"

namespace cocoon::store {
namespace {

constexpr int kPrimaryCode = 0xff;  // what extended result codes refine

Error error_of(sqlite3* database, int outcome) {
  const char* const file = sqlite3_db_filename(database, nullptr);
  std::string text = std::string(file == nullptr ? "database" : file) + ": ";
  switch (outcome & kPrimaryCode) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {StoreError::kUnreadable, text + "damaged, or no database of this program"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {StoreError::kUnusableFolder, text + "in use by another running process"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return {StoreError::kUnusableFolder, text + sqlite3_errstr(outcome)};
    case SQLITE_FULL:
      return {StoreError::kUnwritable, text + "the disk is full"};
    default:
      break;
  }
  text += sqlite3_errstr(outcome);
  const int system_error = sqlite3_system_errno(database);
  if ((outcome & kPrimaryCode) == SQLITE_IOERR && system_error != 0)
    text += ": " + std::generic_category().message(system_error);
  return {StoreError::kUnwritable, text};
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Statement& Statement::bind(int parameter, std::int64_t value) {
  bind_outcome_ |= sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::optional<std::int64_t> value) {
  return value ? bind(parameter, *value) : bind_null(parameter);
}

Statement& Statement::bind(int parameter, BytesView value) {
  bind_outcome_ |= sqlite3_bind_blob64(statement_.get(), parameter, value.data(), value.size(),
                                       SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  bind_outcome_ |= sqlite3_bind_null(statement_.get(), parameter);
  return *this;
}

Result<bool> Statement::step() {
  sqlite3* const database = sqlite3_db_handle(statement_.get());
  int outcome = std::exchange(bind_outcome_, SQLITE_OK);
  if (outcome == SQLITE_OK) outcome = sqlite3_step(statement_.get());
  if (outcome == SQLITE_ROW) return true;
  std::optional<Error> failure;
  if (outcome != SQLITE_DONE) failure = error_of(database, outcome);
  sqlite3_reset(statement_.get());
  if (failure) return std::unexpected(*std::move(failure));
  return false;
}

Status Statement::run() {
  TRY(const bool has_row, step());
  if (has_row) sqlite3_reset(statement_.get());
  return {};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

BytesView Statement::blob(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const std::byte*>(bytes), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<Database> Database::open(const std::filesystem::path& file) {
  {
    // SQLite would make it readable by others, as the umask has it; its own log takes this mode
    // over.
    const files::Descriptor made(
        ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (!made.is_open() || !files::flush_folder(file.parent_path())) {
      return fail(StoreError::kUnusableFolder,
                  file.string() + ": " + std::generic_category().message(errno));
    }
  }
  sqlite3* raw = nullptr;
  const int outcome = sqlite3_open_v2(
      file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW,
      nullptr);
  Database database(raw);
  if (outcome != SQLITE_OK) return std::unexpected(error_of(raw, outcome));
  TRY_VOID(database.execute(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
      "PRAGMA secure_delete = ON;"));
  return database;
}

Status Database::execute(const char* sql) {
  const int outcome = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (outcome != SQLITE_OK) return std::unexpected(error_of(database_.get(), outcome));
  return {};
}

Result<Statement> Database::prepare(const char* sql) const {
  sqlite3_stmt* statement = nullptr;
  const int outcome =
      sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (outcome != SQLITE_OK) return std::unexpected(error_of(database_.get(), outcome));
  return Statement(statement);
}

Result<std::int64_t> Database::integer(const char* sql) const {
  TRY(Statement statement, prepare(sql));
  TRY(const bool has_row, statement.step());
  return has_row ? statement.integer(0) : 0;
}

}  // namespace cocoon::store
