# Thin: each target calls one tool. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash
JOBS ?= $(shell nproc)

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## everything on one machine: one real answer, sealed end to end
	@tools/demo

.PHONY: build
build: ## the programs, into build/bin
	@tools/bootstrap demo
	@tools/build release

.PHONY: install
install: ## programs, units, docs into PREFIX (/usr/local), below DESTDIR if that is set
	@tools/package install

.PHONY: deb
deb: ## Debian packages cocoon and cocoon-worker, into build/packages
	@tools/package deb

.PHONY: test
test: ## every test there is
	@tools/test

.PHONY: unit
unit: ## unit tests in the quick development build
	@tools/test unit

.PHONY: asan
asan: ## unit tests and corpora under the address and undefined-behaviour sanitizers
	@tools/test asan

.PHONY: tsan
tsan: ## unit tests under the thread sanitizer
	@tools/test tsan

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZ_SECONDS (60)
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-60} tools/test fuzz

.PHONY: sim
sim: ## the whole network under faults from SIM_SEEDS (300) seeds; SEED=N replays one
	@tools/sim

.PHONY: e2e
e2e: ## the programs against each other and against the official SDKs
	@tools/test e2e

.PHONY: soak
soak: ## long campaigns of tests/soak, each for SOAK_MINUTES
	@tools/soak

.PHONY: bench
bench: ## the figures of docs/benchmarks.md, afresh
	@tools/bootstrap bench
	@tools/build release programs
	@tools/devnet install
	@tests/oracles/attest/build_crate >/dev/null || true
	@build/bin/cocoon bench

.PHONY: layers
layers: ## includes and links against tools/layers.toml, forbidden symbols, a verifier without I/O, size of the trusted base
	@tools/check_layers.py
	@tools/check_symbols.py --if-built
	@tools/check_sans_io.py --if-built
	@tools/tcb_lines.py

.PHONY: tidy
tidy: ## clang-tidy over the sources that ship; tools/tidy --all takes the tests too
	@tools/tidy

.PHONY: fmt
fmt: ## format every source in place
	@tools/format

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build build-*
