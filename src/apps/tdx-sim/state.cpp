#include "apps/tdx-sim/state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <utility>

#include "apps/tdx-sim/secret_file.h"
#include "attest/image_toml.h"
#include "attest/intel/pck.h"
#include "files/small_files.h"
#include "tdxsim/vendor.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;
using files::FileMode;

constexpr std::size_t kBytesMax = std::size_t{1024} * 1024;

// The descriptor that holds the folder's lock.
Result<files::Descriptor> lock_folder(const fs::path& folder) {
  const fs::path file = folder / "lock";
  files::Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!opened.is_open()) return fail(SimError::kUnwritable, "cannot open " + file.string());
  if (::flock(opened.get(), LOCK_EX | LOCK_NB) == 0) return opened;
  return fail(SimError::kBusy, "another tdx-sim uses " + folder.string());
}

Result<tdxsim::Measurements> read_measurements(const std::optional<fs::path>& file) {
  if (!file) return tdxsim::default_measurements();
  TRY(const Bytes toml, files::read_file(*file, kBytesMax));
  auto image = attest::parse_image_toml(toml);
  if (!image) return std::unexpected(std::move(image).error().with_context(file->string()));
  return tdxsim::measurements_of(*image);
}

Status publish(const fs::path& folder, const tdxsim::Platform& platform,
               const tdxsim::Measurements& measurements) {
  const std::string fingerprint = platform.root_fingerprint().hex() + "\n";
  const std::string pem = tdxsim::to_pem(platform.root());
  const std::string image = attest::write_image_toml(tdxsim::image_of(measurements));
  TRY_VOID(publish_file(folder / "root.der", platform.root().der(), FileMode::kPublic));
  TRY_VOID(publish_file(folder / "root.pem", as_bytes(pem), FileMode::kPublic));
  TRY_VOID(publish_file(folder / "root.sha256", as_bytes(fingerprint), FileMode::kPublic));
  TRY_VOID(
      publish_file(folder / "collateral.json", as_bytes(platform.collateral()), FileMode::kPublic));
  TRY(const attest::intel::PckInfo pck, attest::intel::read_pck_info(platform.pck_certificate()));
  const std::string ppid = to_hex(pck.ppid) + "\n";
  TRY_VOID(publish_file(folder / "ppid.hex", as_bytes(ppid), FileMode::kPublic));
  return publish_file(folder / "image.toml", as_bytes(image), FileMode::kPublic);
}

struct FlawedCollateral {
  const char* file;
  tdxsim::CollateralOptions options;
};

// Makes the machine with a vendor that also signs what verifiers must refuse.
Status make_with_flawed(const fs::path& folder, const tdxsim::Platform::FillRandom& random,
                        UnixSeconds now) {
  const fs::path file = folder / "platform.cbor";
  if (std::error_code ignored; fs::exists(file, ignored)) {
    return fail(SimError::kBusy, "the machine in " + folder.string() +
                                     " was made before: nobody can sign for it any more");
  }
  TRY(const tdxsim::Vendor vendor, tdxsim::Vendor::create(random, now));
  TRY(const tdxsim::Platform platform, vendor.make_platform(random, {.evaluation_number = 2}));
  const FlawedCollateral flawed[] = {
      {"collateral-expired.json", {.evaluation_number = 2, .valid_for = -1}},
      {"collateral-rolled-back.json", {.evaluation_number = 1}},
      {"collateral-revoked.json",
       {.revoked = tdxsim::CollateralOptions::Revoked::kPck, .evaluation_number = 3}}};
  for (const FlawedCollateral& each : flawed) {
    TRY(const std::string json, vendor.publish(platform, now, each.options));
    TRY_VOID(publish_file(folder / each.file, as_bytes(json), FileMode::kPublic));
  }
  return publish_file(file, platform.save().expose(), FileMode::kPrivate);
}

}  // namespace

Result<SimState> SimState::open(const fs::path& folder, const std::optional<fs::path>& measurements,
                                const tdxsim::Platform::FillRandom& random, UnixSeconds now,
                                Published published) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return fail(SimError::kUnwritable, "cannot make " + folder.string());
  TRY(const tdxsim::Measurements measured, read_measurements(measurements));
  TRY(files::Descriptor lock, lock_folder(folder));
  fs::remove(folder / "image.toml", error);
  if (published == Published::kWithFlawed) {
    TRY_VOID(make_with_flawed(folder, random, now));
  }
  TRY(tdxsim::Platform platform,
      load_or_create<tdxsim::Platform>(folder / "platform.cbor", random, now));
  TRY_VOID(publish(folder, platform, measured));
  return SimState(std::move(lock), std::move(platform), measured);
}

}  // namespace cocoon::apps
