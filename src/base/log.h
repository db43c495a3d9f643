#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/log_level.h"
#include "base/strong.h"

namespace cocoon {

// A log line is an event name known at compile time and fields of the kinds below. There is no way
// to log a free text or a buffer: prompts, bodies, keys and wallet addresses have no field
// (docs/adr/0005-logging-allow-list.md).
class EventName {
 public:
  template <std::size_t N>
  consteval EventName(const char (&name)[N])
      : name_(name, N - 1) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] std::string_view view() const { return name_; }

 private:
  std::string_view name_;
};

class LogField {
 public:
  // Allow-listed kinds. `key` names are compile-time constants too.
  [[nodiscard]] static LogField count(EventName key, std::uint64_t value);
  [[nodiscard]] static LogField duration(EventName key,
                                         std::chrono::nanoseconds value);  // logged in ms
  [[nodiscard]] static LogField kid(const Kid& value);                     // first 8 bytes
  [[nodiscard]] static LogField seqno(Seqno value);
  [[nodiscard]] static LogField port(std::uint16_t value);
  [[nodiscard]] static LogField pid(int value);
  [[nodiscard]] static LogField http_status(int value);
  [[nodiscard]] static LogField error(const Error& value);  // library, code and its safe text
  [[nodiscard]] static LogField reason(EventName value);    // one of a closed set
  [[nodiscard]] static LogField endpoint(
      std::string_view value);                                // configured host:port of a peer role
  [[nodiscard]] static LogField file(std::string_view path);  // a path from the configuration
  [[nodiscard]] static LogField model(std::string_view name);  // a name from the registry

  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] const std::string& json_value() const { return json_value_; }

 private:
  LogField(std::string_view key, std::string json_value)
      : key_(key), json_value_(std::move(json_value)) {}
  std::string_view key_;
  std::string json_value_;
};

// Writes one JSON object a line: {"time":"…Z","level":"info","event":"worker.attached","kid":"…"}.
class Logger {
 public:
  using Sink = std::function<void(std::string_view line)>;
  Logger(LogLevel threshold, Sink sink) : threshold_(threshold), sink_(std::move(sink)) {}
  // Lines to standard error.
  [[nodiscard]] static Logger to_stderr(LogLevel threshold);
  [[nodiscard]] static Logger silent();

  void debug(EventName event, std::initializer_list<LogField> fields = {}) const;
  void info(EventName event, std::initializer_list<LogField> fields = {}) const;
  void warn(EventName event, std::initializer_list<LogField> fields = {}) const;
  void error(EventName event, std::initializer_list<LogField> fields = {}) const;

 private:
  void write(LogLevel level, EventName event, std::initializer_list<LogField> fields) const;

  LogLevel threshold_;
  Sink sink_;
};

}  // namespace cocoon
