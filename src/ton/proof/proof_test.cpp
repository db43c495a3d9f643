#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "ton/proof/recording.h"
#include "ton/tl/consensus.h"

namespace cocoon::ton {
namespace {

Bytes recorded_hex(const std::string& name) {
  std::ifstream file("tests/data/ton/" + name);
  REQUIRE(file.good());
  std::string hex;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) hex += line;
  }
  return from_hex(hex).value();
}

std::string recorded_text(const std::string& name) {
  std::ifstream file("tests/data/ton/" + name);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("a recorded link with ordinary signatures holds") {
  const Bytes answer = recorded_hex("one-link-ordinary.hex");
  const CheckedChain chain = check_block_proof(parse_partial_block_proof(answer).value()).value();
  REQUIRE(chain.links.size() == 1);
  const CheckedLink& link = chain.links[0];
  CHECK(link.from.seqno == 46894135);
  CHECK(link.to.seqno == 46897112);
  CHECK(link.to_key_block);
  CHECK(link.kind == SignatureKind::kOrdinary);
  CHECK(link.signed_by.weight * 3 > link.total_weight * 2);
}

TEST_CASE("a recorded link with simplex signatures holds") {
  const Bytes answer = recorded_hex("one-link-simplex.hex");
  const CheckedChain chain = check_block_proof(parse_partial_block_proof(answer).value()).value();
  REQUIRE(chain.links.size() == 1);
  CHECK(chain.links[0].from.seqno == 59238081);
  CHECK(chain.links[0].to.seqno == 59379986);
  CHECK(chain.links[0].kind == SignatureKind::kSimplex);
}

TEST_CASE("a chain from another block than the known one is refused") {
  const Bytes answer = recorded_hex("one-link-ordinary.hex");
  const PartialBlockProof proof = parse_partial_block_proof(answer).value();
  BlockId other = proof.from;
  other.root_hash = {};
  CHECK(check_block_proof(proof, proof.from).has_value());
  CHECK_FALSE(check_block_proof(proof, other).has_value());
}

TEST_CASE("links that were changed do not hold") {
  const Bytes answer = recorded_hex("one-link-ordinary.hex");
  const PartialBlockProof proof = parse_partial_block_proof(answer).value();
  const auto link = std::get<ForwardLink>(proof.steps[0]);
  const auto refused = [](const ForwardLink& changed, TonError code) {
    const auto checked = check_link(changed);
    return !checked.has_value() && checked.error().is(code);
  };
  ForwardLink changed = link;
  std::swap(changed.from, changed.to);
  CHECK(refused(changed, TonError::kBadProof));
  changed = link;
  changed.dest_proof = {};
  CHECK(refused(changed, TonError::kBadProof));
  changed = link;
  changed.dest_proof = link.config_proof;
  CHECK(refused(changed, TonError::kBadProof));
  changed = link;
  changed.to_key_block = false;
  CHECK(refused(changed, TonError::kBadProof));
  changed = link;
  changed.to.file_hash = {};
  CHECK(refused(changed, TonError::kBadSignature));
  changed = link;
  changed.signatures.signatures.push_back(changed.signatures.signatures[0]);
  CHECK(refused(changed, TonError::kBadSignature));
  changed = link;
  changed.signatures.signatures.resize(changed.signatures.signatures.size() / 2);
  CHECK(refused(changed, TonError::kBadSignature));
  changed = link;
  changed.signatures.signatures[0].signature = changed.signatures.signatures[1].signature;
  CHECK(refused(changed, TonError::kBadSignature));
  changed = link;
  changed.signatures.catchain_seqno += 1;
  CHECK(refused(changed, TonError::kBadProof));
}

TEST_CASE("signatures by exactly two thirds of the weight are too few") {
  ValidatorSession session;
  SignatureSet set;
  const BlockId block{kMasterchain, kWholeShard, 7, {}, {}};
  session.total_weight = 3;
  for (unsigned i = 1; i <= 3; ++i) {
    ByteArray<32> seed{static_cast<std::byte>(i)};
    const auto key = crypto::Ed25519KeyPair::from_seed(SecretArray<32>(seed));
    session.validators.push_back({key.public_key(), 1, {}});
    if (i < 3)
      set.signatures.push_back(
          {node_id_of(key.public_key()), key.sign(ordinary_signed_bytes(block))});
  }
  CHECK_FALSE(check_signatures(set, session, block).has_value());
  session.validators[1].weight = 2;
  session.total_weight = 4;
  CHECK(check_signatures(set, session, block).value().weight == 3);
}

TEST_CASE("recorded accounts are proven, and the absent one proven absent") {
  const auto prove = [](const std::string& name) {
    const Recording recording = parse_recording(recorded_text(name)).value();
    return check_account_state(std::get<AccountStateAnswer>(recording.answer),
                               recording.account.value())
        .value();
  };
  const ProvenAccount base = prove("read-basechain.txt");
  REQUIRE(base.account.has_value());
  CHECK(base.account->status == AccountStatus::kActive);
  CHECK(base.account->balance.nano() > 0);
  CHECK(base.shard_block.seqno == 85733283);
  const ProvenAccount master = prove("read-masterchain.txt");
  REQUIRE(master.account.has_value());
  CHECK(master.shard_block == master.block);
  CHECK_FALSE(prove("read-absent.txt").account.has_value());
}

TEST_CASE("an account's answer proves nothing about another account") {
  const Recording recording = parse_recording(recorded_text("read-basechain.txt")).value();
  const auto& answer = std::get<AccountStateAnswer>(recording.answer);
  Address other = recording.account.value();
  auto last = other.account.bytes();
  last[31] ^= std::byte{1};
  other.account = AccountId(last);
  CHECK_FALSE(check_account_state(answer, other).has_value());
  last[1] ^= std::byte{0xFF};  // far from the way that the proof shows
  other.account = AccountId(last);
  CHECK_FALSE(check_account_state(answer, other).has_value());
  CHECK_FALSE(check_account_state(answer, {kMasterchain, recording.account->account}).has_value());
}

TEST_CASE("an account whose state was left out is not absent") {
  const Recording recording = parse_recording(recorded_text("read-basechain.txt")).value();
  AccountStateAnswer answer = std::get<AccountStateAnswer>(recording.answer);
  answer.state = {};
  CHECK_FALSE(check_account_state(answer, recording.account.value()).has_value());
}

TEST_CASE("an unnamed absence says which accounts are absent") {
  const Recording recording = parse_recording(recorded_text("read-absent.txt")).value();
  const AbsentAccounts absent =
      check_absence(std::get<AccountStateAnswer>(recording.answer)).value();
  const BitString asked = BitString::of_bytes(recording.account->account.view());
  CHECK(asked.slice(0, absent.prefix.size()) == absent.prefix);
  CHECK(asked.slice(absent.prefix.size(), absent.instead.size()) != absent.instead);
}

TEST_CASE("reports tell what holds, what is refused and what cannot be used") {
  const RecordingReport holds = check_recording(recorded_text("one-link-simplex.hex"));
  CHECK(holds.verdict == Verdict::kHolds);
  CHECK(holds.json.find("to_seqno")->as_unsigned().value() == 59379986);
  std::string text = recorded_text("read-absent.txt");
  text += "\n";
  CHECK(check_recording(text).verdict == Verdict::kHolds);
  text.replace(text.find("state=\n"), 7, "state=b5ee9c72010101010003000001c0\n");
  CHECK(check_recording(text).verdict == Verdict::kRefused);
  CHECK(check_recording("").verdict == Verdict::kUnusable);
  CHECK(check_recording("no hexadecimal digits").verdict == Verdict::kUnusable);
  CHECK(check_recording(recorded_text("active-account.hex")).verdict == Verdict::kUnusable);
}

// A flipped bit is refused or changes nothing of what is reported. Sampled here; tests/soak flips
// them all.
TEST_CASE("flipped bits are refused or change nothing") {
  const std::string whole = write_json(check_recording(recorded_text("read-basechain.txt")).json);
  CHECK(whole.starts_with(R"({"ok":true)"));
  for (const char* const name : {"read-basechain.txt", "one-link-ordinary.hex"}) {
    const std::string text = recorded_text(name);
    const std::string expected = write_json(check_recording(text).json);
    std::vector<std::size_t> digits;
    bool in_comment = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '#') in_comment = true;
      if (text[i] == '\n') in_comment = false;
      if (!in_comment && std::isxdigit(static_cast<unsigned char>(text[i])) != 0 &&
          text.find('\n', i) - i > 1)
        digits.push_back(i);
    }
    std::size_t refused = 0;
    std::size_t unchanged = 0;
    for (std::size_t sample = 0; sample < 120; ++sample) {
      const std::size_t at = digits[sample * 7919 % digits.size()];
      std::string changed = text;
      const auto digit = static_cast<unsigned>(from_hex(std::string("0") + text[at]).value()[0]);
      changed[at] = "0123456789abcdef"[digit ^ (1U << (sample % 4))];
      const RecordingReport report = check_recording(changed);
      if (report.verdict == Verdict::kHolds) {
        CHECK(write_json(report.json) == expected);
        ++unchanged;
      } else {
        ++refused;
      }
    }
    CHECK(refused + unchanged == 120);
    CHECK(refused > 100);
  }
}

}  // namespace
}  // namespace cocoon::ton
