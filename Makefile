# Every command of the project: `make` lists them.
SHELL := /bin/bash
SWIFT_BUILD := swift build -c release
FORMATTED := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources
# Histories of each mode that `make test` runs: about a minute on two cores.
TESTED_SEEDS := 4000

CORE_BENCHMARK := Benchmarks/.build/release/CoreBenchmark
MEASURE := .build-tools/bench/bin/python -B Benchmarks/peers/measure.py

.PHONY: help setup build demo test simulate simulate-mutants crash bench bench-quick bench-core bench-peers lint format

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install what building needs
	@scripts/setup build

build: setup ## build the release binary: .build/release/wxrelay
	$(SWIFT_BUILD) --product wxrelay

demo: build ## show requests and replies passing, with nothing installed
	.build/release/wxrelay demo

test: ## run every test: unit, simulation, broker, end to end, cost
	@scripts/setup test
	$(SWIFT_BUILD)
	$(SWIFT_BUILD) --build-tests
	.build/release/RelaySimulation --seeds $(TESTED_SEEDS)
	.build/release/CrashTest --short
	scripts/simulate-twice
	@$(MAKE) --silent bench-quick
	swift test -c release --skip-build

simulate: ## random histories of the core: SEEDS=10000, or SEED=17 to tell one; MODE=swarm|calm|liveness
	$(SWIFT_BUILD) --product RelaySimulation
	.build/release/RelaySimulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000)) $(if $(MODE),--mode $(MODE))

simulate-mutants: ## prove that the simulation finds bugs: each patch of Tests/RelaySimulation/Mutants
	scripts/simulate-mutants

bench: bench-core bench-peers ## measure everything, beside the limit and other relays: a quarter of an hour; ROUNDS=5 to publish
	@scripts/setup count
	$(CORE_BENCHMARK) codecs
	$(MEASURE) --rounds $(or $(ROUNDS),1) --scenario all --json .build/bench/results.json

bench-quick: bench-core bench-peers ## the gate: the cost of the core, CPU beside the limit, own allocations; a minute once it is built
	$(MEASURE) --rounds 3 --scenario A -n 20000 --relay limit --relay wxrelay --relay wxrelay-counted \
		--at-most wxrelay:A:3 --allocations-at-most wxrelay-counted:A:1

bench-core: setup ## check that the core's cost for an event does not depend on what it holds
	cd Benchmarks && $(SWIFT_BUILD) --product CoreBenchmark
	$(CORE_BENCHMARK) machine --rounds 7 --at-most 2

bench-peers: build
	@scripts/setup bench
	@$(MAKE) --silent -C Benchmarks/peers

crash: ## kill and stop relays and brokers for minutes, then check the topics: SEED=17, BROKERS=host:port
	@scripts/setup test
	$(SWIFT_BUILD) --product wxrelay
	$(SWIFT_BUILD) --product CrashTest
	.build/release/CrashTest $(if $(SEED),--seed $(SEED)) $(if $(BROKERS),--brokers $(BROKERS))

lint: ## check format, docs and shell scripts
	@scripts/setup test
	swift format lint -s -r -p $(FORMATTED)
	shellcheck scripts/* .ci/run

format: ## format the sources
	swift format -i -r -p $(FORMATTED)
