#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cocoon::apps {

// The local TON network (devnet/ of the project): a Node program with its packages beside it.
struct TonDevnetProgram {
  std::filesystem::path node;
  std::filesystem::path script;
};

// Ports of its servers, all on 127.0.0.1.
struct TonDevnetPorts {
  std::uint16_t http = 0;     // toncenter's API, version 2
  std::uint16_t control = 0;  // faucet, faults, clock
  std::array<std::uint16_t, 2> lite{};
};

// Looks for the program in the source tree that `programs` (build/bin) belongs to, and for Node
// there and in `path`, which is spelled like the variable PATH. kNotInstalled says what is missing.
[[nodiscard]] Result<TonDevnetProgram> find_ton_devnet(const std::filesystem::path& programs,
                                                       std::string_view path);

// Its command line. The chain lies in `folder`, as do ready.json and global.config.json, which it
// writes once it serves.
[[nodiscard]] std::vector<std::string> ton_devnet_arguments(const TonDevnetProgram& program,
                                                            const std::filesystem::path& folder,
                                                            const TonDevnetPorts& ports);

// Statements name its newest block whose seqno is a multiple of this; the chain begins with one.
inline constexpr std::uint32_t kTonStatementInterval = 16;

inline constexpr const char* kTonReadyFile = "ready.json";
inline constexpr const char* kTonConfigFile = "global.config.json";

}  // namespace cocoon::apps
