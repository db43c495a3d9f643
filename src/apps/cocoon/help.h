#pragma once

// What --help says below the options.

namespace cocoon::apps {

inline constexpr const char* kCocoonHelp = R"(EXAMPLES
  cocoon demo                        one private answer, then everything is gone again
  cocoon up --workers 2 --proxies 2  a network that stays; then point an OpenAI SDK at http://127.0.0.1:10000/v1
  cocoon up --engine http://127.0.0.1:8080   the same around an engine that runs already
  cocoon status ; cocoon down
  cocoon doctor                      what this machine can be, and what to mend
  cocoon worker setup                three questions, then a worker's configuration
  cocoon worker run --config worker.toml
  cocoon proxy key identity.key      make a proxy's identity, and print what the registry lists of it
  cocoon attest inspect quote.bin

EXIT STATUS
  0 done, 1 failed (the reason is on standard error), 2 wrong usage.

ENVIRONMENT
  With --json a command prints one JSON object and nothing else. NO_COLOR turns colours off.)";

inline constexpr const char* kDoctorHelp = R"(DESCRIPTION
  Looks at processor, kernel, confidential computing (TDX, SEV-SNP), NVIDIA GPUs, memory, disk, clock, ports, limits,
  engine and model. Each finding is one line: fine, worth knowing, or to be mended with the command below it. Changes
  nothing. As root it sees more: whether quotes can be had, and who holds a port.

  ready        as it is
  mend         after what is marked
  development  (worker) with tdx-sim, on a development network only
  no           not on this machine

OUTPUT OF --json
  {"roles": {"client": {"verdict": "ready", "text": "can be a client"}, "proxy": {...}, "worker": {...}},
   "checks": [{"id": "clock", "state": "ok|note|mend", "text": "...", "command": "..."|null, "roles": ["client"]}]}

EXIT STATUS
  0 if this machine can be a client and a proxy, after mending included; 1 if not.)";

inline constexpr const char* kWorkerSetupHelp = R"(DESCRIPTION
  Writes the configuration of a worker. It needs three things: the owner's TON address, the model, and the registry
  file, whose proxies the worker then dials. On a terminal it asks for those that no flag gives; elsewhere it fails and
  names the flag. The address's checksum is checked, the model is hashed and must be one that the registry lists, and
  the file is read back as the worker will read it. A file that is there stays unless --yes, or your answer, says
  otherwise. The configuration's bytes go into the worker's evidence: all of it is public.

FILES
  /etc/cocoon/worker.toml   what cocoon-worker.service reads. With --config elsewhere, the worker's state goes to
                            worker-state beside the file.

OUTPUT OF --json
  {"config": PATH, "model": NAME, "model_hash": HEX, "proxies": ["HOST:PORT"], "next": COMMAND}

EXIT STATUS
  0 written; 1 failed; 2 an argument or a file that cannot be used, or an answer that nobody was there to give.

EXAMPLE
  cocoon worker setup --owner UQ... --model /srv/models/small.gguf --registry /etc/cocoon/registry.toml)";

inline constexpr const char* kProxyKeyHelp = R"(DESCRIPTION
  A proxy's identity is an Ed25519 key. This makes its key file, mode 0600, if there is none, and prints the public key:
  64 hexadecimal digits, which the registry lists as the proxy's key. A file that others may read is refused.

EXAMPLE
  sudo -u cocoon cocoon proxy key /var/lib/cocoon-proxy/identity.key)";

}  // namespace cocoon::apps
