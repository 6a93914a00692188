# Two commands to know: `make up` runs the whole pipeline on this machine, `make test` tests it.
# Every target installs what it needs (see Scripts/setup), and says so.

.PHONY: help up build test test-swift test-pages test-contract test-faults test-sdk test-sanitized fuzz bench docs format lint clean
MAKEFLAGS += --no-print-directory

# Flags for the debug build and its tests: CI adds -Xswiftc -warnings-as-errors.
SWIFT_FLAGS ?=
FUZZ_SECONDS ?= 3600
FORMATTED := $(wildcard Package.swift Sources Tests Benchmarks Fuzz)

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

# The programs are started with `exec`, so that Ctrl-C and their exit status are theirs.
up: ## run ClickHouse, the broker, the API and the consumer until Ctrl-C; the data stays in DATA_DIR
	@Scripts/setup build web clickhouse
	@echo "make up: building in release (a few minutes the first time)"
	@Scripts/build
	@exec Scripts/up

build: ## build the program in release
	@Scripts/setup build web
	@exec Scripts/build

test: test-swift test-pages test-contract test-sdk ## run the Swift tests, the pages', the contract tests from outside, and the Python client's

test-swift: ## run the Swift tests: units, golden bytes, real servers
	@Scripts/setup build web test
	@echo "make test: building and running the Swift tests"
	@swift build --build-tests $(SWIFT_FLAGS)
	@Scripts/test-swift -- $(SWIFT_FLAGS)

test-pages: ## run the tests of what the pages compute
	@Scripts/setup build web test
	@node --test Tests/Dashboard/*.test.mjs

test-contract: ## run the whole pipeline in release and check its HTTP contract and its guarantees
	@Scripts/setup build web test
	@echo "make test: building in release, and running the contract tests"
	@Scripts/build
	@swift build --product EventClientExample $(SWIFT_FLAGS)
	@exec .build/venv/bin/python -m unittest discover --start-directory Tests/Contract --top-level-directory Tests/Contract

test-faults: ## kill each process FAULT_KILLS times (once) under load, and compare what was acknowledged with what is stored
	@Scripts/setup build web test
	@Scripts/build
	@exec .build/venv/bin/python -W ignore -m unittest discover --start-directory Tests/Faults --top-level-directory Tests/Faults

test-sdk: ## run the tests of the Python client against the running pipeline
	@Scripts/setup build web test
	@echo "make test: building in release, and running the Python client's tests"
	@Scripts/build
	@exec .build/venv/bin/python -W ignore -m unittest discover --start-directory sdk/python/tests --top-level-directory sdk/python/tests

test-sanitized: ## run the floor's tests under the thread and the address sanitizer
	@Scripts/setup build web test
	@exec Scripts/test-sanitized

fuzz: ## feed the parsers mutated input, each for FUZZ_SECONDS (an hour)
	@Scripts/setup build
	@Scripts/fuzz $(FUZZ_SECONDS)

bench: ## run the benchmark against API_BASE_URL (a running `make up`)
	@Scripts/setup build bench
	@echo "make bench: building the benchmark in release"
	@Scripts/build benchmark
	@exec .build/release/benchmark

docs: ## build the documentation of the libraries into .build/docs; a broken link is an error
	@Scripts/setup build
	@echo "make docs: building the libraries and their documentation"
	@swift build $(SWIFT_FLAGS)
	@Scripts/docs

format: ## format the sources in place
	@echo "make format: formatting the sources"
	@swift format --in-place --parallel --recursive $(FORMATTED)

lint: ## check the format, as CI does
	@swift format lint --strict --parallel --recursive $(FORMATTED)

clean: ## remove what was built and installed in .build; DATA_DIR stays
	@echo "make clean: removing .build (the data stays)"
	@rm -rf .build
