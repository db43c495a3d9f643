#pragma once

namespace cocoon::apps {

// A server that nobody runs, and a trusted block.
inline constexpr const char* kGlobalConfig = R"({
  "liteservers": [{"ip": 2130706433, "port": 1, "id": {"@type": "pub.ed25519",
                   "key": "n4VDnSCUuSpjnCyUk9e3QOOd6o0ItSWYbTnW3Wnn8wk="}}],
  "validator": {"init_block": {"workchain": -1, "shard": -9223372036854775808, "seqno": 1,
                "root_hash": "ERERERERERERERERERERERERERERERERERERERERERE=",
                "file_hash": "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="}}})";

}  // namespace cocoon::apps
