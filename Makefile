# Everything a person or a machine does with this repository. Needs Python 3.11 or later, git and make; the rest is
# brought by `setup`. No target but `test` and `e2e` (system packages for the browser tests) needs root.
SHELL := /bin/sh
PYTHON3 ?= python3
BIN := .venv/bin
# In a checkout the data folder is ./var. An installed Ringround keeps its data in the user's own data folder.
RINGROUND_DATA ?= $(CURDIR)/var
ARGS ?=
# What has a long form: everything killed under load; hand-outs killed and played; journeys simulated and done; draws from
# the OpenAPI document.
SOAKS := tests/soak tests/property/campaigns tests/property/journeys/test_simulation_is_the_engine.py \
	tests/integration/walk/test_described.py tests/integration/walk/test_junk.py
# Groups of tests side by side: by file, so that the fixtures of a file are made once; in the order of tests/order.py.
PYTEST_JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo dev test check e2e bench soak screenshots fmt clean

help:
	@echo "make setup   everything that is needed, in .venv"
	@echo "make demo    a running product with demo data           (ARGS='--port 8001')"
	@echo "make dev     the product for developing: reloads, DEBUG"
	@echo "make test    all tests                                  (ARGS='tests/unit -k words')"
	@echo "make check   style, types, walls, templates, catalogues"
	@echo "make e2e     the browser tests alone"
	@echo "make bench   NAME=handout [QUICK=1]: one measurement"
	@echo "make soak    the long kill and load tests"
	@echo "make screenshots   the pictures of README and guide (NAME='agent board')"
	@echo "make fmt     write the code in the house's style"

setup:
	@$(PYTHON3) scripts/bootstrap.py $(if $(filter file,$(origin PYTHON3)),,--this)
	@$(BIN)/python scripts/frontend.py
	@$(BIN)/python scripts/messages.py compile

demo: setup
	@RINGROUND_DATA="$(RINGROUND_DATA)" exec $(BIN)/ringround demo $(ARGS)

dev: setup
	@RINGROUND_DATA="$(RINGROUND_DATA)" RINGROUND_DEBUG=1 RINGROUND_ALLOW_PRIVATE_TARGETS=1 exec $(BIN)/ringround serve --reload $(ARGS)

test: setup
	@$(BIN)/python scripts/system_packages.py
	@$(BIN)/pytest -n $(PYTEST_JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

e2e: setup
	@$(BIN)/python scripts/system_packages.py
	@$(BIN)/pytest tests/e2e $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/migrations_check.py
	$(BIN)/djlint --quiet --lint src
	cd frontend && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check
	$(BIN)/python scripts/messages.py check

bench: setup
	@test -n "$(NAME)" || { echo "bench: say which one: make bench NAME=handout [QUICK=1]; there are: $$(ls bench/*.py | xargs -n1 basename -s .py | grep -v -e '^_' -e '^harness$$' | sed 's/^imports$$/import/' | tr '\n' ' ')" >&2; exit 2; }
	@$(BIN)/python -m bench.$(if $(filter import,$(NAME)),imports,$(NAME)) $(if $(QUICK),--quick) $(if $(LEADS),--leads $(LEADS)) $(ARGS)

soak: setup
	@$(BIN)/python scripts/system_packages.py
	@RINGROUND_TEST_SOAK=1 $(BIN)/pytest $(if $(ARGS),$(ARGS),$(SOAKS))

screenshots: setup
	@$(BIN)/python scripts/system_packages.py
	@$(BIN)/python scripts/screenshots.py $(NAME)

fmt: setup
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/djlint --quiet --reformat src || true

clean:
	rm -rf .venv .uv .cache frontend/node_modules src/ringround/ui/static/dist
