# make book [PROFILE=smoke|paper]   execute the chapters and build the pages under _build/
# make check                        in a minute: style, types, imports, the mathematics
# make test                         the same, the book without a warning, and tests of everything
# make thorough                     the tests that take longest, of what seldom changes
# make serve                        read the book at http://127.0.0.1:8000
# make live                         the same, with code that can be edited and run in the pages
# make pdf                          print the book into one PDF among its pages, with an installed Chromium or Chrome
# make publish                      add the built pages to the branch gh-pages of origin
# make format | lint | lock | clean
#
# Needs Python 3.11 or later (another than python3: make PYTHON=python3.12), make and git.

PYTHON ?= python3
PROFILE ?= default
PORT ?= 8000
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: install-large install-small book check mathematics test thorough smoke serve live pdf publish clean lint format lock
.DELETE_ON_ERROR:

book: $(INSTALLED)
	@$(BIN)/repsim book --profile $(PROFILE)

check: $(INSTALLED)
	@$(MAKE) --no-print-directory --jobs 2 lint mathematics

mathematics: $(INSTALLED)
	$(BIN)/pytest -n 2 -m "not thorough" tests/core/measures \
	  tests/core/test_representations.py tests/core/test_constructions.py tests/core/test_bad_input.py

test: $(INSTALLED)
	@$(MAKE) --no-print-directory --jobs 2 lint smoke
	$(BIN)/pytest -n 3 --dist worksteal --durations=15 -m "not thorough"

thorough: $(INSTALLED)
	$(BIN)/pytest -n 3 --dist worksteal --durations=15 -m thorough

smoke: $(INSTALLED)
	$(BIN)/repsim book --profile smoke

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo

format: $(INSTALLED)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

serve: $(INSTALLED)
	@$(BIN)/repsim serve --profile $(PROFILE) --port $(PORT)

live: $(INSTALLED)
	@$(BIN)/repsim live --profile $(PROFILE) --port $(PORT)

pdf: book
	@$(BIN)/repsim pdf --profile $(PROFILE)

clean:
	rm -rf _build runs

publish: $(INSTALLED)
	@$(BIN)/repsim publish

# The exact versions of all that is installed, for every system and Python 3.11 or later; of these, what the book needs
# on Binder.
lock:
	$(PYTHON) -m venv _build/uv
	_build/uv/bin/pip install --quiet --disable-pip-version-check uv
	_build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-annotate --no-header \
	  --no-emit-index-url pyproject.toml -o requirements.lock
	_build/uv/bin/uv pip compile --quiet --python-version 3.11 --python-platform x86_64-unknown-linux-gnu --extra book --no-annotate --no-header \
	  --no-emit-index-url --constraint requirements.lock pyproject.toml -o binder/requirements.txt

# The stamp is the last thing made: an interrupted installation is taken up again. What is imported is compiled then.
$(INSTALLED): requirements.lock pyproject.toml
	@rm -f $@
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.version_info >= (3, 11) or sys.exit( \
	  f"This book needs Python 3.11 or later, and $(PYTHON) is {v}. Name another: make PYTHON=python3.12")'
	@echo "Installing the exact versions of requirements.lock into .venv (once; this takes a few minutes)"
	$(PYTHON) -m venv .venv
	@$(MAKE) --no-print-directory --jobs 2 install-large install-small
	$(BIN)/python -m pip check
	$(PIP) -e .
	@touch $@

# The lock names every package, so nothing is looked up, and most bytes are those of torch: two at once.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-compile --no-deps
LARGE := ^(torch|nvidia|cuda|triton)

install-large install-small: requirements.lock
	@grep -E $(if $(findstring small,$@),-v) '$(LARGE)' $< > .venv/$@.txt
	$(PIP) -r .venv/$@.txt
