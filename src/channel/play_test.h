#pragma once

#include <map>
#include <random>
#include <set>

#include "channel/example_test.h"

// Both ends of one channel on a network that loses, repeats and reorders, with programs that crash
// at every point where something is persisted, and with cheats.
namespace cocoon::channel {

enum class Cheat : std::uint8_t {
  kNone,
  kPayerLosesBooks,  // its disk goes back to an earlier state
  kPayeeLosesBooks,  // it starts over from the highest voucher
  kPayeeOverbills,
  kPayerCloses,  // without a word, in the middle
};

class Play {
 public:
  static constexpr std::uint64_t kDeposit = 30'000;
  static constexpr std::uint64_t kExposure = 900;
  static constexpr std::uint64_t kPriceMax = 300;

  Play(std::uint64_t seed, Cheat cheat);
  // One random thing happens; then everything that must always hold is checked.
  void step();
  // Both close: everything that must hold in the end is checked.
  void close();

 private:
  struct Asked {
    RequestId id;
    NanoTon price_max;
    SignedVoucher voucher;
  };
  struct Billed {
    RequestId id;
    NanoTon price;
  };

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] bool chance(std::uint64_t percent) { return below(100) < percent; }
  // Takes one of them, or a copy of it, or nothing: lost.
  template <class Message>
  std::optional<Message> take(std::vector<Message>& from);
  // Whether the change is on disk and the program lives to act on it.
  [[nodiscard]] bool persist(const PayerChange& change);
  [[nodiscard]] bool persist(const PayeeChange& change);
  void restart_payer();
  void restart_payee();

  void ask();
  void send(const RequestId& id, NanoTon price_max);
  void serve(const Asked& asked);
  void answer_refusal(const Asked& asked, const Error& why);
  void finish_work();
  void take_bill(const Billed& bill);
  void give_up();
  void look_at_chain();
  void redeem();
  void crash();
  void cheat();
  void check() const;

  std::mt19937_64 random_;
  const Cheat cheat_;
  const std::uint64_t step_;
  ProvenChannel chain_ = example::open_channel(kDeposit);
  PayerBooks payer_disk_;
  PayeeBooks payee_disk_;
  PayerBooks old_payer_disk_;
  std::optional<Payer> payer_;
  std::optional<Payee> payee_;
  std::vector<Asked> requests_;
  std::vector<Billed> bills_;
  std::map<RequestId, NanoTon> working_;  // most
  std::uint64_t last_request_ = 0;

  // What really happened.
  std::map<RequestId, NanoTon> served_;
  std::uint64_t served_sum_ = 0;
  std::map<VoucherSeq, SignedVoucher> sent_;
  std::uint64_t sent_most_ = 0;
  bool payer_lost_books_ = false;
  bool payee_lost_books_ = false;
};

}  // namespace cocoon::channel
