# What one does with Parley. GNU make 3.81 or newer, which is what macOS has.

PYTHON ?= python3
SECONDS ?= 60
SEED ?=
ROUNDS ?= 1
VENV := .venv
BIN := $(VENV)/bin
PEERS := benchmarks/.venv/requirements.stamp benchmarks/node_modules/.stamp
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(LOCKFLAGS) setup.cfg

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # test: in the order in which it is written
.PHONY: help run dev check test chaos bench bench-quick bench-networks lock clean system peers

help: ## List these
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/requirements.stamp ## Serve on PORT (8000); the other settings pass through too
	$(BIN)/python app.py

dev: system $(VENV)/requirements.stamp ## Serve from two instances over a Redis, behind haproxy
	$(BIN)/python scripts/dev.py

# node, from PyPI, is given names, not the folder: versions disagree on what a folder means.
check: $(VENV)/requirements-dev.stamp ## Lint, types, import order and the fast tests: under 20 s
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/unit tests/contract --ignore=tests/contract/test_redis.py
	$(BIN)/node --test --test-reporter=spec tests/js/*.test.js

test: system check ## Set everything up, check, then the tests on real sockets, Redis and browser
	$(BIN)/pytest -q tests/contract/test_redis.py tests/integration tests/faults tests/chaos \
	  tests/browser

chaos: system $(VENV)/requirements-dev.stamp ## Faults at random under load: SECONDS (60), SEED
	$(BIN)/python -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

bench: peers $(VENV)/requirements-dev.stamp $(PEERS) ## How fast: ours beside theirs; ROUNDS (1)
	$(BIN)/python -m benchmarks.load --rounds $(ROUNDS)

bench-quick: system $(VENV)/requirements-dev.stamp ## How fast: ours alone, in a minute
	$(BIN)/python -m benchmarks.load --quick

bench-networks: system $(VENV)/requirements-dev.stamp $(PEERS) ## Bad networks: ours beside theirs
	$(BIN)/python -m benchmarks.networks

lock: $(BIN)/python ## Remake requirements*.txt; newer versions: make lock LOCKFLAGS=--upgrade
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) --output-file requirements.txt
	$(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	@rm -rf parley.egg-info # uv asks setuptools what setup.cfg says, which leaves this

clean: ## Remove what was made, but not data/
	rm -rf $(VENV) benchmarks/.venv benchmarks/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

system:
	@PYTHON='$(PYTHON)' scripts/install-system-packages

peers: # what tests need, and what benchmarks compare with
	@PYTHON='$(PYTHON)' scripts/install-system-packages peers

# A stamp is younger than the file that it says is installed.
$(VENV)/%.stamp: %.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# What benchmarks compare with is pinned, installed apart and never committed.
benchmarks/.venv/requirements.stamp: benchmarks/requirements.txt
	@$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# npm starts the node that is on the path.
benchmarks/node_modules/.stamp: benchmarks/package-lock.json
	cd benchmarks && PATH="$(abspath $(BIN)):$$PATH" npm ci --no-audit --no-fund
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 \
	  "Parley needs Python 3.11 or newer, and $(PYTHON) is not. Name one: make PYTHON=python3.12 …"; \
	  exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); echo >&2 \
	  "$(PYTHON) can't make a virtual environment. On Debian: apt-get install python3-venv"; \
	  exit 1; }
