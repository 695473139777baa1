# make book [PROFILE=smoke|paper]   execute the chapters and build the pages under _build/
# make test                         everything that must hold: style, types, the book without a warning, tests
# make serve                        read the book at http://127.0.0.1:8000
# make format | lint | lock | clean
#
# Needs Python 3.11 or later (another than python3: make PYTHON=python3.12), make and git.

PYTHON ?= python3
PROFILE ?= default
PORT ?= 8000
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: book test serve clean lint format lock
.DELETE_ON_ERROR:

book: $(INSTALLED)
	@$(BIN)/repsim book --profile $(PROFILE)

test: lint
	$(BIN)/repsim book --profile smoke
	$(BIN)/pytest -n 2

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright

format: $(INSTALLED)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

serve:
	@test -f _build/html/index.html || { echo "There is no book yet: run 'make book' first." >&2; exit 1; }
	@echo "http://127.0.0.1:$(PORT)  (Ctrl+C ends)"
	@$(PYTHON) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

clean:
	rm -rf _build runs

# The exact versions of all that is installed, for every system and Python 3.11 or later.
lock:
	$(PYTHON) -m venv _build/uv
	_build/uv/bin/pip install --quiet --disable-pip-version-check uv
	_build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev --extra cluster --extra classroom --no-annotate --no-header \
	  --no-emit-index-url pyproject.toml -o requirements.lock

# The stamp is the last thing made: an interrupted installation is taken up again.
$(INSTALLED): requirements.lock pyproject.toml
	@rm -f $@
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.version_info >= (3, 11) or sys.exit( \
	  f"This book needs Python 3.11 or later, and $(PYTHON) is {v}. Name another: make PYTHON=python3.12")'
	@echo "Installing the exact versions of requirements.lock into .venv (once; this takes a few minutes)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps -e .
	@touch $@
