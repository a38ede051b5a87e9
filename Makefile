# Two commands: `make run` and `make test`. Everything else is a part of one of them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 5000
INSTANCE ?= instance
# Tests run in so many processes, a file in one of them.
PROCESSES ?= 3

export MICROSHARE_INSTANCE = $(INSTANCE)
SERVED := MICROSHARE_HOST=$(HOST) MICROSHARE_PORT=$(PORT)

.PHONY: run demo test bench screenshots translations icons clean help

help: ## What there is to do
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: $(VENV)/run ## Install what is needed and serve; HOST=, PORT= and INSTANCE= change where
	@$(SERVED) exec $(BIN)/microshare serve

# A company of its own, never mixed with yours.
demo: INSTANCE = instance/demo
demo: $(VENV)/run ## The same, with a small lively company in it
	@$(SERVED) $(BIN)/microshare init >/dev/null
	@$(SERVED) $(BIN)/microshare demo --if-empty
	@$(SERVED) exec $(BIN)/microshare serve

test: $(VENV)/test ## Install what the tests need and run them all
	@tests/provide
	@env -u MICROSHARE_INSTANCE $(BIN)/python -m ruff check .
	@env -u MICROSHARE_INSTANCE $(BIN)/python -m mypy
	@env -u MICROSHARE_INSTANCE $(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(TESTS)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("microshare needs Python 3.11 or newer; PYTHON= names one" \
	  if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run: $(BIN)/python setup.cfg requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check -c requirements.lock setuptools
	$(BIN)/python -m pip install -q --disable-pip-version-check -c requirements.lock \
	  --no-build-isolation -e .
	@touch $@

$(VENV)/test: $(VENV)/run
	$(BIN)/python -m pip install -q --disable-pip-version-check -c requirements.lock \
	  --no-build-isolation -e '.[test,postgresql,mail]'
	@touch $@

bench: $(VENV)/test ## Measure it with 10,000 and 100,000 posts; the report is in bench/results
	@$(BIN)/python -m bench --posts 10000,100000 --rounds 3 --patience 60

screenshots: $(VENV)/test ## Take the pictures of README and docs anew, in a real browser
	@tests/provide
	@$(BIN)/python -m bench.pictures

translations: $(VENV)/test ## Find new strings and compile the catalogues
	$(BIN)/pybabel -q extract -F babel.cfg -k _ -k gettext -k ngettext:1,2 --no-location \
	  --omit-header --sort-output -o microshare/translations/messages.pot microshare microshare_client
	$(BIN)/pybabel -q update -N --omit-header --ignore-obsolete -i microshare/translations/messages.pot -d microshare/translations
	$(BIN)/pybabel -q compile -f -d microshare/translations

icons: $(VENV)/test ## Draw the icons of the app from microshare/static/favicon.svg
	@$(BIN)/python -m tests.icons

clean: ## Remove what was installed; the instance stays
	rm -rf $(VENV) build *.egg-info
