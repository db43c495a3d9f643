#pragma once

#include <string>
#include <string_view>

namespace cocoon::apps {

// What a command says on the way. Colours and marks on a terminal, plain lines elsewhere, nothing
// at all for --json.
class Terminal {
 public:
  enum class Mode { kHuman, kJson };
  explicit Terminal(Mode mode);

  void step(std::string_view text);                                // "… starting the proxy"
  void done(std::string_view text) const;                          // "✓ proxy on 127.0.0.1:11000"
  void fact(std::string_view name, std::string_view value) const;  // "  model   SmolLM2"
  void refused(std::string_view text) const { mend(text, {}); }    // "✗ receipt   not signed"
  // "· no NVIDIA GPU": worth knowing.
  void note(std::string_view text) const;
  // "✗ the clock is not synchronised", and below it what to type.
  void mend(std::string_view text, std::string_view command) const;
  void headline(std::string_view text) const;
  void text(std::string_view text) const;
  // One JSON object, the only thing that --json prints.
  void json(std::string_view object) const;
  [[nodiscard]] bool is_json() const { return mode_ == Mode::kJson; }

 private:
  [[nodiscard]] std::string styled(std::string_view code, std::string_view text) const;
  Mode mode_;
  bool is_terminal_;
};

}  // namespace cocoon::apps
