#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>

namespace cocoon {
namespace {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
      out.append(fmt::format("\\u{:04x}", static_cast<unsigned char>(c)));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

}  // namespace

LogField LogField::count(EventName key, std::uint64_t value) {
  return {key.view(), std::to_string(value)};
}
LogField LogField::duration(EventName key, std::chrono::nanoseconds value) {
  return {key.view(), fmt::format("{:.3f}", static_cast<double>(value.count()) / 1e6)};
}
LogField LogField::kid(const Kid& value) {
  return {"kid", json_string(to_hex(value.view().first(8)))};
}
LogField LogField::seqno(Seqno value) { return {"seqno", std::to_string(value.value())}; }
LogField LogField::port(std::uint16_t value) { return {"port", std::to_string(value)}; }
LogField LogField::pid(int value) { return {"pid", std::to_string(value)}; }
LogField LogField::http_status(int value) { return {"status", std::to_string(value)}; }
LogField LogField::error(const Error& value) {
  return {"error", fmt::format("{{\"library\":{},\"code\":{},\"text\":{}}}",
                               static_cast<unsigned>(value.library()), value.code(),
                               json_string(value.message()))};
}
LogField LogField::reason(EventName value) { return {"reason", json_string(value.view())}; }
LogField LogField::endpoint(std::string_view value) { return {"endpoint", json_string(value)}; }
LogField LogField::file(std::string_view path) { return {"file", json_string(path)}; }
LogField LogField::model(std::string_view name) { return {"model", json_string(name)}; }

Logger Logger::to_stderr(LogLevel threshold) {
  return {threshold, [](std::string_view line) {
            std::string with_newline(line);
            with_newline.push_back('\n');
            std::fwrite(with_newline.data(), 1, with_newline.size(), stderr);
          }};
}

Logger Logger::silent() {
  return {LogLevel::kError, [](std::string_view) {}};
}

void Logger::debug(EventName event, std::initializer_list<LogField> fields) const {
  write(LogLevel::kDebug, event, fields);
}
void Logger::info(EventName event, std::initializer_list<LogField> fields) const {
  write(LogLevel::kInfo, event, fields);
}
void Logger::warn(EventName event, std::initializer_list<LogField> fields) const {
  write(LogLevel::kWarn, event, fields);
}
void Logger::error(EventName event, std::initializer_list<LogField> fields) const {
  write(LogLevel::kError, event, fields);
}

void Logger::write(LogLevel level, EventName event, std::initializer_list<LogField> fields) const {
  if (level < threshold_) return;
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto millis = now.time_since_epoch().count() % 1000;
  std::string line = fmt::format(
      R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","event":"{}")",
      fmt::gmtime(std::chrono::system_clock::to_time_t(now)), millis, name_of(level), event.view());
  for (const LogField& field : fields) {
    line.append(fmt::format(R"(,"{}":{})", field.key(), field.json_value()));
  }
  line.push_back('}');
  sink_(line);
}

}  // namespace cocoon
