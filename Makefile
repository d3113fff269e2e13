# Two commands do everything, set-up included: `make lab` and `make test`. Every step is repeatable.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PLATFORM ?= kvm
POSTGRES ?= 17
NODE := node --enable-source-maps
MOCHA := node_modules/.bin/mocha
TOOLCHAIN := $(NODE) dist/toolchain/cli.js
LAB := $(NODE) dist/lab/cli.js

.PHONY: help setup build check packages lab lab-down test test-lab test-vms benchmark clean

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

node_modules/.package-lock.json: package.json package-lock.json sdks/libvirt/package.json sdks/vsphere/package.json
	npm ci --no-audit --no-fund
	@touch $@

setup: node_modules/.package-lock.json

build: setup ## Compile everything
	@node_modules/.bin/tsc -b

check: build ## Types, lint and format
	@node_modules/.bin/eslint .
	@node_modules/.bin/prettier --check --log-level warn .

packages: build ## Install the Debian packages of the laboratory (root)
	@$(LAB) packages

lab: packages ## Bring up the laboratory, run the main job, print what was measured
	$(TOOLCHAIN) install --platform $(PLATFORM)
	$(if $(filter kubernetes,$(PLATFORM)),,$(LAB) images $(POSTGRES))
	$(LAB) run --platform $(PLATFORM) --postgres $(POSTGRES)

lab-down: build ## End the laboratory; nothing of it stays outside the cache
	$(LAB) down

test: check ## All tests that need no laboratory
	$(MOCHA) 'test/!(lab)/**/*.test.ts' 'test/*.test.ts'

test-lab: packages ## Tests on the real engine and real endpoints
	$(TOOLCHAIN) install --platform kvm
	$(TOOLCHAIN) install --platform vmware
	$(TOOLCHAIN) install --platform kubernetes
	$(LAB) images
	$(LAB) test $(SUITES)

test-vms: ## Tests on the lab's environment of virtual machines; half an hour or more where these are emulated
	@$(MAKE) test-lab SUITES=environment

benchmark: packages ## Measure what pgkeep costs; writes docs/performance.md
	$(TOOLCHAIN) install --platform $(PLATFORM)
	$(NODE) dist/benchmark/main.js

clean: ## Remove what was built here; caches stay
	rm -rf dist sdks/*/dist node_modules
