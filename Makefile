# Every target sets up what it needs in .venv; only Python 3.11+ and make have to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests that start processes wait for them a third of their time and more, so two processors can serve six of them.
WORKERS ?= 6
# Without a PostgreSQL to test with, the part that talks to it is left out of the measuring.
POSTGRES := $(shell command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)
# Every line of these packages is reached by a test.
FULLY_COVERED := importer/app/*,importer/delivery/*,importer/planning/*,importer/rate_limit/*,importer/leadsquared/*,importer/ledger/*,importer/targets/*
UNMEASURED := $(if $(POSTGRES),,--omit='importer/ledger/postgres/*,importer/rate_limit/postgres_store.py')

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-all fuzz fuzz-guided lint types-darwin audit smoke docs proposals pictures lock wheels clean crash-campaign soak soak-engine fleet bench site wheel

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

$(BIN)/importer: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable .
	@touch $@

# pip before 25.1 knows no dependency groups.
LIST_DEVELOPMENT := 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")'

$(VENV)/.development: $(BIN)/importer
	$(BIN)/python -c $(LIST_DEVELOPMENT) > $@.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --requirement $@.txt
	@touch $@

demo: $(BIN)/importer ## Import the sample files into a CRM on this computer
	$(BIN)/importer demo

# Without its bytecode, each process that a test starts would compile the program anew.
test test-fast: export PYTHONDONTWRITEBYTECODE =
ifneq ($(strip $(T)$(K)),)
test: $(VENV)/.development ## Run all checks and tests with coverage, or some tests: T=tests/unit/mapping K=lookup
	$(BIN)/python -m pytest $(or $(T),tests) $(if $(K),-k '$(K)')
else
test: lint $(VENV)/.development
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=
	$(BIN)/python -m coverage report --fail-under=97 --skip-covered $(UNMEASURED)
	$(BIN)/python -m coverage report --fail-under=100 --include='$(FULLY_COVERED)' --skip-covered $(UNMEASURED)
endif

test-fast: $(VENV)/.development ## Run the unit and contract tests that need no process and no sleep
	$(BIN)/python -m pytest -n 2 -m 'not slow' tests/unit tests/contract

test-all: export ALL_CASES = 1
test-all: test ## The same with every case of the faults and crashes, of which the tests do a part

# The tests of tests/reliability/fuzz/ with so many times the examples of `make test`, other ones each time; 25 take some five minutes.
FUZZ_TIMES ?= 25

fuzz: $(VENV)/.development ## Feed readers, mappings and answers with rubbish for five minutes (FUZZ_TIMES=100: twenty)
	FUZZ_TIMES=$(FUZZ_TIMES) $(BIN)/python -m pytest tests/reliability/fuzz -p no:cacheprovider

GUIDED_SECONDS ?= 60

fuzz-guided: $(VENV)/.development ## The same guided by the branches that are reached, a minute for each (GUIDED_SECONDS=60)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary atheris --requirement tests/reliability/fuzz/requirements.txt \
	|| { echo "There is no atheris for this platform ($$(uname -sm), $$($(BIN)/python --version)); nothing was fuzzed. make fuzz works without it."; exit 1; }
	$(BIN)/python -m tests.reliability.fuzz.guided --seconds $(GUIDED_SECONDS)

lint: $(VENV)/.development ## Check style, types (as on Linux, Windows and macOS) and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) --no-print-directory --jobs 2 types-linux types-win32 types-darwin
	$(BIN)/lint-imports

# Code for one system is not looked at on another: each has its own check and its own cache.
types-%: $(VENV)/.development
	$(BIN)/mypy --platform $* --cache-dir .mypy_cache/$*

# What macOS lacks Windows lacks, too, but for some constants of sockets; only core asks which system it is.
types-darwin: $(VENV)/.development
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin --package importer.core

audit: $(VENV)/.development ## Look for risky code, and for known holes in the packages (asks a database in the internet)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock 'bandit[toml]' pip-audit
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml importer
	$(BIN)/pip-audit --strict --requirement requirements.lock --no-deps --disable-pip

smoke: ## Install without development packages in a fresh environment and run the command
	rm -rf .smoke
	$(PYTHON) -m venv .smoke/venv
	.smoke/venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock .
	cd .smoke && env -u PYTHONPATH IMPORTER_HOME=$(CURDIR)/.smoke/home venv/bin/importer --version
	cd .smoke && env -u PYTHONPATH IMPORTER_HOME=$(CURDIR)/.smoke/home venv/bin/importer demo --quiet
	rm -rf .smoke

.bench/ready: pyproject.toml requirements.lock benchmarks/requirements.txt benchmarks/requirements.lock
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --constraint benchmarks/requirements.lock --requirement benchmarks/requirements.txt --editable .
	@touch $@

bench: .bench/ready ## Measure speed and memory beside other tools, for about an hour, and write benchmarks/RESULTS.md
	.bench/bin/python benchmarks/run.py $(ARGS)

crash-campaign: $(VENV)/.development ## Try to lose or double a row, for half an hour, and write docs/reliability.md
	$(BIN)/python -m tests.reliability.campaign.run $(ARGS)

soak: $(VENV)/.development ## Sixty nights of jobs with faults and kills in a quarter of an hour; writes docs/reliability.md
	$(BIN)/python -m tests.reliability.soak.soak $(ARGS)

# The engine to try: the newest release, or another one, such as ENGINE=dbos==3.1.0.
ENGINE ?= dbos

soak-engine: ## Try the newest release of the engine of jobs in a soak of ten nights
	rm -rf .venv-engine
	$(PYTHON) -m venv .venv-engine
	grep -v '^dbos==' requirements.lock > .venv-engine/constraints.txt
	.venv-engine/bin/python -c $(LIST_DEVELOPMENT) > .venv-engine/development.txt
	.venv-engine/bin/python -m pip install --quiet --disable-pip-version-check --constraint .venv-engine/constraints.txt --editable '.[jobs]' --requirement .venv-engine/development.txt '$(ENGINE)'
	.venv-engine/bin/python -c 'from importlib.metadata import version; print("DBOS", version("dbos"))'
	.venv-engine/bin/python -m tests.reliability.soak.soak --nights 10 --jobs 8 --accounts 2 --no-write

fleet: $(VENV)/.development ## Measure many accounts on 1, 2 and 4 workers, and write docs/reliability.md
	$(BIN)/python -m tests.reliability.soak.soak --fleet $(ARGS)

docs: $(VENV)/.development ## Write the generated parts of the docs again
	$(BIN)/python -m tests.acceptance.docs.generate
	$(BIN)/python -m importer.mapping.reference docs/mapping.md

# The site has an environment of its own: its packages are no business of the program's.
.site/ready: pyproject.toml docs/.site/requirements.lock
	$(PYTHON) -m venv .site
	.site/bin/python -m pip install --quiet --disable-pip-version-check --requirement docs/.site/requirements.lock
	@touch $@

site: .site/ready ## Build the documentation site into site/, and check its links
	NO_MKDOCS_2_WARNING=1 .site/bin/mkdocs build --strict --quiet

wheel: $(BIN)/importer ## Build the wheel that users install, into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

proposals: $(VENV)/.development ## Print how good the proposed mappings for the exports of the tests are; GDC=archive: those of a public set
	$(BIN)/python -m tests.unit.suggest.suggestion_figures $(GDC)

pictures: $(VENV)/.development ## Draw the reports of clean, faulty and troubled imports as PNG files, to look at
	$(BIN)/python -m tests.support.pictures.draw pictures

lock: $(VENV)/.development ## Write each requirements.lock anew from what pyproject.toml and benchmarks/requirements.txt allow
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --all-extras --group dev --group audit --universal --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --constraint requirements.lock --no-emit-index-url --no-header benchmarks/requirements.txt -o benchmarks/requirements.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --group pyproject.toml:site -o docs/.site/requirements.lock

SYSTEMS := x86_64-pc-windows-msvc aarch64-apple-darwin x86_64-apple-darwin aarch64-unknown-linux-gnu x86_64-unknown-linux-gnu
# The package cryptography of the extra oidc has no wheel there.
EXTRAS_ON_INTEL_MACS := --extra jobs --extra keyring --extra postgres

wheels: $(VENV)/.development ## Check that all packages have wheels for Windows, macOS and Linux (asks the package index)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@for system in $(SYSTEMS); do for version in 3.11 3.12 3.13; do \
	  extras=--all-extras; [ $$system = x86_64-apple-darwin ] && extras="$(EXTRAS_ON_INTEL_MACS)"; \
	  $(BIN)/python -m uv pip compile --quiet --python-platform $$system --python-version $$version --only-binary :all: $$extras \
	    --constraint requirements.lock pyproject.toml >/dev/null && echo "$$system, Python $$version: wheels only" || exit 1; \
	done; done

clean: ## Remove everything that make has made
	rm -rf $(VENV) .venv-* .smoke .bench .fuzz .site site build dist *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
