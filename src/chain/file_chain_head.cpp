#include "chain/file_chain_head.h"

#include <algorithm>

#include "base/check.h"
#include "chain/devnet.h"
#include "files/small_files.h"

namespace cocoon::chain {
namespace {

// How far back the devnet's clock is asked; far above any statement's age.
constexpr std::uint32_t kClockHistorySeconds = 7 * 86'400;

}  // namespace

Result<std::unique_ptr<FileChainHead>> FileChainHead::open(std::filesystem::path file,
                                                           NetworkId network,
                                                           std::uint32_t statement_interval,
                                                           const async::Clock& clock) {
  COCOON_CHECK(statement_interval > 0);
  if (network != kDevnetNetworkId) {
    return fail(ChainError::kForbidden, "a chain read from a file counts on the devnet only");
  }
  std::unique_ptr<FileChainHead> out(new FileChainHead(std::move(file), statement_interval, clock));
  static_cast<void>(out->version_.changed(out->file_));
  TRY_VOID(out->reload());
  return out;
}

Status FileChainHead::reload() {
  const auto bytes = files::read_file(file_, kChainFileBytesMax);
  if (!bytes) {
    version_.forget();  // nothing was learnt of this version, so it is looked at again
    return std::unexpected(bytes.error());
  }
  auto chain = parse_chain_file(*bytes);
  if (!chain) return std::unexpected(std::move(chain).error().with_context(file_.string()));
  chain_ = std::move(*chain);
  return {};
}

void FileChainHead::refresh() {
  if (!version_.changed(file_)) return;
  const Status reloaded = reload();
  last_error_ = reloaded.has_value() ? std::nullopt : std::optional(reloaded.error());
}

UnixSeconds FileChainHead::now() const {
  return UnixSeconds(static_cast<std::uint32_t>(clock_.wall_now().value() / 1000));
}

ports::Task<Result<ports::Block>> FileChainHead::newest_statement_block() {
  refresh();
  if (chain_.source == ChainFile::Source::kDevnetClock) {
    const std::uint32_t newest = now().value() / kDevnetBlockSeconds;
    co_return devnet_block(Seqno(newest - newest % statement_interval_));
  }
  const auto found = std::find_if(
      chain_.blocks.rbegin(), chain_.blocks.rend(),
      [&](const ports::Block& block) { return block.seqno.value() % statement_interval_ == 0; });
  if (found == chain_.blocks.rend()) {
    co_return fail(ChainError::kUnknownBlock, "no block that a statement may name");
  }
  co_return *found;
}

ports::Task<Result<ports::Block>> FileChainHead::block(Seqno seqno) {
  refresh();
  if (chain_.source == ChainFile::Source::kDevnetClock) {
    const std::uint32_t newest = now().value() / kDevnetBlockSeconds;
    if (seqno.value() > newest ||
        newest - seqno.value() > kClockHistorySeconds / kDevnetBlockSeconds) {
      co_return fail(ChainError::kUnknownBlock, "no such block, or too old");
    }
    co_return devnet_block(seqno);
  }
  const auto found = std::ranges::find(chain_.blocks, seqno, &ports::Block::seqno);
  if (found == chain_.blocks.end()) {
    co_return fail(ChainError::kUnknownBlock, "no such block, or too old");
  }
  co_return *found;
}

ports::Task<Result<ports::Block>> FileChainHead::newest_block() {
  refresh();
  if (chain_.source == ChainFile::Source::kDevnetClock) co_return newest_devnet_block(now());
  co_return chain_.blocks.back();
}

}  // namespace cocoon::chain
