# The tasks of Parley's developers. Needs GNU make 3.81 or newer; macOS has 3.81.

PYTHON ?= python3
SECONDS ?= 60
CLIENTS ?= 1000
MESSAGES ?= 10000
SEED ?=
ROUNDS ?= 1
VENV := .venv
BIN := $(VENV)/bin
FAST := tests/unit tests/benchmarks tests/contract --ignore=tests/contract/test_redis.py
# What these test never asks how long the machine has been up, as the core in setup.cfg and what does
# with files, pages, settings and the bytes of requests: check has tested all that they do.
TIMELESS := tests/benchmarks tests/contract/test_files.py tests/unit/accounts/test_identity.py \
	tests/unit/files tests/unit/http/test_request_reader.py tests/unit/i18n tests/unit/negotiation \
	tests/unit/protocol tests/unit/rooms tests/unit/sessions tests/unit/settings tests/unit/web \
	tests/unit/test_docs.py tests/unit/test_limits_table.py tests/unit/test_token_bucket.py
# One more than there are processors: some of them wait.
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
NODE_MODULES := tests/browser/node_modules/.stamp tests/sockjs/node_modules/.stamp
PEERS := benchmarks/.venv/requirements.stamp benchmarks/node_modules/.stamp
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(LOCKFLAGS) setup.cfg
# Prints what it found on stdout. It exits with 1 also where nobody can be asked, which is no reason
# to fail for check: one works offline, too.
AUDIT := $(BIN)/python -m pip_audit --strict --disable-pip --progress-spinner off

# Compiled modules are kept, whatever the environment says: a dozen processes of the tests import the
# same ones.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # the steps of test run in the written order
.PHONY: help run dev demo check screenshots test tools audit fuzz framing deploy-check chaos mirror rolling conformance bench bench-quick bench-networks bench-resources bench-accounts bench-search bench-uploads bench-page lighthouse \
	capacity capacity-probes lock release clean system peers lint all-tests

help: ## List these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/requirements.stamp ## Serve on PORT (8000); takes the other settings too
	$(BIN)/python app.py

dev: $(VENV)/requirements.stamp ## Serve from two instances with a Redis, behind haproxy
	@PYTHON='$(PYTHON)' scripts/install-system-packages dev
	$(BIN)/python scripts/dev.py

lint: $(VENV)/requirements-dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

# mypy and node work on one processor each, and for less long than the tests.
# node, from PyPI, gets file names, not the folder: versions disagree on the meaning of a folder.
check: lint ## Lint, types, imports and the fast tests: under a minute
	@scripts/at-once \
	  'umask 077 && TZ=Asia/Kathmandu LC_ALL=C $(BIN)/pytest -q -n $(WORKERS) $(FAST) --clock-start 0' \
	  '$(BIN)/mypy' \
	  '$(BIN)/node --test --test-reporter=spec tests/js/*.test.js tests/js/*/*.test.js'
	@if found=$$($(AUDIT) --timeout 5 -r requirements.txt 2>/dev/null); then \
	  echo 'Audited: nothing is known against requirements.txt.'; \
	elif [ -z "$$found" ]; then echo 'Not audited: no advisories can be had from here.'; \
	else echo "$$found"; exit 1; fi

audit: $(VENV)/requirements-dev.stamp ## Fail if a pinned version is known to be vulnerable
	$(AUDIT) -r requirements.txt -r requirements-dev.txt

fuzz: $(VENV)/requirements-dev.stamp ## Fuzz the wire and the API: SECONDS (60), SEED
	FUZZ_SECONDS=$(SECONDS) FUZZ_SEED=$(SEED) $(BIN)/pytest -q -s tests/security/fuzz

framing: system $(VENV)/requirements-dev.stamp ## Compare our reader with h11, nginx and haproxy
	$(BIN)/python -m tests.framing

# On two processors all of it takes as long as its processor time, if something always has work: the
# system's packages are installed beside Python's, and the fast tests run beside those that wait.
test: ## Install the tools, check, then run all tests, with sockets, Redis and browsers
	@PYTHON='$(PYTHON)' scripts/install-system-packages venv
	@PYTHON='$(PYTHON)' scripts/at-once '$(MAKE) lint $(NODE_MODULES)' scripts/install-system-packages
	@scripts/at-once '$(MAKE) all-tests' '$(MAKE) check WORKERS=0'
	$(BIN)/pytest -q -m alone tests/faults

# Two of the workers begin with tests that wait, and the fast ones, now on another clock, fill the gaps
# at the end: see tests/conftest.py.
all-tests:
	$(BIN)/pytest -q -n 6 --dist loadscope --no-loadscope-reorder -m 'not alone' tests \
	  $(TIMELESS:%=--ignore=%) --clock-start 1000000

tools: system $(VENV)/requirements-dev.stamp $(NODE_MODULES) ## Install everything that tests need

demo: $(VENV)/requirements.stamp ## Serve a chat full of people and messages, to look around
	$(BIN)/python scripts/demo.py

deploy-check: system $(VENV)/requirements-dev.stamp ## Test Procfile, Redis, nginx and browsers
	$(BIN)/pytest -q tests/browser/test_deploy.py

screenshots: system $(VENV)/requirements-dev.stamp ## Take pictures of pages to docs/images/: ONLY
	$(BIN)/python -m tests.browser.screenshots $(ONLY)

chaos: system $(VENV)/requirements-dev.stamp ## Cause random faults under load: SECONDS (60), SEED
	$(BIN)/python -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

mirror: system $(VENV)/requirements-dev.stamp ## Kill instances and NATS under load, then compare: MESSAGES (10000)
	$(BIN)/python -m tests.mirror --messages $(MESSAGES)

rolling: system $(VENV)/requirements-dev.stamp ## Do a rolling restart under load: CLIENTS (1000)
	$(BIN)/python -m tests.rolling --clients $(CLIENTS)

conformance: $(VENV)/requirements-dev.stamp ## Test WebSocket, event streams, SockJS and IRC by rules
	$(BIN)/python -m tests.conformance $(if $(WRITE),--write)

bench: peers $(VENV)/requirements-dev.stamp $(PEERS) ## Measure speed against peers; ROUNDS (1)
	$(BIN)/python -m benchmarks.load --rounds $(ROUNDS)

bench-quick: system $(VENV)/requirements-dev.stamp ## Measure only our own speed, in a minute
	$(BIN)/python -m benchmarks.load --quick

bench-networks: system $(VENV)/requirements-dev.stamp $(PEERS) ## Compare with peers on bad networks
	$(BIN)/python -m benchmarks.networks

bench-resources: $(VENV)/requirements-dev.stamp ## Measure the costs of each transport: 7 minutes
	$(BIN)/python -m benchmarks.resources

bench-accounts: system $(VENV)/requirements-dev.stamp ## Measure what 100,000 accounts cost: 3 minutes
	$(BIN)/python -m benchmarks.accounts

bench-search: $(VENV)/requirements-dev.stamp ## Measure searches among a million messages: 10 minutes
	$(BIN)/python -m benchmarks.search

bench-uploads: $(VENV)/requirements-dev.stamp ## Measure 50 large uploads at once: a minute
	$(BIN)/python -m benchmarks.uploads --clients 50 --mb 40

bench-page: peers $(VENV)/requirements-dev.stamp $(PEERS) ## Measure the first second of the page: 3 minutes
	$(BIN)/python -m benchmarks.page

lighthouse: system $(VENV)/requirements-dev.stamp $(PEERS) ## Score our pages by Lighthouse, as on a phone: 2 minutes
	$(BIN)/python -m benchmarks.page.lighthouse

capacity: $(VENV)/requirements-dev.stamp ## Fit docs/capacity.md to the results of make bench
	$(BIN)/python -m benchmarks.capacity

capacity-probes: system $(VENV)/requirements-dev.stamp ## The same, after measuring Redis: 3 minutes
	$(BIN)/python -m benchmarks.capacity --probe

lock: $(BIN)/python ## Write requirements*.txt; for newer versions LOCKFLAGS=--upgrade
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) --output-file requirements.txt
	$(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	@rm -rf parley.egg-info # uv reads setup.cfg with setuptools, which leaves this behind

release: ## Tag a clean commit as chat.__version__, if CHANGELOG.md has that version
	@scripts/release

clean: ## Remove all generated files, but not data/
	rm -rf $(VENV) benchmarks/.venv benchmarks/node_modules tests/*/node_modules
	rm -rf tests/conformance/.autobahn deploy/client/build deploy/client/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

system:
	@PYTHON='$(PYTHON)' scripts/install-system-packages

peers: # the programs that tests need, and those that benchmarks compare with
	@PYTHON='$(PYTHON)' scripts/install-system-packages peers

# A stamp that is younger than its file shows that the file's packages are installed.
# Python compiles what it imports: to compile all that is installed would take as long again.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes
$(VENV)/requirements.stamp: requirements.txt | $(BIN)/python
	$(INSTALL) -r $<
	@touch $@

# uv, of the version and hash in the same file, takes a fifth of pip's time for a hundred packages.
# It does not read pip's settings: where it finds no index, pip installs.
$(VENV)/requirements-dev.stamp: requirements-dev.txt | $(BIN)/python
	@sed -n '/^uv==/,/[^\\]$$/p' $< >$(VENV)/uv.txt
	{ $(INSTALL) -r $(VENV)/uv.txt && \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $<; } || $(INSTALL) -r $<
	@touch $@

# The peers of benchmarks are pinned, installed separately and never committed.
benchmarks/.venv/requirements.stamp: benchmarks/requirements.txt
	@$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# npm runs the node that is on the path.
%/node_modules/.stamp: %/package-lock.json | $(VENV)/requirements-dev.stamp
	cd $* && PATH="$(abspath $(BIN)):$$PATH" npm ci --no-audit --no-fund
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 \
	  "Parley needs Python 3.11 or newer, and $(PYTHON) is not. Name one: make PYTHON=python3.12 …"; \
	  exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); echo >&2 \
	  "$(PYTHON) can't make a virtual environment. On Debian: apt-get install python3-venv"; \
	  exit 1; }
