#include "roles/client/cors.h"

namespace cocoon::client {

bool is_preflight(const ports::HttpRequest& request) {
  return request.method == "OPTIONS" && !ports::find_field(request.headers, "origin").empty() &&
         !ports::find_field(request.headers, "access-control-request-method").empty();
}

ports::HttpFields preflight_fields(const ports::HttpRequest& request) {
  ports::HttpFields fields{{"access-control-allow-methods", "GET, POST"},
                           {"access-control-max-age", "600"}};
  const std::string_view headers =
      ports::find_field(request.headers, "access-control-request-headers");
  if (!headers.empty()) fields.push_back({"access-control-allow-headers", std::string(headers)});
  // Some browsers ask separately whether a public page may reach this machine.
  if (ports::find_field(request.headers, "access-control-request-private-network") == "true")
    fields.push_back({"access-control-allow-private-network", "true"});
  return fields;
}

Status ReadableByPage::head(int status, ports::HttpFields headers) {
  headers.push_back({"access-control-allow-origin", origin_});
  headers.push_back({"access-control-expose-headers",
                     "x-cocoon-receipt, x-cocoon-kid, x-cocoon-log, retry-after"});
  headers.push_back({"vary", "origin"});
  return to_.head(status, std::move(headers));
}

}  // namespace cocoon::client
