# Every task a person needs. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export DO_NOT_TRACK := 1

# uv from the path, else one of our own, from PyPI.
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --locked --quiet

.PHONY: help
help: ## lists the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.tools/bin/uv:
	@echo "There is no uv here: installing it into .tools, from PyPI."
	@python3 -m venv .tools
	@.tools/bin/python -m pip install -qq --disable-pip-version-check uv

.PHONY: setup
setup: $(filter .tools/bin/uv,$(UV)) ## installs everything into .venv
	@test -x .venv/bin/pytest || echo "Installing the project with everything that its tests need into .venv; this takes a moment."
	@$(UV) sync --locked --quiet

# Without the tools of the tests, which are half of everything; but what is there already stays.
.PHONY: demo
demo: export UV_NO_SYNC = 1
demo: $(filter .tools/bin/uv,$(UV)) ## a first and an incremental sync of a simulated workspace, with figures
	@test -x .venv/bin/attio-sync || echo "Installing what the demo needs into .venv; this takes a moment."
	@$(UV) sync --locked --quiet --inexact --no-default-groups --group demo
	@$(RUN) attio-sync demo

.PHONY: test
test: setup ## everything CI runs: format, lint, types, tests with coverage, documents, requirements.txt
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) pyright --warnings
	@$(MAKE) --no-print-directory check-requirements
	@$(RUN) pytest -n auto --cov --cov-report=term

.PHONY: test-long
test-long: setup ## the tests in their long profile: more examples, more kills
	@ATTIO_TEST_PROFILE=long $(RUN) pytest -n auto

.PHONY: bench
bench: setup ## the figures, into benchmarks/RESULTS.md
	@$(RUN) python benchmarks/run.py

.PHONY: format
format: setup ## formats the code and repairs what lint can repair
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

# Fivetran's check calls what is not imported directly "not needed", so what our dependencies bring along is pruned.
# It also compares names letter by letter, and knows this one package by what is imported: pydantic_settings.
PRUNED = annotated-types h11 httpcore2 httpx2-jsfetch idna pydantic-core python-dotenv tenacity truststore typing-extensions typing-inspection
EXPORT = $(UV) export --locked --quiet --format requirements-txt --no-default-groups --no-emit-project --no-hashes --no-annotate --no-header $(PRUNED:%=--prune %) | sed s/^pydantic-settings=/pydantic_settings=/

.PHONY: requirements
requirements: setup ## exports connector/requirements.txt from uv.lock
	@exported=$$($(EXPORT)) && echo "$$exported" > connector/requirements.txt

.PHONY: check-requirements
check-requirements: setup
	@diff <($(EXPORT)) connector/requirements.txt || { echo "connector/requirements.txt is not what uv.lock exports: run make requirements" >&2; exit 1; }

.PHONY: audit
audit: setup ## looks the dependencies up among known vulnerabilities (needs a network)
	@$(UV) export --locked --quiet --format requirements-txt --no-default-groups --no-emit-project | $(UV) tool run --quiet pip-audit --disable-pip --require-hashes -r /dev/stdin
