#pragma once

#include "ports/world.h"
#include "tee/tsm_entries.h"

namespace cocoon::tee {

// Evidence of the machine's NVIDIA GPUs, from a tree that behaves as configfs-tsm does: who talks
// to the GPUs, a program of the image beside their driver, answers the nonce of an entry's `inblob`
// with what NVIDIA's tools hand out (docs/formats/gpu-evidence.md, "The tree"). The golden
// measurements that go with it come from a file, its signature from the file beside it.
class GpuSource final : public ports::GpuSource {
 public:
  // `clock` outlives this. Checks nothing yet: tree and file may appear later.
  GpuSource(TsmOptions tree, std::filesystem::path golden_file, async::Clock& clock)
      : GpuSource(std::move(tree), std::move(golden_file), clock, make_real_tsm_files()) {}
  // The seam for tests.
  GpuSource(TsmOptions tree, std::filesystem::path golden_file, async::Clock& clock,
            std::unique_ptr<TsmFiles> files)
      : entries_(std::move(tree), clock, std::move(files)), golden_file_(std::move(golden_file)) {}

  // What TsmEntries::ask() fails with; kIo if the golden measurements cannot be read, or the answer
  // is not to this nonce.
  [[nodiscard]] ports::Task<Result<Bytes>> evidence(ByteArray<32> nonce) override;

 private:
  TsmEntries entries_;
  std::filesystem::path golden_file_;
};

}  // namespace cocoon::tee
