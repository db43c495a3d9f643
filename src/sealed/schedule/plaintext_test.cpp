#include "sealed/schedule/plaintext.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>

#include "codec/cbor.h"
#include "sealed/format/envelope.h"
#include "support/sealed_vectors.h"

using namespace cocoon;
using namespace cocoon::sealed;
using namespace cocoon::sealed::test;

namespace {

RequestPlaintext example(std::size_t body_size = 10, std::size_t parents = 1) {
  RequestPlaintext request;
  request.method = "POST";
  request.path = "/v1/chat/completions";
  request.body = SecretBytes(Bytes(body_size, std::byte{'x'}));
  request.parents.assign(parents, filled<ReceiptHash>(0x77));
  return request;
}

Bytes padded_of(const RequestPlaintext& request) {
  return to_bytes(encode_padded(request).value().expose());
}

// len u32 ‖ CBOR ‖ zeros around any CBOR.
Bytes padded_around(BytesView cbor) {
  Bytes out{std::byte{0}, std::byte{0}, static_cast<std::byte>(cbor.size() >> 8U),
            static_cast<std::byte>(cbor.size() & 0xffU)};
  append(out, cbor);
  out.resize(std::bit_ceil(std::max(out.size(), kPaddedMin)));
  return out;
}

void check_malformed(BytesView padded) {
  const auto decoded = decode_padded(padded);
  REQUIRE_FALSE(decoded.has_value());
  CHECK(decoded.error().is(SealedError::kMalformed));
}

codec::Cbor request_cbor(const RequestPlaintext& request) {
  using codec::Cbor;
  Cbor::Array parents;
  for (const ReceiptHash& parent : request.parents) parents.push_back(Cbor::bytes(parent.view()));
  return Cbor::map({{Cbor::unsigned_integer(1), Cbor::text(request.method)},
                    {Cbor::unsigned_integer(2), Cbor::text(request.path)},
                    {Cbor::unsigned_integer(3), Cbor::bytes(request.body.expose())},
                    {Cbor::unsigned_integer(4), Cbor::array(std::move(parents))}});
}

}  // namespace

TEST_CASE("a request plaintext round-trips at every width of a CBOR length") {
  for (const std::size_t body : {0UL, 1UL, 23UL, 24UL, 255UL, 256UL, 65'535UL, 65'536UL}) {
    for (const std::size_t parents : {0UL, 1UL, 23UL, 24UL, kParentsMax}) {
      CAPTURE(body);
      CAPTURE(parents);
      const RequestPlaintext request = example(body, parents);
      const auto decoded = decode_padded(padded_of(request));
      REQUIRE(decoded.has_value());
      check_same(*decoded, request);
    }
  }
}

TEST_CASE("the hand-written CBOR is what the codec writes for the same map") {
  for (const std::size_t body : {0UL, 23UL, 24UL, 300UL, 70'000UL}) {
    const RequestPlaintext request = example(body, 30);
    const Bytes padded = padded_of(request);
    const Bytes cbor = codec::encode_cbor(request_cbor(request));
    CHECK_EQ(to_hex(BytesView(padded).first(4)).size(), 8);
    CHECK(equal(BytesView(padded).subspan(4, cbor.size()), cbor));
  }
}

TEST_CASE("plaintexts fill the smallest power of two from 1 KiB") {
  const std::size_t around = codec::encode_cbor(request_cbor(example(1000, 0))).size() - 1000 + 4;
  CHECK_EQ(padded_of(example(0, 0)).size(), 1024);
  CHECK_EQ(padded_of(example(1024 - around, 0)).size(), 1024);
  CHECK_EQ(padded_of(example(1024 - around + 1, 0)).size(), 2048);
  CHECK_EQ(padded_of(example(16'384 - around, 0)).size(), 16'384);
  CHECK_EQ(padded_of(example(16'384 - around + 1, 0)).size(), 32'768);
}

TEST_CASE("32 MiB of padded plaintext are taken and one byte more is refused") {
  // Around a body this long lie the length, the map's head, four keys and the heads of four fields.
  const std::size_t around = 4 + 1 + 4 + (1 + 4) + (1 + 20) + 5 + 1;
  const RequestPlaintext most = example(kPaddedMax - around, 0);
  const auto padded = encode_padded(most);
  REQUIRE(padded.has_value());
  CHECK_EQ(padded->size(), kPaddedMax);
  CHECK(decode_padded(padded->expose()).has_value());
  CHECK(encode_padded(example(kPaddedMax - around + 1, 0)).error().is(SealedError::kTooLarge));
  CHECK(encode_padded(example(kPaddedMax + 1, 0)).error().is(SealedError::kTooLarge));
}

TEST_CASE("methods and paths outside their grammar are neither written nor read") {
  const auto refuses = [](const std::string& method, const std::string& path) {
    CAPTURE(method);
    CAPTURE(path);
    RequestPlaintext request = example();
    request.method = method;
    request.path = path;
    CHECK(encode_padded(request).error().is(SealedError::kBadArgument));
    check_malformed(padded_around(codec::encode_cbor(request_cbor(request))));
  };
  refuses("", "/");
  refuses("post", "/");
  refuses("GET ", "/");
  refuses(std::string(kMethodBytesMax + 1, 'A'), "/");
  refuses("GET", "");
  refuses("GET", "v1");
  refuses("GET", "/a b");
  refuses("GET", "/a\r\nx");
  refuses("GET", "/\xc3\xa9");
  refuses("GET", "/" + std::string(kPathBytesMax, 'a'));
}

TEST_CASE("too many parents are neither written nor read") {
  const RequestPlaintext request = example(1, kParentsMax + 1);
  CHECK(encode_padded(request).error().is(SealedError::kBadArgument));
  check_malformed(padded_around(codec::encode_cbor(request_cbor(request))));
}

TEST_CASE("padding must be zero, of the smallest bucket and all there") {
  const Bytes good = padded_of(example());
  Bytes bad = good;
  bad.back() = std::byte{1};
  check_malformed(bad);
  bad = good;
  bad.resize(2048);
  check_malformed(bad);
  check_malformed(BytesView(good).first(1023));
  check_malformed(BytesView(good).first(3));
  check_malformed({});
  bad = good;
  bad[0] = std::byte{0xff};
  check_malformed(bad);
  CHECK(decode_padded(Bytes(kPaddedMax + 1)).error().is(SealedError::kTooLarge));
}

TEST_CASE("another CBOR than the deterministic four fields is refused") {
  using codec::Cbor;
  const Bytes good = codec::encode_cbor(request_cbor(example(10, 1)));
  REQUIRE(decode_padded(padded_around(good)).has_value());
  for (std::size_t length = 0; length < good.size(); ++length) {
    check_malformed(padded_around(BytesView(good).first(length)));
  }
  check_malformed(padded_around(concat({good, Bytes{std::byte{0}}})));

  Bytes long_form = good;  // the body's length 10 in two bytes
  const auto body_head = std::ranges::search(long_form, Bytes{std::byte{3}, std::byte{0x4a}});
  REQUIRE_FALSE(body_head.empty());
  *(body_head.begin() + 1) = std::byte{0x58};
  long_form.insert(body_head.begin() + 2, std::byte{10});
  check_malformed(padded_around(long_form));

  Cbor::Map fields = **request_cbor(example()).as_map();
  fields.emplace_back(Cbor::unsigned_integer(5), Cbor::null());
  check_malformed(padded_around(codec::encode_cbor(Cbor::map(fields))));
  fields.resize(3);
  check_malformed(padded_around(codec::encode_cbor(Cbor::map(fields))));
  fields.emplace_back(Cbor::unsigned_integer(4), Cbor::array({Cbor::bytes(Bytes(31))}));
  check_malformed(padded_around(codec::encode_cbor(Cbor::map(fields))));
  fields[3].second = Cbor::text("none");
  check_malformed(padded_around(codec::encode_cbor(Cbor::map(fields))));
}

TEST_CASE("response heads and failures round-trip and refuse what is outside their grammar") {
  const ResponseHead head{.status = 200, .content_type = "text/event-stream"};
  CHECK(ResponseHead::decode(head.encode()).value() == head);
  const ResponseFailure failure{.status = 504, .message = "the engine did not answer in time"};
  CHECK(ResponseFailure::decode(failure.encode()).value() == failure);

  const auto refused = [](const auto& value) {
    const auto decoded = std::remove_cvref_t<decltype(value)>::decode(value.encode());
    return !decoded.has_value() && decoded.error().is(SealedError::kMalformed);
  };
  CHECK(refused(ResponseHead{.status = 99, .content_type = ""}));
  CHECK(refused(ResponseHead{.status = 600, .content_type = ""}));
  CHECK(refused(ResponseHead{.status = 200, .content_type = "a\r\nset-cookie: b"}));
  CHECK(refused(ResponseHead{.status = 200, .content_type = std::string(257, 'a')}));
  CHECK(refused(ResponseFailure{.status = 200, .message = ""}));
  CHECK(refused(ResponseFailure{.status = 500, .message = std::string(4097, 'a')}));
  Bytes trailing = head.encode();
  trailing.push_back(std::byte{0});
  CHECK(ResponseHead::decode(trailing).error().is(SealedError::kMalformed));
}
