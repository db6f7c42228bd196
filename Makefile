# The commands of this repository, the same for a person and for CI.
PYTHON ?= python3
BIN := .venv/bin
TESTS := $(BIN)/pytest -q

.DEFAULT_GOAL := help
.PHONY: help demo test setup lint types unit python313 bench soak lock clean

help: ## these lines
	@sed -n 's/^\([a-z0-9]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: ## a whole station with a simulated world; options: make demo ARGS="--once"
	@$(PYTHON) tools/setup.py demo
	@$(BIN)/specimen-edge demo $(ARGS)

test: setup lint types unit python313 ## format, lint, types, imports and all tests but soak

setup:
	@$(PYTHON) tools/setup.py test

lint: setup ## format, lint and import contracts
	$(BIN)/ruff format --check --no-cache .
	$(BIN)/ruff check --no-cache .
	$(BIN)/lint-imports --no-cache

types: setup
	$(BIN)/mypy

unit: setup
	$(TESTS) -n 2 --dist worksteal -m "not slow and not soak"
	$(TESTS) -n 2 --dist loadfile -m "slow and not soak" || [ $$? -eq 5 ]

python313: setup
	@PYTHON="$(PYTHON)" sh tools/test-python313

bench: setup ## measured figures of this machine
	@set -e; for file in tests/bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file; done

soak: ## long runs: random kills, hours of load, clusters of brokers
	@$(PYTHON) tools/setup.py soak
	$(TESTS) --hypothesis-profile search -m "not slow and not soak" tests/core tests/wire tests/flows
	$(TESTS) -m soak

lock: setup ## resolve the locks anew
	sh tools/lock

clean: ## remove what make and the tools made
	rm -rf .venv .venv-3.13 .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
