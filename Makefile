# Every command of the project: `make` lists them.
SHELL := /bin/bash
SWIFT_BUILD := swift build -c release
FORMATTED := Package.swift Sources Tests

.PHONY: help setup build demo test lint format

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install what building needs
	@scripts/setup build

build: setup ## build the release binary: .build/release/wxrelay
	$(SWIFT_BUILD) --product wxrelay

demo: build ## show requests and replies passing, with nothing installed
	.build/release/wxrelay demo

test: ## run every test: unit, broker, end to end
	@scripts/setup test
	$(SWIFT_BUILD)
	$(SWIFT_BUILD) --build-tests
	swift test -c release --skip-build

lint: ## check format, docs and shell scripts
	@scripts/setup test
	swift format lint -s -r -p $(FORMATTED)
	shellcheck scripts/setup scripts/broker .ci/run

format: ## format the sources
	swift format -i -r -p $(FORMATTED)
