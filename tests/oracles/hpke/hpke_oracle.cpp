// Our side of the comparison in hpke.test.mjs. One request a line on standard input, one answer a
// line on standard output; fields are hexadecimal, separated by one space, "-" where empty. The
// suite is DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The ephemeral key comes from the
// asking side, so that this program draws nothing.
//   public PRIVATE                                                  → PUBLIC
//   seal RECIPIENT EPHEMERAL_PRIVATE INFO EXPORTER_CONTEXT (AAD PT)* → ENC EXPORTED (CT)*
//   open PRIVATE ENC INFO EXPORTER_CONTEXT (AAD CT)*                 → EXPORTED (PT)*
// An answer that would break the protocol is "refused".
#include <iostream>
#include <string>
#include <vector>

#include "hpke/hpke.h"

namespace cocoon::hpke {
namespace {

using Fields = std::vector<Bytes>;

Result<crypto::X25519KeyPair> pair_from(BytesView private_key) {
  TRY(SecretArray<32> secret, SecretArray<32>::copy_of(private_key));
  return crypto::X25519KeyPair::from_private(std::move(secret));
}

void add_export(const Context& context, BytesView exporter_context, Fields& answer) {
  answer.push_back(to_bytes(context.export_secret<32>(exporter_context).expose()));
}

Result<Fields> answer_public(const Fields& fields) {
  TRY(const crypto::X25519KeyPair pair, pair_from(fields.at(0)));
  return Fields{to_bytes(pair.public_key().view())};
}

Result<Fields> answer_seal(const Fields& fields) {
  TRY(const auto recipient, crypto::X25519PublicKey::from(fields.at(0)));
  TRY(const crypto::X25519KeyPair ephemeral, pair_from(fields.at(1)));
  TRY(SenderSetup sender, setup_sender(AeadId::kAes256Gcm, recipient, fields.at(2), ephemeral));
  Fields answer{to_bytes(sender.enc.view())};
  add_export(sender.context, fields.at(3), answer);
  for (std::size_t i = 4; i < fields.size(); i += 2) {
    TRY(Bytes sealed, sender.context.seal(fields.at(i), fields.at(i + 1)));
    answer.push_back(std::move(sealed));
  }
  return answer;
}

Result<Fields> answer_open(const Fields& fields) {
  TRY(const crypto::X25519KeyPair recipient, pair_from(fields.at(0)));
  TRY(const auto enc, crypto::X25519PublicKey::from(fields.at(1)));
  TRY(Context context, setup_receiver(AeadId::kAes256Gcm, enc, recipient, fields.at(2)));
  Fields answer;
  add_export(context, fields.at(3), answer);
  for (std::size_t i = 4; i < fields.size(); i += 2) {
    TRY(Bytes opened, context.open(fields.at(i), fields.at(i + 1)));
    answer.push_back(std::move(opened));
  }
  return answer;
}

// The words of a line; the command's first letters are not hexadecimal and stand apart.
Result<Fields> answer_to(const std::string& line) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  Fields fields;
  for (std::size_t i = 1; i < words.size(); ++i) {
    TRY(Bytes bytes, from_hex(words[i] == "-" ? "" : words[i]));
    fields.push_back(std::move(bytes));
  }
  if (words[0] == "public" && fields.size() == 1) return answer_public(fields);
  if (fields.size() >= 4 && fields.size() % 2 == 0) {
    if (words[0] == "seal") return answer_seal(fields);
    if (words[0] == "open") return answer_open(fields);
  }
  return fail(BaseError::kBadText, "unknown request");
}

}  // namespace
}  // namespace cocoon::hpke

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto answer = cocoon::hpke::answer_to(line);
    if (!answer.has_value()) {
      std::cout << "refused\n" << std::flush;
      continue;
    }
    const char* separator = "";
    for (const cocoon::Bytes& field : *answer) {
      std::cout << separator << (field.empty() ? "-" : cocoon::to_hex(field));
      separator = " ";
    }
    std::cout << '\n' << std::flush;
  }
  return 0;
}
