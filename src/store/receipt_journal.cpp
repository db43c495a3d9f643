#include "store/receipt_journal.h"

#include "store/group_writer.h"
#include "store/journal_file.h"
#include "store/journal_folder.h"

namespace cocoon::store {
namespace {

void append(JournalFolder& folder, std::span<JournalFolder::Record> batch,
            std::span<Status> of_it) {
  while (!batch.empty()) {
    const std::size_t count = folder.fitting(batch);
    std::ranges::fill(of_it.first(count), folder.append(batch.first(count)));
    batch = batch.subspan(count);
    of_it = of_it.subspan(count);
  }
}

}  // namespace

struct ReceiptJournal::State {
  State(std::unique_ptr<JournalFolder> in, std::size_t waiting_max)
      : folder(std::move(in)), writer(waiting_max, [raw = folder.get()](auto batch, auto of_it) {
          append(*raw, batch, of_it);
        }) {}

  const std::unique_ptr<JournalFolder> folder;
  GroupWriter<JournalFolder::Record> writer;
};

ReceiptJournal::ReceiptJournal(std::unique_ptr<State> state) : state_(std::move(state)) {}

ReceiptJournal::~ReceiptJournal() = default;

Result<std::unique_ptr<ReceiptJournal>> ReceiptJournal::open(std::filesystem::path folder,
                                                             Options options) {
  TRY(auto opened,
      JournalFolder::open(std::move(folder), {.file_bytes_max = options.file_bytes_max,
                                              .file_records_max = options.file_records_max}));
  auto state = std::make_unique<State>(std::move(opened), options.waiting_max);
  return std::unique_ptr<ReceiptJournal>(new ReceiptJournal(std::move(state)));
}

ports::Task<Status> ReceiptJournal::put(RequestId id, Bytes receipt) {
  if (receipt.size() > kReceiptBytesMax)
    co_return fail(StoreError::kTooLarge,
                   "receipt of " + std::to_string(receipt.size()) + " bytes");
  co_return co_await state_->writer.put({.id = id, .bytes = encode_record(id, receipt)});
}

ports::Task<Result<std::optional<Bytes>>> ReceiptJournal::get(RequestId id) {
  co_return state_->folder->find(id);
}

ports::Task<Result<std::vector<RequestId>>> ReceiptJournal::newest(std::size_t count) {
  co_return state_->folder->newest(count);
}

std::size_t ReceiptJournal::places_in_memory() const { return state_->folder->places_in_memory(); }

}  // namespace cocoon::store
