# Needs Python 3.11 or newer and make, nothing else; `make` alone lists what there is.
# Continuous integration (.ci/run) and the pre-commit hooks call these same recipes.

PYTHON ?= python3
VENV := .venv/bin
PY := $(VENV)/python
# Django for tools: throw-away secrets and data, nothing of the shell's or of .env (see tests/settings.py).
# The warning left out says that there is no database to compare the migrations with.
DJANGO := DJANGO_SETTINGS_MODULE=tests.settings $(PY) -W 'ignore:Got an error checking:RuntimeWarning' -m django
# Nothing is signed or encrypted while collecting; the settings only want to see keys.
COLLECT := ZHIYIN_SECRET_KEY=only-while-collecting-static-files ZHIYIN_DATA_KEY=k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
	$(PY) -m django collectstatic --settings zhiyin.config.settings --no-input --clear --verbosity 0 --ignore 'redoc*'
SOURCES := src tests scripts conftest.py

.DEFAULT_GOAL := help
.PHONY: help install dev assets demo test test-distributed check bench fix work migration docs release lock coverage \
	static format lint types walls migrations templates

help: ## list the recipes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# To run it

install: ## make .venv with .venv/bin/zhiyin in it, and build the console's assets
	@$(PYTHON) scripts/bootstrap.py runtime
	@$(MAKE) --no-print-directory assets

demo: install ## open the sample hotline with live simulated traffic
	@exec $(VENV)/zhiyin demo $(if $(PORT),--port $(PORT))

dev: # what the checks and tests need besides
	@$(PYTHON) scripts/bootstrap.py dev
	@$(MAKE) --no-print-directory assets

assets: # each of these does nothing when there is nothing to do
	@$(PY) scripts/build_assets.py
	@$(PY) scripts/build_locale.py
	@$(MAKE) --no-print-directory --quiet src/zhiyin/static/staticfiles.json

src/zhiyin/static/staticfiles.json: src/zhiyin/ui/static/ui/.stamp .venv/installed.json $(wildcard src/zhiyin/*/static/*/*.css src/zhiyin/*/static/*/*.js)
	@$(COLLECT)

# To check it

test: dev static ## every check and test, on SQLite and on PostgreSQL, in the browser too
	@$(PY) -m scripts.run_tests

test-distributed: dev ## every figure on a Spark cluster and on ClickHouse's engine, against DuckDB's; Java 17 for Spark; SPARK_EVERY=N asks it less
	@$(PYTHON) scripts/bootstrap.py distributed
	@PYTHONPATH=.distributed $(PY) -m scripts.distributed $(if $(SPARK_EVERY),--spark-every $(SPARK_EVERY))

check: dev static ## the checks, and the quick tests on SQLite: before each commit
	@$(PY) -m scripts.run_tests --quick

static: format lint types walls migrations templates

format:
	@$(VENV)/ruff format --quiet --check --output-format concise $(SOURCES) || { echo "Not formatted: make fix"; exit 1; }

lint:
	@$(VENV)/ruff check --quiet $(SOURCES)

types:
	@$(VENV)/mypy --no-error-summary

walls:
	@$(VENV)/lint-imports --no-logo || exit 1

migrations:
	@$(DJANGO) makemigrations --check --dry-run

templates:
	@$(VENV)/djlint src --lint --quiet

docs: dev ## check the documents: links, pictures, formulas, glossary
	@$(VENV)/pytest -q tests/contracts -k "docs or documents or glossary or formulas or readme"

coverage: dev ## branch coverage; the rules and lib must be at 100 %
	@$(VENV)/coverage erase
	@$(VENV)/coverage run -m pytest -q -m "not browser and not slow"
	@$(VENV)/coverage report --skip-covered --include='src/zhiyin/lib/*,src/zhiyin/*/rules*' --fail-under=100

bench: dev ## the benchmarks of docs/performance.md, printed as ratios; NAME=survey_page for one
	@$(PY) scripts/test_postgres.py --durable $(PY) -m scripts.bench $(NAME)

# To work on it

fix: dev ## format, and mend what a machine can mend
	@$(VENV)/ruff check --fix $(SOURCES)
	@$(VENV)/ruff format $(SOURCES)

work: dev ## run from the sources on ./zhiyin-data, restarted at every change
	@exec $(PY) -m scripts.work $(PORT)

migration: dev ## make migration NAME=case_gets_a_severity
	@test -n "$(NAME)" || { echo "usage: make migration NAME=what_changes"; exit 2; }
	@$(DJANGO) makemigrations --name $(NAME)

lock: dev ## bring requirements/*.lock in step with pyproject.toml; UPGRADE=1 takes the newest of everything
	@$(PY) -m scripts.lock $(if $(UPGRADE),--upgrade)

release: test ## build and try the packages of the version that CHANGELOG.md begins with
	@$(PY) -m scripts.release
