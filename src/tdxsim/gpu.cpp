#include "tdxsim/gpu.h"

#include <array>

#include "base/reader.h"
#include "codec/base64.h"
#include "codec/der.h"
#include "codec/json.h"
#include "tdxsim/draw_key.h"
#include "tdxsim/key_and_chain.h"

// The layouts are docs/formats/gpu-report.md's.
namespace cocoon::tdxsim {
namespace {

using crypto::CertificateTemplate;
using crypto::P384KeyPair;

constexpr std::uint32_t kValidSeconds = 10U * 365 * 86'400;
constexpr std::uint32_t kBackdatedSeconds = 86'400;  // clocks of the machines around differ
constexpr std::size_t kMeasurementCount = 64;
constexpr std::size_t kChainLength = 5;
// Indices of the manifests, which count from 0; as in a real H100's.
constexpr std::array kDriverIndices{7, 21, 22, 30, 40};
constexpr std::array kVbiosIndices{1, 2, 3, 9, 12};

crypto::Sha384Digest firmware_digest() {
  return crypto::sha384(label("cocoon/1 tdx-sim gpu fwid"));
}

crypto::Sha384Digest measurement(std::size_t index) {
  return crypto::sha384(
      concat({label("cocoon/1 tdx-sim gpu measurement"), as_bytes(std::to_string(index))}));
}

Bytes firmware_element(const crypto::Sha384Digest& digest) {
  return codec::der_sequence({codec::der_object_identifier("2.16.840.1.101.3.4.2.2"),
                              codec::der_element(codec::DerTag::kOctetString, digest)});
}

// TCG DICE's composite device id: version, the chip's key, the firmware's digest.
Bytes composite_device_id(const crypto::P384PublicKey& chip_key) {
  const Bytes algorithm = codec::der_sequence({codec::der_object_identifier("1.2.840.10045.2.1"),
                                               codec::der_object_identifier("1.3.132.0.34")});
  const Bytes point = concat({std::array{std::byte{0}, std::byte{4}}, chip_key.view()});
  constexpr auto kBitString = static_cast<codec::DerTag>(0x03);
  const Bytes key = codec::der_sequence({algorithm, codec::der_element(kBitString, point)});
  return codec::der_sequence({codec::der_unsigned(1), key, firmware_element(firmware_digest())});
}

// TCG DICE's TCB information: [0] vendor, [6] firmware, where a second digest is zeros.
Bytes tcb_information() {
  constexpr auto kVendor = static_cast<codec::DerTag>(0x80);
  constexpr auto kFirmwareList = static_cast<codec::DerTag>(0xa6);
  const Bytes digests = concat({firmware_element(firmware_digest()), firmware_element({})});
  return codec::der_sequence({codec::der_element(kVendor, as_bytes(std::string_view("COCOON"))),
                              codec::der_element(kFirmwareList, digests)});
}

void add_dice_extension(SimulatedGpu::Model model, const crypto::P384PublicKey& chip_key,
                        CertificateTemplate& leaf) {
  switch (model) {
    case SimulatedGpu::Model::kHopper:
      leaf.extensions.emplace_back("2.23.133.5.4.1", composite_device_id(chip_key));
      break;
    case SimulatedGpu::Model::kBlackwell:
      leaf.extensions.emplace_back("2.23.133.5.4.1.1", tcb_information());
      break;
  }
}

void add_field(Writer& out, std::uint16_t type, BytesView value) {
  out.u16(type).u16(static_cast<std::uint16_t>(value.size())).bytes(value);
}

Bytes opaque_data(const GpuOptions& options) {
  Writer out(Endian::kLittle);
  const ByteArray<8> vbios{std::byte{0x00}, std::byte{0x01}, std::byte{0x00}, std::byte{0x99},
                           std::byte{0x02}};
  add_field(out, 6, vbios);
  add_field(out, 15, as_bytes(std::string_view("882\0", 4)));
  add_field(out, 17, as_bytes(std::string_view("1010\0", 5)));
  add_field(out, 18, as_bytes(std::string_view("0200\0", 5)));
  add_field(out, 3, as_bytes(options.driver_version));
  add_field(out, 11, std::array{std::byte{0x55}});
  crypto::Sha384Digest fwid = firmware_digest();
  if (options.firmware == GpuOptions::Firmware::kAnother) fwid[0] ^= std::byte{1};
  if (options.firmware != GpuOptions::Firmware::kUnstated) add_field(out, 20, fwid);
  add_field(out, 21, std::array{std::byte{options.protected_pcie}});
  if (!options.chip.empty()) add_field(out, 35, as_bytes(options.chip));
  Writer flag(Endian::kLittle);
  add_field(out, 36, flag.u16(options.feature_flag).view());
  return std::move(out).take();
}

Bytes measurement_record(GpuOptions::Measurements how) {
  Writer out(Endian::kLittle);
  std::array<crypto::Sha384Digest, kMeasurementCount> values{};
  for (const int index : kDriverIndices) {
    values[static_cast<std::size_t>(index)] = measurement(static_cast<std::size_t>(index));
  }
  for (const int index : kVbiosIndices) {
    values[static_cast<std::size_t>(index)] = measurement(static_cast<std::size_t>(index));
  }
  switch (how) {
    case GpuOptions::Measurements::kGolden:
      break;
    case GpuOptions::Measurements::kDriverBent:
      values[kDriverIndices[1]][0] ^= std::byte{1};
      break;
    case GpuOptions::Measurements::kVbiosBent:
      values[kVbiosIndices[3]][0] ^= std::byte{1};
      break;
  }
  std::uint8_t number = 0;
  for (const crypto::Sha384Digest& value : values) {
    out.u8(++number).u8(1).u16(51).u8(1).u16(48).bytes(value);
  }
  return std::move(out).take();
}

codec::Json manifest(const char* kind, std::string_view id, const char* version,
                     std::span<const int> indices) {
  using codec::Json;
  Json::Array measurements;
  for (const int index : indices) {
    const std::string digest = to_hex(measurement(static_cast<std::size_t>(index)));
    measurements.push_back(Json::object({{"index", Json::number(std::int64_t{index})},
                                         {"sha384", Json::array({Json::string(digest)})}}));
  }
  return Json::object({{"kind", Json::string(kind)},
                       {"id", Json::string(id)},
                       {"version", Json::string(version)},
                       {"rim_sha256", Json::string("")},
                       {"measurements", Json::array(std::move(measurements))}});
}

}  // namespace

Result<SimulatedGpu> SimulatedGpu::create(const Platform::FillRandom& random, UnixSeconds now,
                                          Model model) {
  const std::string chip = model == Model::kHopper ? "GH100" : "GB100";
  // From the root down: the device CA, the model's, the provisioner's, the chip, its firmware.
  const std::array<std::string, kChainLength> names{
      "Cocoon DEV Device Identity CA", "Cocoon DEV " + chip + " Identity",
      "Cocoon DEV " + chip + " Provisioner ICA 1", chip + " A01 GSP BROM",
      chip + " A01 GSP FMC LF"};
  std::vector<P384KeyPair> keys;
  for (std::size_t i = 0; i < kChainLength; ++i) {
    TRY(P384KeyPair key, draw_key<P384KeyPair>(random));
    keys.push_back(std::move(key));
  }
  std::vector<crypto::Certificate> leaf_first;
  for (std::size_t i = 0; i < kChainLength; ++i) {
    CertificateTemplate what;
    what.not_before = UnixSeconds(now.value() - kBackdatedSeconds);
    what.not_after = UnixSeconds(now.value() + kValidSeconds);
    what.common_name = names[i];
    what.issuer_common_name = names[i == 0 ? 0 : i - 1];
    what.subject_key = keys[i].public_key();
    const bool is_leaf = i + 1 == kChainLength;
    what.kind = is_leaf ? CertificateTemplate::Kind::kLeaf : CertificateTemplate::Kind::kAuthority;
    if (is_leaf) add_dice_extension(model, keys[i - 1].public_key(), what);
    TRY(crypto::Certificate made, crypto::issue_certificate(what, keys[i == 0 ? 0 : i - 1]));
    leaf_first.insert(leaf_first.begin(), std::move(made));
  }
  return SimulatedGpu(std::move(keys.back()), std::move(leaf_first));
}

SecretBytes SimulatedGpu::save() const { return save_key_and_chain(key_, chain_); }

Result<SimulatedGpu> SimulatedGpu::load(BytesView saved) {
  TRY(KeyAndChain loaded, load_key_and_chain(saved));
  if (loaded.leaf_first.size() != kChainLength) {
    return fail(codec::CodecError::kMalformed, "not five certificates in the GPU's file");
  }
  return SimulatedGpu(std::move(loaded.key), std::move(loaded.leaf_first));
}

crypto::Sha256Digest SimulatedGpu::root_fingerprint() const {
  return crypto::sha256(chain_.back().der());
}

Result<attest::nvidia::GpuEvidence> SimulatedGpu::evidence(const ByteArray<32>& nonce,
                                                           const GpuOptions& options) const {
  const Bytes record = measurement_record(options.measurements);
  const Bytes opaque = opaque_data(options);
  Writer out(Endian::kLittle);
  out.u8(0x11).u8(0xe0).u8(0x01).u8(0xff).bytes(nonce).u8(0);
  out.u8(0x11).u8(0x60).u16(0).u8(kMeasurementCount);
  out.u16(static_cast<std::uint16_t>(record.size())).u8(0).bytes(record);
  out.bytes(crypto::sha256({label("cocoon/1 tdx-sim gpu nonce"), nonce}));
  out.u16(static_cast<std::uint16_t>(opaque.size())).bytes(opaque);
  TRY(const crypto::P384Signature signature, key_.sign(out.view()));
  out.bytes(signature.view());
  attest::nvidia::GpuEvidence made{.report = std::move(out).take(), .certificates_der = {}};
  for (const crypto::Certificate& certificate : chain_) {
    made.certificates_der.push_back(certificate.der());
  }
  return made;
}

std::string evidence_list(const std::vector<attest::nvidia::GpuEvidence>& gpus) {
  using codec::Json;
  Json::Array items;
  for (const attest::nvidia::GpuEvidence& gpu : gpus) {
    std::string pem;
    for (const Bytes& der : gpu.certificates_der) {
      if (const auto certificate = crypto::Certificate::from_der(der)) pem += to_pem(*certificate);
    }
    items.push_back(Json::object({{"arch", Json::string("SIMULATED")},
                                  {"certificate", Json::string(codec::to_base64(as_bytes(pem)))},
                                  {"evidence", Json::string(codec::to_base64(gpu.report))}}));
  }
  return codec::write_json(Json::array(std::move(items)));
}

std::string simulated_golden_json() {
  using codec::Json;
  Json::Array manifests;
  manifests.push_back(
      manifest("driver", "NV_GPU_DRIVER_GH100_999.01", kGpuDriverVersion, kDriverIndices));
  manifests.push_back(
      manifest("driver", "NV_GPU_CC_DRIVER_GB100_999.01", kGpuDriverVersion, kDriverIndices));
  manifests.push_back(
      manifest("vbios", "NV_GPU_VBIOS_1010_0200_882_9900010002", kGpuVbiosVersion, kVbiosIndices));
  return codec::write_json(Json::object({{"version", Json::number(std::int64_t{1})},
                                         {"manifests", Json::array(std::move(manifests))}}));
}

crypto::Ed25519Signature sign_golden(std::string_view json, const crypto::Ed25519KeyPair& key) {
  return key.sign(attest::nvidia::golden_signing_input(as_bytes(json)));
}

attest::nvidia::WorkerGpus with_golden(std::vector<attest::nvidia::GpuEvidence> gpus,
                                       const crypto::Ed25519KeyPair& key) {
  const std::string json = simulated_golden_json();
  return {.gpus = std::move(gpus),
          .golden = {.json = to_bytes(json), .signature = sign_golden(json, key)}};
}

}  // namespace cocoon::tdxsim
