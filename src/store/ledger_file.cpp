#include "store/ledger_file.h"

#include "files/small_files.h"
#include "store/group_writer.h"
#include "store/ledger_tables.h"

namespace cocoon::store {

struct LedgerFile::State {
  State(LedgerTables opened, std::size_t waiting_max)
      : tables(std::move(opened)), writer(waiting_max, [this](auto batch, auto of_it) {
          const std::scoped_lock lock(mutex);
          std::ranges::fill(of_it, tables.save(batch));
        }) {}

  std::mutex mutex;  // of the tables
  LedgerTables tables;
  GroupWriter<LedgerChange> writer;
};

LedgerFile::LedgerFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
LedgerFile::~LedgerFile() = default;

Result<std::unique_ptr<LedgerFile>> LedgerFile::open(const std::filesystem::path& folder,
                                                     Options options) {
  if (const std::error_code made = files::make_private_folder(folder))
    return fail(StoreError::kUnusableFolder, folder.string() + ": " + made.message());
  TRY(LedgerTables tables, LedgerTables::open(folder / "ledger.db"));
  return std::unique_ptr<LedgerFile>(
      new LedgerFile(std::make_unique<State>(std::move(tables), options.waiting_max)));
}

ports::Task<Status> LedgerFile::save(channel::PayerChange change) {
  return state_->writer.put(change);
}

ports::Task<Status> LedgerFile::save(channel::PayeeChange change) {
  return state_->writer.put(change);
}

ports::Task<Result<std::vector<channel::PayerBooks>>> LedgerFile::payer_books() {
  const std::scoped_lock lock(state_->mutex);
  co_return state_->tables.payers();
}

ports::Task<Result<std::vector<channel::PayeeBooks>>> LedgerFile::payee_books() {
  const std::scoped_lock lock(state_->mutex);
  co_return state_->tables.payees();
}

}  // namespace cocoon::store
