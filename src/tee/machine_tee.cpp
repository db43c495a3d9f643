// Confidential computing: TDX, SEV-SNP, and NVIDIA's GPUs.

#include <algorithm>

#include "tee/machine_checks.h"

namespace cocoon::tee {
namespace {

constexpr KernelVersion kConfigfsTsm{6, 7};  // quotes through configfs-tsm
constexpr KernelVersion kTdxHost{6, 16};     // KVM starts trust domains
constexpr const char* kTdxProvider = "tdx_guest";
constexpr const char* kSevProvider = "sev_guest";

bool is_on(const std::optional<std::string>& parameter) {
  if (!parameter) return false;
  const std::string_view value = trimmed(*parameter);
  return value == "Y" || value == "1";
}

std::string provider(MachineProbe& probe, const std::filesystem::path& tsm) {
  return std::string(trimmed(probe.tsm_provider(tsm).value_or("")));
}

Check for_worker(Check check) {
  check.roles = {MachineRole::kWorker};
  return check;
}

// Whether a PCI device is a display controller of NVIDIA's: class 03xxxx of vendor 10de.
bool is_nvidia_gpu(MachineProbe& probe, const std::filesystem::path& device) {
  return trimmed(probe.read(device / "vendor").value_or("")) == "0x10de" &&
         trimmed(probe.read(device / "class").value_or("")).starts_with("0x03");
}

std::string count_of(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

Check gpu_mode(MachineProbe& probe, bool is_in_tdx_guest) {
  const auto said = probe.output_of({"nvidia-smi", "conf-compute", "-f"});
  Check check{.id = "gpu-confidential", .state = CheckState::kNote};
  if (!said) {
    check.text = "nvidia-smi does not say whether the GPUs are in confidential mode";
    check.command = "nvidia-smi conf-compute -f";
    return check;
  }
  const std::string_view mode = value_of(*said, "CC status");
  if (mode == "ON") {
    check.state = CheckState::kOk;
    check.text = "the GPUs are in confidential mode";
    return check;
  }
  check.text = "the GPUs are not in confidential mode, so the host can read what they compute";
  check.command =
      "nvidia_gpu_tools.py --set-cc-mode=on --reset-after-cc-mode-switch  # on the host";
  if (is_in_tdx_guest) {
    check.state = CheckState::kMend;
    return for_worker(std::move(check));
  }
  return check;
}

}  // namespace

Check check_tdx_guest(MachineProbe& probe, const MachineBasics& basics,
                      const std::filesystem::path& tsm) {
  if (!basics.has_flag("tdx_guest")) {
    return {.id = "tdx-guest",
            .state = CheckState::kNote,
            .text = "this is no TDX guest: the processor does not show tdx_guest"};
  }
  Check mend{.id = "tdx-guest", .state = CheckState::kMend};
  if (!basics.is_at_least(kConfigfsTsm)) {
    mend.text = "this TDX guest's kernel " + basics.kernel_release +
                " has no configfs-tsm; Linux 6.7 or later has";
    mend.command = "apt-get install -t bookworm-backports linux-image-amd64";
    return for_worker(std::move(mend));
  }
  if (probe.presence("/dev/tdx_guest") == Presence::kAbsent) {
    mend.text = "this is a TDX guest, but its driver is not loaded: /dev/tdx_guest is absent";
    mend.command = "modprobe tdx_guest";
    return for_worker(std::move(mend));
  }
  if (probe.presence(tsm) == Presence::kAbsent) {
    mend.text = "this is a TDX guest, but " + tsm.string() + " is absent";
    mend.command = "modprobe tsm ; mount -t configfs none /sys/kernel/config";
    return for_worker(std::move(mend));
  }
  const std::string answering = provider(probe, tsm);
  if (answering == kTdxProvider) {
    return {.id = "tdx-guest",
            .state = CheckState::kOk,
            .text = "this is a TDX guest, and the kernel offers quotes (configfs-tsm)"};
  }
  if (answering.empty()) {
    mend.text = "this is a TDX guest, but no quote can be asked for; only root may ask";
    mend.command = "sudo cocoon doctor";
  } else {
    mend.text = "this is a TDX guest, but configfs-tsm's provider is " + answering;
    mend.command = "modprobe tdx_guest";
  }
  return for_worker(std::move(mend));
}

Check check_tdx_host(MachineProbe& probe, const MachineBasics& basics) {
  Check check{.id = "tdx-host", .state = CheckState::kNote};
  const auto parameter = probe.read("/sys/module/kvm_intel/parameters/tdx");
  if (is_on(parameter)) {
    check.state = CheckState::kOk;
    check.text = "this is a TDX host: it can start trust domains for workers";
  } else if (basics.has_flag("tdx_host_platform")) {
    check.state = CheckState::kMend;  // names no role: a host is none of ours
    check.text = "this machine's firmware offers TDX, but KVM does not use it";
    check.command =
        "echo 'options kvm_intel tdx=1' > /etc/modprobe.d/cocoon-tdx.conf ; modprobe -r kvm_intel "
        "; "
        "modprobe kvm_intel";
  } else if (basics.processor_vendor != "GenuineIntel" || basics.has_flag("hypervisor")) {
    check.text = "this is no TDX host: that takes an Intel server itself, not a guest on one";
  } else if (!basics.is_at_least(kTdxHost)) {
    check.text =
        "this is no TDX host: that takes Linux 6.16 or later, and this is " + basics.kernel_release;
  } else {
    check.text =
        "this is no TDX host: its firmware does not offer TDX; Xeons of the fourth "
        "generation and later may, once it is enabled there";
  }
  return check;
}

Check check_sev_guest(MachineProbe& probe, const std::filesystem::path& tsm) {
  const bool is_guest =
      probe.presence("/dev/sev-guest") != Presence::kAbsent ||
      (probe.presence(tsm) != Presence::kAbsent && provider(probe, tsm) == kSevProvider);
  return {.id = "sev-guest",
          .state = CheckState::kNote,
          .text = is_guest ? "this is an SEV-SNP guest; workers of this version need Intel TDX"
                           : "this is no SEV-SNP guest"};
}

Check check_sev_host(MachineProbe& probe, const MachineBasics& basics) {
  Check check{.id = "sev-host", .state = CheckState::kNote};
  if (is_on(probe.read("/sys/module/kvm_amd/parameters/sev_snp"))) {
    check.text = "this is an SEV-SNP host; workers of this version need Intel TDX";
  } else if (basics.has_flag("sev_snp") && !basics.has_flag("hypervisor")) {
    check.text =
        "this processor can be an SEV-SNP host, but KVM does not use it; workers of this "
        "version need Intel TDX";
  } else {
    check.text = "this is no SEV-SNP host";
  }
  return check;
}

// One check without GPUs, two with.
std::vector<Check> check_gpus(MachineProbe& probe, const MachineBasics& basics) {
  const std::filesystem::path pci = "/sys/bus/pci/devices";
  std::size_t on_bus = 0;
  for (const std::string& device : probe.list(pci)) on_bus += is_nvidia_gpu(probe, pci / device);
  const std::filesystem::path driver = "/proc/driver/nvidia/gpus";
  const std::vector<std::string> driven = probe.list(driver);
  if (on_bus == 0 && driven.empty()) {
    return {{.id = "gpu",
             .state = CheckState::kNote,
             .text = "there is no NVIDIA GPU: the engine computes on the processor"}};
  }
  const bool is_in_tdx_guest = basics.has_flag("tdx_guest");
  if (driven.empty()) {
    return {for_worker({.id = "gpu",
                        .state = CheckState::kMend,
                        .text = count_of(on_bus, "NVIDIA GPU") + " on the PCI bus, but no driver",
                        .command = "apt-get install nvidia-open  # from NVIDIA's repository"}),
            {.id = "gpu-confidential",
             .state = CheckState::kNote,
             .text = "the GPUs' mode cannot be asked without their driver"}};
  }
  const std::string about = probe.read(driver / driven.front() / "information").value_or("");
  return {{.id = "gpu",
           .state = CheckState::kOk,
           .text = count_of(driven.size(), "NVIDIA GPU") + ": " +
                   std::string(value_of(about, "Model")) +
                   "; the engine that comes with us computes on the processor, so name a CUDA "
                   "build of llama-server in [engine]"},
          gpu_mode(probe, is_in_tdx_guest)};
}

}  // namespace cocoon::tee
