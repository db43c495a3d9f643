#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "async/clock.h"
#include "chain/chain_file.h"
#include "chain/file_version.h"

namespace cocoon::chain {

// Blocks from a file, on the devnet. Looks whether the file changed each time it is asked; an edit
// that cannot be used leaves the last good one in force and is told by last_error().
class FileChainHead final : public ports::ChainHead {
 public:
  // `clock` outlives this. kForbidden if `network` or the file's network is not the devnet.
  // `statement_interval` is the registry's, at least 1.
  [[nodiscard]] static Result<std::unique_ptr<FileChainHead>> open(std::filesystem::path file,
                                                                   NetworkId network,
                                                                   std::uint32_t statement_interval,
                                                                   const async::Clock& clock);

  [[nodiscard]] ports::Task<Result<ports::Block>> newest_statement_block() override;
  [[nodiscard]] ports::Task<Result<ports::Block>> block(Seqno seqno) override;
  [[nodiscard]] ports::Task<Result<ports::Block>> newest_block() override;
  [[nodiscard]] const std::optional<Error>& last_error() const { return last_error_; }

 private:
  FileChainHead(std::filesystem::path file, std::uint32_t statement_interval,
                const async::Clock& clock)
      : file_(std::move(file)), statement_interval_(statement_interval), clock_(clock) {}
  [[nodiscard]] Status reload();
  void refresh();
  [[nodiscard]] UnixSeconds now() const;

  std::filesystem::path file_;
  std::uint32_t statement_interval_;
  const async::Clock& clock_;
  FileVersion version_;
  ChainFile chain_;
  std::optional<Error> last_error_;
};

}  // namespace cocoon::chain
