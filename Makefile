# Everything runs in .venv, which `make setup` makes from the locked requirements. A second run changes nothing.
PYTHON ?= python3
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
# Ready-made wheels alone, each checked by its hash; Spark alone is published as source, and is built with what is locked.
PIP := -m pip --disable-pip-version-check --no-input install -qq --no-build-isolation
LOCKED := $(PIP) --require-hashes --only-binary :all: --no-binary pyspark --requirement
HUZHU := $(PIP) --no-deps --editable .
# Last and apart: a browser keeps a core busy, and both workers may have one.
JOURNEYS := $(BIN)/python -m pytest -n $(WORKERS) --dist load -m browser tests/site/journeys

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check journeys pictures conformance faults bench fix

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.setup-done ## make .venv with what Huzhu needs to run, and Huzhu itself

demo: setup ## a made-up city of couriers, decided and reported; ends by itself
	$(BIN)/huzhu demo

test: $(VENV)/.test-done ## every test but the slow ones
	$(BIN)/python -m pytest -n $(WORKERS)
	HUZHU_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n $(WORKERS) tests/site
	$(JOURNEYS)

check: $(VENV)/.test-done ## lint, format, types and the order of packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	HUZHU_ENV=test $(BIN)/mypy
	$(BIN)/lint-imports

journeys: $(VENV)/.test-done ## through the site in a Chromium: scan to card, roster to members
	$(JOURNEYS)

pictures: $(VENV)/.test-done ## the pictures of docs/pages.md, taken on the demonstration's site
	$(BIN)/python -m tests.site.journeys.pictures

conformance: $(VENV)/.test-done ## a million random cases a decision on every engine: an hour or more
	$(BIN)/python -m pytest -n $(WORKERS) -m conformance

faults: $(VENV)/.test-done ## broken, hostile and oversized input
	$(BIN)/python -m pytest -n $(WORKERS) -m faults

bench: $(BENCH)/.bench-done ## speed and memory beside other engines, in .venv-bench
	$(BENCH)/bin/python -m bench

fix: $(VENV)/.test-done ## what ruff can repair by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.setup-done: requirements/setup.txt pyproject.toml | $(BIN)/python
	@echo 'Installing what Huzhu needs into $(VENV): about 250 MB to fetch, once.'
	@$(BIN)/python $(LOCKED) $<
	@$(BIN)/python $(HUZHU)
	@touch $@

$(VENV)/.test-done: requirements/test.txt $(VENV)/.setup-done
	@echo 'Installing what the tests need into $(VENV): about 500 MB to fetch, once; most of it is Spark.'
	@$(BIN)/python $(LOCKED) $<
	@touch $@

$(BENCH)/.bench-done: requirements/bench.txt pyproject.toml | $(BENCH)/bin/python
	@echo 'Installing Huzhu and its peers into $(BENCH): about 300 MB to fetch, once.'
	@$(BENCH)/bin/python $(LOCKED) $<
	@$(BENCH)/bin/python $(HUZHU)
	@touch $@

%/bin/python:
	@PYTHON='$(PYTHON)' requirements/venv $*
