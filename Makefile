# make demo   a rebalanced table and its report, on this machine
# make check  formatter, linter, types, import directions
# make test   every test, doctests included
# make clean  remove what these leave behind (not the environment in .venv)

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo check test clean java

# The newest Python the pinned environment supports comes first.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
STAMP := .venv/.installed

help:
	@sed -n 's/^# //p' Makefile | head -4

demo: java $(STAMP)
	@$(BIN)/spark-smote demo

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: java $(STAMP)
	@# Files in the order of their folders, unit tests last: the shortest fill up the end.
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

clean:
	rm -rf demo_output benchmark_output spark-warehouse metastore_db artifacts derby.log build dist *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find spark_smote tests jobs -name __pycache__ -type d -prune -exec rm -rf {} +

# Build tools come from the same pinned list, hence no isolated build.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11, 3.12 or 3.13 found: install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv || { echo "error: cannot create .venv: install Python's venv module (Debian: apt-get install python3-venv)" >&2; rm -rf .venv; exit 1; }
	@echo "installing the pinned environment into .venv (some minutes the first time)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt setuptools
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e ".[dev]"
	@touch $@

java:
	@java="java"; if [ -n "$$JAVA_HOME" ]; then java="$$JAVA_HOME/bin/java"; fi; \
	major=$$("$$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1); \
	if [ "$${major:-0}" -lt 17 ]; then \
		if [ -n "$$major" ]; then found="found version $$major"; else found="found none"; fi; \
		echo "error: Spark needs Java 17 or later, $$found (JAVA_HOME=$${JAVA_HOME:-not set}): install a JDK or JRE (Debian: apt-get install default-jre-headless) or point JAVA_HOME at one" >&2; exit 1; \
	fi
