#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/event.h"
#include "ports/http.h"
#include "tests/fakes/world/simulation.h"

namespace cocoon::fakes {

struct MemoryHttpSettings {
  std::size_t window_bytes = std::size_t{64} * 1024;  // of an answer, written and not yet read
  std::size_t chunk_bytes = std::size_t{16} * 1024;   // longer pieces arrive in several
};

// What goes wrong on the way, and whoever listens in.
struct MemoryHttpFaults {
  // The connection breaks once this much of one answer's body went through.
  std::optional<std::size_t> cut_after_answer_bytes;
  // May change each piece of a request's or an answer's body.
  std::function<void(Bytes&)> tamper_request;
  std::function<void(Bytes&)> tamper_answer;
};

// One connection, in memory, to a handler: each request runs the handler as a coroutine of its own.
// Bodies stream both ways piece by piece, an answer within its window; dropping the answer resets
// its stream, which the handler sees in wait_closed(); a handler that ends without an end of its
// answer resets it too.
class MemoryHttp final : public ports::HttpClient {
 public:
  MemoryHttp(Simulation& simulation, ports::HttpHandler& server, MemoryHttpSettings settings = {});
  ~MemoryHttp() override;

  [[nodiscard]] Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                       ports::Deadline head_by) override;

  // The connection breaks: streams under way fail on both sides, later requests are kUnreachable
  // until restore().
  void cut();
  void restore();
  [[nodiscard]] bool is_up() const;
  // Refuses new requests from now on; those under way go on.
  void refuse_new();
  [[nodiscard]] Task<void> wait_cut();
  // How many requests the server is still busy with.
  [[nodiscard]] std::size_t under_way() const;
  [[nodiscard]] Task<void> wait_idle();

  [[nodiscard]] MemoryHttpFaults& faults();
  // Every byte of paths, header values, bodies and trailers, in both directions and in order.
  [[nodiscard]] const Bytes& seen() const;

  struct Wire;    // the connection's state; streams under way keep it
  struct Stream;  // one request and its answer

 private:
  Simulation& simulation_;
  ports::HttpHandler& server_;
  std::shared_ptr<Wire> wire_;
};

// For tests that speak to a handler directly: a whole exchange.
struct WholeAnswer {
  int status = 0;
  ports::HttpFields headers;
  Bytes body;
  ports::HttpFields trailers;

  [[nodiscard]] std::string_view text() const { return as_text(body); }
  [[nodiscard]] std::string_view header(std::string_view name) const {
    return ports::find_field(headers, name);
  }
};
// Fails if the answer does not arrive whole.
[[nodiscard]] Task<Result<WholeAnswer>> exchange(ports::HttpClient& client, async::Clock& clock,
                                                 std::string method, std::string path,
                                                 ports::HttpFields headers, Bytes body);

// A body that gives its pieces one at a time, each after its pause.
class SlowBody final : public ports::BodyReader {
 public:
  struct Piece {
    Duration after{0};
    Bytes bytes;
  };
  enum class End : std::uint8_t { kOrderly, kBroken, kNever };
  SlowBody(Simulation& simulation, std::vector<Piece> pieces, End end = End::kOrderly)
      : simulation_(simulation), pieces_(pieces.begin(), pieces.end()), end_(end) {}
  [[nodiscard]] Task<Result<Bytes>> read() override;
  [[nodiscard]] const ports::HttpFields& trailers() const override { return trailers_; }

 private:
  Simulation& simulation_;
  std::deque<Piece> pieces_;
  End end_;
  ports::HttpFields trailers_;
};

}  // namespace cocoon::fakes
