#pragma once

#include "base/result.h"

namespace cocoon::client {

enum class ClientError : std::uint16_t {
  kWorkerRefused = 1,   // evidence that holds, but not for what the directory offered
  kReceiptRefused = 2,  // the receipt does not match the answer
  kNoPromise = 3,       // the proxy does not say yet that a receipt is in its log
  kUnreadable = 4,      // what was kept of an answer is damaged or gone
};
constexpr Library library_of(ClientError) { return Library::kClient; }

}  // namespace cocoon::client
