# Kefu. `make run` and `make test` are all a fresh Debian 12 machine needs; `make help` lists the rest.

PY := .venv/bin/python
CODE := contracts chassis services gateway kefu
SYSTEMS ?=
SCENARIOS ?=

# A platform is a dozen processes and the tests start hundreds: none of them compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv run demo test test-fast clauses faults soak bench audit lint fmt lock golden clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1mmake %-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv:  ## Make the virtual environment from the locked requirements
	@scripts/setup venv

run:  ## Set up what is missing and start the whole platform; ctrl-C stops it
	@scripts/setup run && exec .venv/bin/kefu up

demo:  ## Play the demonstration companies' cases on a platform of its own; `kefu demo` plays them on the running one
	@scripts/setup run && exec .venv/bin/kefu demo --private

test:  ## Set up what is missing and run all tests
	@scripts/setup test && scripts/test

test-fast:  ## Run the tests that start no platform
	@scripts/setup test && scripts/test unit contract

clauses:  ## Show which clauses have a passing test: make clauses SYSTEMS="AD PC RF"
	@scripts/setup test && $(PY) -m pytest -q -m clause --clauses "$(or $(SYSTEMS),all)" tests

faults:  ## Break real processes under load and count what is left
	@scripts/setup test && KEFU_FAULTS_LEVEL=whole scripts/test faults

soak:  ## Break everything under at least 10,000 writes a fault (hours)
	@scripts/setup test && KEFU_FAULTS_LEVEL=soak scripts/test faults

bench:  ## Measure speed, growth and memory: make bench SCENARIOS="compare day neighbour drain growth peers"
	@scripts/setup test && $(PY) -m tests.load.bench $(SCENARIOS)

audit:  ## Look for known vulnerabilities, list licences, write an SBOM into var/audit/
	@scripts/setup venv && scripts/audit

lint:  ## Check style, types, import rules and declared requirements
	@scripts/setup test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	.venv/bin/deptry .

fmt:  ## Put all code into the one format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lock:  ## Write the locks anew from requirements/*.in (UPGRADE=1: newest releases)
	@scripts/lock $(if $(UPGRADE),--upgrade)

golden:  ## Rewrite the published schemas and the packs' reference after a wanted, widening change
	$(PY) -m contracts.golden
	$(PY) -m contracts.policies.reference

clean:  ## Remove what the set-up and the tests made; var/ with its data stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
