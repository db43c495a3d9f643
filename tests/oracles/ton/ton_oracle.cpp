// Our side of the comparison in ton.test.mjs. One request a line on standard input, one answer a
// line on standard output, words with one space between; "refused" where we refuse.
//   boc HEX                    → HASH DEPTH HEX, the bag written again
//   make SEED                  → HASH HEX, a random tree of cells
//   dict KEY_BITS HEX          → HEX COUNT, the hashmap read and written again
//   make_dict KEY_BITS SEED    → HEX, a random hashmap
//   lookup KEY HEX             → HASH of the value, or "absent"
//   wallet v4|v5 NETWORK SEED  → ADDRESS
//   transfer v4|v5 NETWORK SEED SEQNO VALID_UNTIL ADDRESS NANO COMMENT_HEX → HEX, the external
//   message phrase WORD…               → SEED phrase_from RANDOM_HEX     → WORD…
#include <iostream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "ton/cell/boc.h"
#include "ton/cell/hashmap.h"
#include "ton/wallet/phrase.h"
#include "ton/wallet/wallet.h"

namespace cocoon::ton {
namespace {

using Words = std::vector<std::string>;
using Draw = std::mt19937_64;

constexpr std::size_t kEntriesMax = 10000;

std::uint64_t below(Draw& draw, std::uint64_t range) { return draw() % range; }

BitString random_bits(Draw& draw, std::size_t count) {
  BitString bits;
  // Runs of one bit now and then, for every form of label.
  const bool is_run = below(draw, 4) == 0;
  const bool value = below(draw, 2) == 0;
  for (std::size_t i = 0; i < count; ++i) bits.push_back(is_run ? value : below(draw, 2) == 0);
  return bits;
}

Result<CellRef> random_tree(Draw& draw) {
  std::vector<CellRef> cells;
  const std::uint64_t count = 1 + below(draw, 24);
  for (std::uint64_t i = 0; i < count; ++i) {
    Builder cell;
    cell.bits(random_bits(draw, below(draw, 8) == 0 ? 1023 : below(draw, 300)));
    const std::uint64_t refs = cells.empty() ? 0 : below(draw, 5);
    for (std::uint64_t r = 0; r < refs; ++r)
      cell.ref(cells[cells.size() - 1 - below(draw, std::min<std::uint64_t>(cells.size(), 6))]);
    TRY(cells.emplace_back(), cell.build());
  }
  return cells.back();
}

Result<std::string> hex_of(const CellRef& root) {
  TRY(const Bytes boc, write_boc(root));
  return to_hex(boc);
}

Result<CellRef> cell_of(const std::string& hex) {
  TRY(const Bytes boc, from_hex(hex));
  return parse_boc_root(boc);
}

Result<std::string> make_dict(std::size_t key_bits, std::uint64_t seed) {
  Draw draw(seed);
  HashmapValues values;
  const std::uint64_t count = 1 + below(draw, 12);
  for (std::uint64_t i = 0; i < count; ++i) {
    TRY(CellRef value, Builder().bits(random_bits(draw, below(draw, 200))).build());
    values.emplace(random_bits(draw, key_bits), std::move(value));
  }
  TRY(const CellRef root, write_hashmap(values, key_bits));
  return hex_of(root);
}

Result<crypto::Ed25519KeyPair> key_of(const std::string& hex) {
  TRY(const Bytes bytes, from_hex(hex));
  TRY(SecretArray<32> seed, SecretArray<32>::copy_of(bytes));
  return crypto::Ed25519KeyPair::from_seed(std::move(seed));
}

WalletId wallet_of(const std::string& version, const std::string& network) {
  return {.version = version == "v4" ? WalletVersion::kV4R2 : WalletVersion::kV5R1,
          .workchain = 0,
          .network = NetworkId(std::stoi(network))};
}

Result<std::string> transfer(const Words& words) {
  const WalletId id = wallet_of(words.at(1), words.at(2));
  TRY(const auto key, key_of(words.at(3)));
  TRY(const ParsedAddress to, parse_address(words.at(6)));
  TRY(const NanoTon amount, NanoTon::from_nano(std::stoull(words.at(7))));
  TRY(const Bytes comment, from_hex(words.at(8)));
  TRY(const CellRef body, comment_body(as_text(comment)));
  const Transfer transfer{
      .seqno = static_cast<std::uint32_t>(std::stoul(words.at(4))),
      .valid_until = UnixSeconds(static_cast<std::uint32_t>(std::stoul(words.at(5)))),
      .messages = {{.to = to.address, .bounce = to.bounce, .amount = amount, .body = body}}};
  TRY(const CellRef message, transfer_message(id, key, transfer));
  return hex_of(message);
}

Result<std::string> answer_cells(const Words& words) {
  if (words[0] == "boc") {
    TRY(const CellRef root, cell_of(words.at(1)));
    TRY(const std::string again, hex_of(root));
    return root->hash().hex() + " " + std::to_string(root->depth()) + " " + again;
  }
  if (words[0] == "make") {
    Draw draw(std::stoull(words.at(1)));
    TRY(const CellRef root, random_tree(draw));
    TRY(const std::string boc, hex_of(root));
    return root->hash().hex() + " " + boc;
  }
  if (words[0] == "make_dict") return make_dict(std::stoul(words.at(1)), std::stoull(words.at(2)));
  if (words[0] == "lookup") {
    TRY(const Bytes key, from_hex(words.at(1)));
    TRY(const CellRef root, cell_of(words.at(2)));
    TRY(const auto found, hashmap_lookup(root, BitString::of_bytes(key)));
    return found ? found->rest_as_cell()->hash().hex() : "absent";
  }
  TRY(const CellRef root, cell_of(words.at(2)));
  const std::size_t key_bits = std::stoul(words.at(1));
  TRY(const HashmapValues values, read_hashmap(root, key_bits, kEntriesMax));
  TRY(const CellRef again, write_hashmap(values, key_bits));
  TRY(const std::string boc, hex_of(again));
  return boc + " " + std::to_string(values.size());
}

Result<std::string> answer_to(const std::string& line) {
  std::istringstream stream(line);
  const Words words{std::istream_iterator<std::string>(stream), {}};
  if (words.empty()) return fail(BaseError::kBadText, "no request");
  if (words[0] == "wallet") {
    TRY(const auto key, key_of(words.at(3)));
    TRY(const Address address,
        wallet_address(wallet_of(words.at(1), words.at(2)), key.public_key()));
    return friendly_address(address, Bounce::kNonBounceable, AddressNet::kMainnet);
  }
  if (words[0] == "transfer") return transfer(words);
  if (words[0] == "phrase") {
    TRY(const Phrase phrase, Phrase::parse(line.substr(7)));
    return to_hex(phrase.seed().expose());
  }
  if (words[0] == "phrase_from") {
    TRY(const Bytes bytes, from_hex(words.at(1)));
    TRY(const auto random, SecretArray<33>::copy_of(bytes));
    TRY(const Phrase phrase, Phrase::from_random(random));
    return std::string(as_text(phrase.expose()));
  }
  return answer_cells(words);
}

}  // namespace
}  // namespace cocoon::ton

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto answer = cocoon::ton::answer_to(line);
    std::cout << (answer ? *answer : "refused") << '\n';
  }
  return 0;
}
