PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo serve test bench prove lint format lock clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED)  ## Fill .venv/ with Vitrine and everything it needs, as locked

$(INSTALLED): requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "Vitrine needs Python 3.11 to 3.13; name one with make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV) 2>/dev/null || { $(PYTHON) -m pip install --quiet --user virtualenv && \
	  $(PYTHON) -m virtualenv --quiet $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: install  ## Import, train and serve the demo shop on http://127.0.0.1:8000/demo/
	$(BIN)/vitrine demo

serve: install  ## Serve the shops in VITRINE_HOME (./var)
	$(BIN)/vitrine serve

test: install  ## Run every test: units, Redis, PostgreSQL, Spark, browser, notebooks
	$(BIN)/python -m tests.prepare
	$(BIN)/python -m pytest --numprocesses logical --dist worksteal

bench: install  ## Measure the service under load; results in build/bench/
	$(BIN)/python -m tests.benchmarks --to build/bench

prove: install  ## Run the long proofs, such as 10,000 visitors who want 500 codes at once
	$(BIN)/python -m tests.proofs

lint: install  ## Check style, types, and dependencies for known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.audit

format: install  ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## Resolve the dependencies anew; needs uv
	uv pip compile $(LOCK) --extra store --output-file requirements.lock pyproject.toml
	uv pip compile $(LOCK) --extra dev --output-file requirements-dev.lock pyproject.toml

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

clean:  ## Remove what make install and the tools made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
