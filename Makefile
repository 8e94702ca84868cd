# Every task a person needs. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export DO_NOT_TRACK := 1
# The tests start hundreds of Pythons: each finds what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

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
test: setup dbt-setup ## format, lint, types, tests, documents, requirements.txt: in three minutes
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(MAKE) --no-print-directory check-requirements
	@$(MAKE) --no-print-directory --jobs=2 test-here test-beside

.PHONY: test-all
test-all: ## everything CI runs: the same with the slow tests (in a browser, on PostgreSQL, in a fresh clone)
	@TEST_PROFILE=all $(MAKE) --no-print-directory test

.PHONY: test-here
test-here:
	@$(RUN) pytest -n auto --dist worksteal

# While the tests run, in what they leave idle; what it says comes at its end, not in the middle of theirs.
.PHONY: test-beside
test-beside:
	@said=$$(mktemp); trap 'cat $$said; rm $$said' EXIT; $(MAKE) --no-print-directory test-types test-dbt > $$said 2>&1

# Pyright finds more, and takes a minute: `make test-long` runs it.
.PHONY: test-types
test-types: dbt-setup ## strict types, in seconds
	@$(RUN) pyrefly check --min-severity warn
	@$(RUN) pyrefly check --min-severity warn --config dbt/pyproject.toml

# dbt's pins and those of Fivetran's SDK exclude each other: the package has an environment of its own, in dbt/.venv.
DBT = cd dbt && env -u VIRTUAL_ENV $(abspath $(UV))

.PHONY: dbt-setup
dbt-setup: setup
	@test -x dbt/.venv/bin/dbt || echo "Installing dbt and its adapters into dbt/.venv; this takes a moment."
	@$(DBT) sync --locked --quiet

# In one process, which parses the package once for all that it builds.
.PHONY: test-dbt
test-dbt: dbt-setup ## the dbt package; in test-all also on PostgreSQL, and as it is written for other warehouses
	@$(DBT) run --locked --quiet pytest

.PHONY: test-long
test-long: setup dbt-setup ## the tests in their long profile: more examples, more kills, coverage; types with pyright; the connector on newer Pythons
	@$(RUN) pyright --warnings
	@$(RUN) pyright --warnings -p dbt
	@TEST_PROFILE=long $(RUN) pytest -n auto --cov --cov-report=term
	@export TEST_PROFILE=long; $(DBT) run --locked --quiet pytest -n auto --dist loadfile
	@$(MAKE) --no-print-directory test-newer

# Fivetran runs a connector on its newest Python unless told otherwise. Every warning is an error here, deprecations too.
.PHONY: test-newer
test-newer:
	@for version in 3.13 3.14; do \
		if $(UV) python find --quiet --no-python-downloads $$version >/dev/null 2>&1; then \
			$(UV) run --locked --quiet --isolated --no-python-downloads --python $$version pytest -n auto tests/connector; \
		else \
			echo "There is no Python $$version here, so the connector was not tested on it."; \
		fi; \
	done

.PHONY: bench
bench: setup ## the figures, into benchmarks/RESULTS.md
	@$(RUN) python benchmarks/run.py

.PHONY: format
format: setup ## formats the code and repairs what lint can repair
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

# Everything is pinned, also what our dependencies bring along, so that two deploys install the same. Fivetran's check calls
# the latter "not needed" and does nothing about it; it compares names letter by letter, and knows two packages by what is
# imported: pydantic_core and pydantic_settings. httpx2-jsfetch is for browsers.
EXPORT = $(UV) export --locked --quiet --format requirements-txt --no-default-groups --no-emit-project --no-hashes --no-annotate --no-header --prune httpx2-jsfetch | sed s/^pydantic-/pydantic_/

.PHONY: requirements
requirements: setup ## exports connector/requirements.txt from uv.lock
	@exported=$$($(EXPORT)) && echo "$$exported" > connector/requirements.txt

.PHONY: check-requirements
check-requirements: setup
	@diff <($(EXPORT)) connector/requirements.txt || { echo "connector/requirements.txt is not what uv.lock exports: run make requirements" >&2; exit 1; }

.PHONY: audit
audit: setup ## looks the dependencies up among known vulnerabilities (needs a network)
	@$(UV) export --locked --quiet --format requirements-txt --no-default-groups --no-emit-project | $(UV) tool run --quiet pip-audit --disable-pip --require-hashes -r /dev/stdin
