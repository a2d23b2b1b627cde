# Two commands matter: `make run` and `make test`. Each does what it needs by itself.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
FLASK  := $(BIN)/flask --app wsgi

.PHONY: install serve run test check call verify-live bench screenshots lock vendor translations clean

# The environment with the product's locked packages.
install: $(VENV)/.installed

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=... to its path."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

# What the tests need besides.
$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# The server alone, in the foreground, with the environment as it is.
serve: install
	@$(FLASK) db upgrade
	@PYTHONWARNINGS=ignore exec $(BIN)/gunicorn wsgi:app

# Everything for a first look: the database, a demo business, the server.
run: install
	@$(FLASK) db upgrade
	@$(FLASK) demo seed --if-empty
	@$(FLASK) settings address
	@PYTHONWARNINGS=ignore exec $(BIN)/gunicorn wsgi:app

# Ring the running server; ARGS="--say 'איפה אתם?'" and the like are passed on.
call: install
	@$(FLASK) call $(ARGS)

# The live checks of the running server, with a real key; ARGS="--only flow" and the like.
verify-live: install
	@$(FLASK) verify-live $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# One lane after the other: a call's rhythm is not disturbed by what keeps every core busy.
# What remains of the calls' time is waiting, so several of them share a core.
LANES := "tests/unit tests/web -n auto" "tests/browser -n auto" "tests/e2e -n 3 --dist worksteal"

test: check
	@failed=0; for lane in $(LANES); do \
	  echo "pytest $$lane"; $(BIN)/pytest -rs $$lane || failed=1; \
	done; exit $$failed

bench: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench

# Every page in every language, size and theme into instance/screens/, and the README's images;
# ARGS="leads lead --lang he --width 390" for some of them.
screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

# Lock the packages anew after a change of requirements*.in.
lock: $(VENV)/.installed-dev
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" -o requirements.txt requirements.in
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" -o requirements-dev.txt requirements-dev.in

# The pages' third-party files anew, after a change of client/vendor.toml.
vendor: install
	$(BIN)/python -m tools.vendor

# The pages' texts: collect what is new, compile what is translated.
translations: install
	$(BIN)/python -m tools.translations

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
