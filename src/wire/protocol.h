#pragma once

#include <string_view>

namespace cocoon::wire {

// TLS ALPN of the two kinds of Cocoon connection. The server also takes "h2" from ordinary tools:
// it may read the public paths and relay, but learns nothing about who answers.
inline constexpr std::string_view kAlpnForward = "cocoon/1";  // client to proxy: the proxy serves
inline constexpr std::string_view kAlpnReverse =
    "cocoon-rev/1";  // worker to proxy: the worker, who dials, serves

// Paths of a proxy.
inline constexpr std::string_view kPathDirectory = "/v1/directory";
inline constexpr std::string_view kPathEvidence =
    "/v1/evidence/";  // + kid in hexadecimal; workers serve it too
inline constexpr std::string_view kPathCollateral =
    "/v1/collateral/";  // + its digest in hexadecimal; workers serve it too
inline constexpr std::string_view kPathRelay = "/v1/relay";
inline constexpr std::string_view kPathBills = "/v1/bills/";  // + request id in hexadecimal
// Paths of a proxy's log (docs/formats/log.md).
inline constexpr std::string_view kPathLog = "/v1/log/";  // + the path of a tile
inline constexpr std::string_view kPathCheckpoint = "/v1/log/checkpoint";
inline constexpr std::string_view kPathLogProof =
    "/v1/log/proof/";  // + a receipt's hash in hexadecimal
// Paths of a worker.
inline constexpr std::string_view kPathInfer = "/v1/infer";
inline constexpr std::string_view kPathLoad = "/v1/load";

inline constexpr std::string_view kMediaRequest = "application/cocoon-request";
inline constexpr std::string_view kMediaInfer = "application/cocoon-infer";
inline constexpr std::string_view kMediaResponse = "application/cocoon-response";
inline constexpr std::string_view kMediaCbor = "application/cbor";
inline constexpr std::string_view kMediaBytes = "application/octet-stream";
inline constexpr std::string_view kMediaText = "text/plain; charset=utf-8";
inline constexpr std::string_view kMediaJson = "application/json";

inline constexpr std::string_view kHeaderVoucher =
    "cocoon-voucher";  // empty while the registry's price is zero
inline constexpr std::string_view kHeaderKid =
    "cocoon-kid";  // which worker answers, on the relay's response
inline constexpr std::string_view kTrailerBill = "cocoon-bill";  // base64 of the signed bill

}  // namespace cocoon::wire
