#pragma once

#include <filesystem>
#include <memory>

#include "ports/world.h"

namespace cocoon::store {

// The highest evaluation numbers that a verifier has seen, in a file of its state folder
// (docs/formats/collateral-floors.md). They change a few times a year; a write is one small file,
// flushed.
class FloorFile final : public ports::FloorStore {
 public:
  // Makes the file's folder if need be and reads what is there. kUnreadable for a file that is not
  // of the format: to go on without it would forget what it held.
  [[nodiscard]] static Result<std::unique_ptr<FloorFile>> open(std::filesystem::path file);

  [[nodiscard]] const std::vector<attest::EvaluationFloor>& kept() const override { return kept_; }
  [[nodiscard]] ports::Task<Status> put(std::vector<attest::EvaluationFloor> floors) override;

 private:
  explicit FloorFile(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
  std::vector<attest::EvaluationFloor> kept_;
};

}  // namespace cocoon::store
