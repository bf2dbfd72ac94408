# Everything a developer does here. `make` alone lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV := .venv
PYTHON_ := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
SOURCES := aaa_dashboard bench tests manage.py
# Nothing of the developer's own environment: the checks see an installation as production would.
PRODUCTION := env -i PATH="$$PATH" HOME="$$HOME" ENV_FILE=tests/installation/production.env

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(RUN_STAMP): requirements.txt
	@bin/set-up $(VENV) requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	@bin/set-up $(VENV) requirements-dev.txt
	@touch $@

.PHONY: install
install: $(RUN_STAMP) ## Create .venv with the locked packages

.PHONY: run
run: $(RUN_STAMP) ## Start everything on this machine (PORT=8000 SANDBOX_PORT=8001)
	@$(PYTHON_) -m aaa_dashboard.embedded

.PHONY: test
test: $(DEV_STAMP) ## Run the tests (SLOW=1: the long ones too; REQUIRE_ALL=1: skip nothing)
	@$(PYTHON_) -m tests $(if $(SLOW),--slow) $(ARGS)

.PHONY: check
check: check-format check-lint check-types check-templates check-imports check-migrations check-deploy ## Check everything that can be checked without running it

.PHONY: check-format check-lint check-types check-templates check-imports check-migrations check-deploy
check-format: $(DEV_STAMP)
	@echo '— formatter'
	@$(VENV)/bin/ruff format --check --quiet $(SOURCES)

check-lint: $(DEV_STAMP)
	@echo '— linter'
	@$(VENV)/bin/ruff check --quiet $(SOURCES)

check-types: $(DEV_STAMP)
	@echo '— types'
	@$(PRODUCTION) $(VENV)/bin/mypy --no-error-summary
	@$(PRODUCTION) $(VENV)/bin/mypy --no-error-summary --config-file aaa_dashboard/sandbox/mypy.ini

check-templates: $(DEV_STAMP)
	@echo '— templates'
	@git ls-files -z --cached --others --exclude-standard -- '*.html' | xargs -0 -r $(VENV)/bin/djade --check --target-version 5.2

check-imports: $(DEV_STAMP)
	@echo '— import rules'
	@found=$$($(VENV)/bin/lint-imports --no-logo 2>&1) || { echo "$$found"; exit 1; }

check-migrations: $(DEV_STAMP)
	@echo '— migrations'
	@$(PRODUCTION) DATABASE_URL=sqlite://:memory: $(PYTHON_) manage.py makemigrations --check --dry-run
	@$(PRODUCTION) SANDBOX_DATABASE_URL=sqlite://:memory: $(PYTHON_) manage.py makemigrations --check --dry-run --settings aaa_dashboard.sandbox.settings

check-deploy: $(DEV_STAMP)
	@echo '— deployment'
	@$(PRODUCTION) $(PYTHON_) manage.py check --deploy --fail-level WARNING

.PHONY: bench
bench: $(DEV_STAMP) ## Measure receiver, Live, lists and sandbox beside their baselines (ARGS=--quick)
	@$(PYTHON_) -m bench $(ARGS)
	@$(PYTHON_) -m bench.live $(filter --quick,$(ARGS))
	@$(PYTHON_) -m bench.lists $(filter --quick,$(ARGS))
	@$(PYTHON_) -m bench.retention $(filter --quick,$(ARGS))
	@$(PYTHON_) -m bench.sandbox $(filter --quick,$(ARGS))

.PHONY: format
format: $(DEV_STAMP) ## Format code and templates
	@$(VENV)/bin/ruff check --quiet --fix $(SOURCES)
	@$(VENV)/bin/ruff format $(SOURCES)
	@git ls-files -z --cached --others --exclude-standard -- '*.html' | xargs -0 -r $(VENV)/bin/djade --target-version 5.2

.PHONY: lock
lock: $(RUN_STAMP) ## Choose versions anew from pyproject.toml and lock them with hashes
	@$(PYTHON_) -m venv var/lock && var/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	UV_CUSTOM_COMPILE_COMMAND='make lock' var/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --output-file requirements.txt pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND='make lock' var/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --constraint requirements.txt --group dev --output-file requirements-dev.txt pyproject.toml

.PHONY: clean
clean: ## Remove .venv and caches (your data in var/ and .env stay)
	@rm -rf $(VENV) var/lock .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
