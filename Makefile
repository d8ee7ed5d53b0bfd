# Every command of the project: `make` lists them.
SHELL := /bin/bash
SWIFT_BUILD := swift build -c release
FORMATTED := Package.swift Sources Tests
# Histories of each mode that `make test` runs: about a minute on two cores.
TESTED_SEEDS := 4000

.PHONY: help setup build demo test simulate simulate-mutants crash lint format

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install what building needs
	@scripts/setup build

build: setup ## build the release binary: .build/release/wxrelay
	$(SWIFT_BUILD) --product wxrelay

demo: build ## show requests and replies passing, with nothing installed
	.build/release/wxrelay demo

test: ## run every test: unit, simulation, broker, end to end
	@scripts/setup test
	$(SWIFT_BUILD)
	$(SWIFT_BUILD) --build-tests
	.build/release/RelaySimulation --seeds $(TESTED_SEEDS)
	.build/release/CrashTest --short
	scripts/simulate-twice
	swift test -c release --skip-build

simulate: ## random histories of the core: SEEDS=10000, or SEED=17 to tell one; MODE=swarm|calm|liveness
	$(SWIFT_BUILD) --product RelaySimulation
	.build/release/RelaySimulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000)) $(if $(MODE),--mode $(MODE))

simulate-mutants: ## prove that the simulation finds bugs: each patch of Tests/RelaySimulation/Mutants
	scripts/simulate-mutants

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
