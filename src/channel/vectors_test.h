#pragma once

#include "channel/contract.h"
#include "tests/support/vectors.h"

// tests/data/formats/channel.json, as this room's types.
namespace cocoon::channel::vectors {

[[nodiscard]] const codec::Json& all();
[[nodiscard]] crypto::Ed25519KeyPair key(std::string_view seed_field);
[[nodiscard]] ton::Address address(const codec::Json& account);
[[nodiscard]] NetworkId network(const codec::Json& document);
[[nodiscard]] std::uint64_t decimal(const codec::Json& object, std::string_view field);
[[nodiscard]] ton::CellRef cell(const codec::Json& object, std::string_view field);
[[nodiscard]] ChannelState state(const codec::Json& object);

}  // namespace cocoon::channel::vectors
