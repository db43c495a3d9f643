#include <algorithm>

#include "base/check.h"
#include "ton/adnl/messages.h"
#include "ton/adnl/session.h"

// The first byte says how the rest is cut into reads; whatever a server sends ends in frames or in
// an error. The plaintext of a session with known keys is what the fuzzer writes, so that frames
// are reached.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::ton;
  BytesView bytes = std::as_bytes(std::span(data, size));
  if (bytes.empty()) return 0;
  const std::size_t step = std::to_integer<std::size_t>(bytes[0]) + 1;
  bytes = bytes.subspan(1);
  (void)parse_adnl_message(bytes);
  ByteArray<32> seed{std::byte{1}};
  const AdnlSecrets secrets{SecretArray<32>(seed), {}};
  ByteArray<32> server_seed{std::byte{2}};
  auto session = AdnlSession::open(
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>(server_seed)).public_key(), secrets);
  COCOON_CHECK(session.has_value());
  Bytes stream = to_bytes(bytes);
  crypto::AesCtr(SecretArray<32>(), {}).apply(stream);  // the receive key and counter are zeros too
  BytesView rest(stream);
  while (!rest.empty()) {
    const std::size_t taken = std::min(step, rest.size());
    session->feed(rest.first(taken));
    rest = rest.subspan(taken);
    for (;;) {
      const auto frame = session->next();
      if (!frame) return 0;
      if (!frame->has_value()) break;
      COCOON_CHECK((*frame)->size() <= size);
      (void)parse_adnl_message(**frame);
    }
  }
  return 0;
}
