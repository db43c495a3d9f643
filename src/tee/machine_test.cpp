#include "tee/machine.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>

#include "tests/support/temp_folder.h"

using namespace cocoon::tee;

namespace {

// A machine made of the files that a test writes into it.
struct FakeMachine final : MachineProbe {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> links;
  std::map<std::string, std::string> outputs;  // of programs, by command line
  std::set<std::string> denied;
  std::set<std::uint16_t> taken_ports;
  std::string provider;
  std::optional<ClockState> time = ClockState{.synchronised = true};
  OpenFileLimits limits{.soft = 65536, .hard = 65536};
  std::optional<std::uint64_t> free_bytes = 100ULL << 30U;

  FakeMachine() {
    files["/proc/sys/kernel/osrelease"] = "6.12.9-amd64\n";
    files["/sys/devices/system/cpu/online"] = "0-3,8\n";
    files["/proc/meminfo"] = "MemTotal:       16384000 kB\nMemAvailable:   12000000 kB\n";
    installed("installed chrony\n");
    files["/opt/cocoon/llama-server"] = "";
    files["/srv/models/small/small.gguf"] = "";
    processor("GenuineIntel", "fpu hypervisor sse2");
  }
  void processor(const std::string& vendor, const std::string& flags) {
    files["/proc/cpuinfo"] = "processor\t: 0\nvendor_id\t: " + vendor +
                             "\nmodel name\t: Some Processor\nflags\t\t: " + flags + "\n";
  }
  void installed(const std::string& lines) {
    outputs["dpkg-query -W -f ${db:Status-Status} ${Package}\\n"] = lines;
  }
  void make_tdx_guest() {
    processor("GenuineIntel", "fpu hypervisor tdx_guest");
    files["/dev/tdx_guest"] = "";
    files["/sys/kernel/config/tsm/report/provider"] = "";
    provider = "tdx_guest\n";
  }
  void add_gpu() {
    files["/sys/bus/pci/devices/0000:01:00.0/vendor"] = "0x10de\n";
    files["/sys/bus/pci/devices/0000:01:00.0/class"] = "0x030200\n";
  }
  void add_gpu_driver() {
    files["/proc/driver/nvidia/gpus/0000:01:00.0/information"] =
        "Model: \t\t NVIDIA H100 PCIe\nIRQ: 16\n";
  }

  std::optional<std::string> read(const std::filesystem::path& file) override {
    const auto found = files.find(file.string());
    if (found == files.end()) return std::nullopt;
    return found->second;
  }
  Presence presence(const std::filesystem::path& path) override {
    if (denied.contains(path.string())) return Presence::kDenied;
    const bool there = files.contains(path.string()) || !list(path).empty();
    return there ? Presence::kReadable : Presence::kAbsent;
  }
  std::vector<std::string> list(const std::filesystem::path& folder) override {
    std::set<std::string> names;
    const std::string prefix = folder.string() + "/";
    for (const auto* const entries : {&files, &links}) {
      for (const auto& [path, content] : *entries) {
        if (!path.starts_with(prefix)) continue;
        names.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
      }
    }
    return {names.begin(), names.end()};
  }
  std::optional<std::string> link(const std::filesystem::path& path) override {
    const auto found = links.find(path.string());
    if (found == links.end()) return std::nullopt;
    return found->second;
  }
  std::optional<std::string> tsm_provider(const std::filesystem::path&) override {
    if (provider.empty()) return std::nullopt;
    return provider;
  }
  std::optional<std::string> output_of(const std::vector<std::string>& command) override {
    std::string line;
    for (const std::string& word : command) line += (line.empty() ? "" : " ") + word;
    const auto found = outputs.find(line);
    if (found == outputs.end()) return std::nullopt;
    return found->second;
  }
  std::optional<std::filesystem::path> find_program(const std::string& name) override {
    std::string path = "/usr/bin/" + name;
    if (!files.contains(path)) return std::nullopt;
    return path;
  }
  std::optional<ClockState> clock() override { return time; }
  bool is_port_free(std::uint16_t port) override { return !taken_ports.contains(port); }
  OpenFileLimits open_file_limits() override { return limits; }
  std::optional<std::uint64_t> disk_free(const std::filesystem::path&) override {
    return free_bytes;
  }

  Checkup examined() {
    return examine(*this, {.programs = "/opt/cocoon", .models = "/srv/models"});
  }
  Check checked(std::string_view id) {
    const Checkup checkup = examined();
    const Check* const check = checkup.find(id);
    REQUIRE(check != nullptr);
    return *check;
  }
};

}  // namespace

TEST_CASE("a plain server can be client and proxy, and a worker for development only") {
  FakeMachine machine;
  const Checkup checkup = machine.examined();
  CHECK_EQ(checkup.of(MachineRole::kClient).verdict, Verdict::kReady);
  CHECK_EQ(checkup.of(MachineRole::kProxy).verdict, Verdict::kReady);
  CHECK_EQ(checkup.of(MachineRole::kWorker).verdict, Verdict::kDevelopment);
  CHECK_EQ(checkup.find("processors")->text, "5 processors: Some Processor");
  CHECK_EQ(checkup.find("memory")->state, CheckState::kOk);
  for (const Check& check : checkup.checks) {
    CAPTURE(check.id);
    CHECK_NE(check.state, CheckState::kMend);
    CHECK_FALSE(check.text.empty());
  }
}

TEST_CASE("a TDX guest that offers quotes is ready to be a worker") {
  FakeMachine machine;
  machine.make_tdx_guest();
  const Checkup checkup = machine.examined();
  CHECK_EQ(checkup.find("tdx-guest")->state, CheckState::kOk);
  CHECK_EQ(checkup.of(MachineRole::kWorker).verdict, Verdict::kReady);
}

TEST_CASE("what a TDX guest lacks is named with the command that mends it") {
  FakeMachine machine;
  machine.make_tdx_guest();
  SUBCASE("a kernel before configfs-tsm") {
    machine.files["/proc/sys/kernel/osrelease"] = "6.1.0-28-amd64\n";
    CHECK(machine.checked("tdx-guest").command.contains("linux-image"));
  }
  SUBCASE("the driver") {
    machine.files.erase("/dev/tdx_guest");
    CHECK_EQ(machine.checked("tdx-guest").command, "modprobe tdx_guest");
  }
  SUBCASE("configfs") {
    machine.files.erase("/sys/kernel/config/tsm/report/provider");
    CHECK(machine.checked("tdx-guest").command.contains("mount -t configfs"));
  }
  SUBCASE("the right to ask") {
    machine.provider.clear();
    CHECK_EQ(machine.checked("tdx-guest").command, "sudo cocoon doctor");
  }
  SUBCASE("the right provider") {
    machine.provider = "sev_guest\n";
    CHECK(machine.checked("tdx-guest").text.contains("sev_guest"));
  }
  const Checkup checkup = machine.examined();
  CHECK_EQ(checkup.find("tdx-guest")->state, CheckState::kMend);
  CHECK_EQ(checkup.of(MachineRole::kWorker).verdict, Verdict::kMend);
  CHECK_EQ(checkup.of(MachineRole::kProxy).verdict, Verdict::kReady);
}

TEST_CASE("a configfs-tsm tree alone makes no TDX guest") {
  FakeMachine machine;
  machine.make_tdx_guest();
  machine.processor("GenuineIntel", "fpu hypervisor");
  CHECK_EQ(machine.checked("tdx-guest").state, CheckState::kNote);
  CHECK_EQ(machine.examined().of(MachineRole::kWorker).verdict, Verdict::kDevelopment);
}

TEST_CASE("TDX hosts are told from machines that could be one") {
  FakeMachine machine;
  machine.processor("GenuineIntel", "fpu vmx");
  SUBCASE("in use") {
    machine.files["/sys/module/kvm_intel/parameters/tdx"] = "Y\n";
    CHECK_EQ(machine.checked("tdx-host").state, CheckState::kOk);
    CHECK(machine.examined().of(MachineRole::kWorker).text.contains("TDX host"));
    CHECK(machine.checked("packages").command.contains("qemu-system-x86"));
  }
  SUBCASE("offered, not in use") {
    machine.processor("GenuineIntel", "fpu tdx_host_platform vmx");
    machine.files["/sys/module/kvm_intel/parameters/tdx"] = "N\n";
    const Check check = machine.checked("tdx-host");
    CHECK_EQ(check.state, CheckState::kMend);
    CHECK(check.command.contains("kvm_intel tdx=1"));
    CHECK_EQ(machine.examined().of(MachineRole::kClient).verdict, Verdict::kReady);
  }
  SUBCASE("kernel too old") { CHECK(machine.checked("tdx-host").text.contains("6.16")); }
  SUBCASE("a guest") {
    machine.processor("GenuineIntel", "fpu hypervisor");
    CHECK_EQ(machine.checked("tdx-host").state, CheckState::kNote);
  }
}

TEST_CASE("SEV-SNP is recognised, and said to be of no use yet") {
  FakeMachine machine;
  CHECK_EQ(machine.checked("sev-guest").text, "this is no SEV-SNP guest");
  machine.files["/dev/sev-guest"] = "";
  CHECK(machine.checked("sev-guest").text.contains("need Intel TDX"));
  CHECK_EQ(machine.checked("sev-host").text, "this is no SEV-SNP host");
  machine.files["/sys/module/kvm_amd/parameters/sev_snp"] = "Y\n";
  CHECK(machine.checked("sev-host").text.contains("SEV-SNP host"));
  CHECK_EQ(machine.examined().of(MachineRole::kWorker).verdict, Verdict::kDevelopment);
}

TEST_CASE("a GPU needs its driver, and confidential mode inside a TDX guest") {
  FakeMachine machine;
  machine.make_tdx_guest();
  machine.add_gpu();
  CHECK_EQ(machine.checked("gpu").state, CheckState::kMend);
  machine.add_gpu_driver();
  CHECK(machine.checked("gpu").text.contains("NVIDIA H100 PCIe"));
  CHECK_EQ(machine.checked("gpu-confidential").state, CheckState::kNote);
  machine.outputs["nvidia-smi conf-compute -f"] = "CC status: OFF\n";
  CHECK_EQ(machine.checked("gpu-confidential").state, CheckState::kMend);
  CHECK_EQ(machine.examined().of(MachineRole::kWorker).verdict, Verdict::kMend);
  machine.outputs["nvidia-smi conf-compute -f"] = "CC status: ON\n";
  CHECK_EQ(machine.checked("gpu-confidential").state, CheckState::kOk);
  CHECK_EQ(machine.examined().of(MachineRole::kWorker).verdict, Verdict::kReady);
}

TEST_CASE("other vendors' devices and NVIDIA's network cards are no GPUs") {
  FakeMachine machine;
  machine.files["/sys/bus/pci/devices/0000:02:00.0/vendor"] = "0x1002\n";
  machine.files["/sys/bus/pci/devices/0000:02:00.0/class"] = "0x030000\n";
  machine.files["/sys/bus/pci/devices/0000:03:00.0/vendor"] = "0x10de\n";
  machine.files["/sys/bus/pci/devices/0000:03:00.0/class"] = "0x020000\n";
  CHECK(machine.checked("gpu").text.contains("no NVIDIA GPU"));
}

TEST_CASE("a taken port is traced to the program that listens on it") {
  FakeMachine machine;
  machine.taken_ports = {11000};
  machine.files["/proc/net/tcp"] =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:2AF8 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 "
      "111 1\n"
      "   1: 0100007F:2AF8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "777 1\n";
  machine.links["/proc/42/fd/7"] = "socket:[777]";
  machine.links["/proc/41/fd/3"] = "socket:[111]";
  SUBCASE("a stranger") {
    machine.files["/proc/42/comm"] = "nginx\n";
    const Check check = machine.checked("port-11000");
    CHECK_EQ(check.state, CheckState::kMend);
    CHECK(check.text.contains("nginx (process 42)"));
    CHECK_EQ(machine.examined().of(MachineRole::kProxy).verdict, Verdict::kMend);
    CHECK_EQ(machine.examined().of(MachineRole::kClient).verdict, Verdict::kReady);
  }
  SUBCASE("our own") {
    machine.files["/proc/42/comm"] = "cocoon-proxy\n";
    CHECK_EQ(machine.checked("port-11000").state, CheckState::kOk);
  }
  SUBCASE("somebody we may not look at") {
    machine.links.clear();
    CHECK(machine.checked("port-11000").text.contains("another program"));
  }
}

TEST_CASE("too little memory rules roles out") {
  FakeMachine machine;
  machine.files["/proc/meminfo"] = "MemTotal: 1048576 kB\nMemAvailable: 900000 kB\n";
  Checkup checkup = machine.examined();
  CHECK_EQ(checkup.of(MachineRole::kWorker).verdict, Verdict::kNo);
  CHECK_EQ(checkup.of(MachineRole::kClient).verdict, Verdict::kReady);
  SUBCASE("of the machine") {
    machine.files["/proc/meminfo"] = "MemTotal: 65536 kB\nMemAvailable: 60000 kB\n";
  }
  SUBCASE("of the container") { machine.files["/sys/fs/cgroup/memory.max"] = "67108864\n"; }
  checkup = machine.examined();
  CHECK_EQ(checkup.of(MachineRole::kClient).verdict, Verdict::kNo);
  CHECK_EQ(checkup.of(MachineRole::kProxy).verdict, Verdict::kNo);
}

TEST_CASE("clock, disk and limits are mended by one command each") {
  FakeMachine machine;
  machine.time = ClockState{.synchronised = false};
  machine.free_bytes = 1ULL << 20U;
  machine.limits = {.soft = 64, .hard = 64};
  for (const char* const id : {"clock", "disk", "open-files"}) {
    const Check check = machine.checked(id);
    CAPTURE(id);
    CHECK_EQ(check.state, CheckState::kMend);
    CHECK_FALSE(check.command.empty());
    CHECK_EQ(check.roles.size(), 3);
  }
  CHECK_EQ(machine.examined().of(MachineRole::kClient).verdict, Verdict::kMend);
  CHECK_EQ(machine.checked("clock").command, "systemctl restart chrony");
  machine.outputs.clear();
  CHECK_EQ(machine.checked("clock").command, "apt-get install chrony");
  machine.limits = {.soft = 1024, .hard = 524288};
  CHECK_EQ(machine.checked("open-files").state, CheckState::kNote);
}

TEST_CASE("a worker is told where its engine and a model come from") {
  FakeMachine machine;
  machine.make_tdx_guest();
  machine.files.erase("/opt/cocoon/llama-server");
  machine.files.erase("/srv/models/small/small.gguf");
  CHECK_EQ(machine.checked("llama-server").state, CheckState::kMend);
  CHECK_EQ(machine.checked("model").state, CheckState::kMend);
  CHECK_EQ(machine.examined().of(MachineRole::kWorker).text,
           "can be a worker once 2 things are mended");
  machine.files["/usr/bin/llama-server"] = "";
  CHECK_EQ(machine.checked("llama-server").state, CheckState::kOk);
}

TEST_CASE("packages are taken for installed only if dpkg says so") {
  FakeMachine machine;
  CHECK_EQ(machine.checked("packages").state, CheckState::kOk);
  machine.installed("config-files chrony\ninstalled chrony-doc\n");
  CHECK_EQ(machine.checked("packages").command, "apt-get install chrony");
  machine.outputs.clear();
  CHECK(machine.checked("packages").text.contains("not a Debian"));
}

TEST_CASE("a machine that tells nothing gets notes and no crash") {
  FakeMachine machine;
  machine.files.clear();
  machine.time.reset();
  machine.free_bytes.reset();
  for (const char* const id : {"kernel", "processors", "memory", "disk", "clock", "gpu"}) {
    CAPTURE(id);
    CHECK_EQ(machine.checked(id).state, CheckState::kNote);
  }
}

TEST_CASE("the real probe reads, lists and resolves below its root") {
  const cocoon::testing::TempFolder root;
  std::filesystem::create_directories(root / "proc/7");
  std::ofstream(root / "proc/7/comm") << "nginx\n";
  std::filesystem::create_symlink("socket:[9]", root / "proc/7/link");
  const auto probe = make_real_machine_probe(root.path());
  CHECK_EQ(probe->read("/proc/7/comm"), "nginx\n");
  CHECK_EQ(probe->read("/proc/7/absent"), std::nullopt);
  CHECK_EQ(probe->list("/proc/7"), std::vector<std::string>{"comm", "link"});
  CHECK(probe->list("/proc/8").empty());
  CHECK_EQ(probe->link("/proc/7/link"), "socket:[9]");
  CHECK_EQ(probe->presence("/proc/7"), Presence::kReadable);
  CHECK_EQ(probe->presence("/proc/8"), Presence::kAbsent);
  CHECK_GT(probe->disk_free("/not/there/yet").value(), 0);
  CHECK_EQ(probe->tsm_provider("/no/tree"), std::nullopt);
}

TEST_CASE("the real probe asks programs, limits, clock and ports") {
  const auto probe = make_real_machine_probe();
  CHECK_EQ(probe->output_of({"echo", "hello"}), "hello\n");
  CHECK_EQ(probe->output_of({"false"}), std::nullopt);
  CHECK_EQ(probe->output_of({"no-such-program-of-ours"}), std::nullopt);
  CHECK_GT(probe->open_file_limits().soft, 0);
  CHECK_EQ(probe->find_program("sh").value().filename(), "sh");
  (void)probe->clock();

  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  REQUIRE_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
  REQUIRE_EQ(::listen(listener, 1), 0);
  REQUIRE_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size), 0);
  CHECK_FALSE(probe->is_port_free(ntohs(at.sin_port)));
  ::close(listener);
  CHECK(probe->is_port_free(ntohs(at.sin_port)));
}
