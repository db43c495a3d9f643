#include "tdxsim/key_and_chain.h"

#include "codec/cbor.h"

namespace cocoon::tdxsim {
namespace {

using codec::Cbor;

enum Key : std::int64_t { kKeyVersion = 1, kKeyPrivate = 2, kKeyChain = 3 };

}  // namespace

SecretBytes save_key_and_chain(const crypto::P384KeyPair& key,
                               const std::vector<crypto::Certificate>& leaf_first) {
  const auto number = [](Key field) { return Cbor::integer(field); };
  Cbor::Array chain;
  for (const crypto::Certificate& certificate : leaf_first) {
    chain.push_back(Cbor::bytes(certificate.der()));
  }
  return SecretBytes(codec::encode_cbor(Cbor::map({
      {number(kKeyVersion), Cbor::unsigned_integer(1)},
      {number(kKeyPrivate), Cbor::bytes(key.expose_private())},
      {number(kKeyChain), Cbor::array(std::move(chain))},
  })));
}

Result<KeyAndChain> load_key_and_chain(BytesView saved) {
  TRY(const Cbor item, codec::decode_cbor(saved, {.depth = 3, .items = 32}));
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != 1) return fail(codec::CodecError::kMalformed, "unknown version of the key's file");
  TRY(const BytesView scalar, fields.bytes(kKeyPrivate));
  TRY(SecretArray<48> secret, SecretArray<48>::copy_of(scalar));
  TRY(crypto::P384KeyPair key, crypto::P384KeyPair::from_private(std::move(secret)));
  TRY(const Cbor* const list, fields.required(kKeyChain));
  TRY(const Cbor::Array* const chain, list->as_array());
  TRY_VOID(fields.finish());
  if (chain->empty()) return fail(codec::CodecError::kMalformed, "a key without certificates");
  KeyAndChain out{.key = std::move(key), .leaf_first = {}};
  for (const Cbor& entry : *chain) {
    TRY(const BytesView der, entry.as_bytes());
    TRY(crypto::Certificate certificate, crypto::Certificate::from_der(der));
    out.leaf_first.push_back(std::move(certificate));
  }
  return out;
}

}  // namespace cocoon::tdxsim
