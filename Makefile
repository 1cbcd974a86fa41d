# Prerequisites: python3 (3.11 or newer) and make; everything else goes into .venv. `make` lists the targets.
# Each step leaves a stamp, so an interrupted call resumes where it stopped.

PYTHON ?= python3
PORT ?= 8501
MINUTES ?= 20
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
SYNC = $(PY) -m uv pip sync --quiet --compile-bytecode --require-hashes --python $(PY)
COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --custom-compile-command "make lock"
HAS_CHROMIUM = { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null

# Idle threads sleep instead of spinning, which would starve working threads on shared cores.
export OMP_WAIT_POLICY = PASSIVE

# Without stored bytecode every server, command and dbt call that a test starts compiles its modules again.
unexport PYTHONDONTWRITEBYTECODE

# Trust the system's certificates, if any: company networks often add their own.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= 1
endif

# A venv contains absolute paths and belongs to one minor version of Python. An incomplete, moved or outdated one
# is rebuilt.
ifneq ($(shell cat $(VENV)/.origin 2>/dev/null && $(PY) -c 'import uv' 2>&1 || true),$(CURDIR))
$(shell rm -f $(VENV)/.origin)
endif

.DELETE_ON_ERROR:
.PHONY: help run setup test pictures check format bench bench-full soak notebook lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## */\1|/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

ifdef SOURCE
run: export SEGMENTS_SOURCE = $(SOURCE)
endif
# `make run` serves the local user. A server behind a reverse proxy must not set this: visitors could open its files.
run: export SEGMENTS_LOCAL_FILES = 1
run: $(VENV)/.run .data/.prepared  ## open the app on http://localhost:8501 [PORT=8502] [SOURCE=sales.parquet]
	@$(PY) -m ui.server.prewarm http://localhost:$(PORT) & $(PY) -m streamlit run app.py --server.port $(PORT)

setup: $(VENV)/.run  ## install only [PYTHON=python3.12]

test: export SEGMENTS_SOURCE =
# Browser tests run by themselves, two at a time: a browser and its server wait for each other and keep one core busy.
# All other tests are ignored in that run: collecting them takes several seconds. The tests of a file share their
# servers. pytest exits with 5 if ARGS selects none.
test: OTHER_TESTS = segmentation $(filter-out tests/browser tests/conftest.py,$(wildcard tests/*))
test: BROWSER = -m browser $(OTHER_TESTS:%=--ignore=%)
test: $(VENV)/.dev $(VENV)/.snowflake $(VENV)/.dbt .data/.prepared  ## run every test [ARGS="-k sweep"]
	@$(HAS_CHROMIUM) || { [ -f /etc/debian_version ] && [ "$$(id -u)" = 0 ] && echo "Installing Chromium." && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null; } || \
		echo "Browser tests are skipped: Chromium is not installed. Install it (Debian: apt-get install chromium)."
	@$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not browser" $(ARGS) || [ $$? = 5 ] || failed=1; \
	! $(HAS_CHROMIUM) || $(PY) -m pytest -n 2 --dist loadfile $(BROWSER) $(ARGS) || [ $$? = 5 ] || failed=1; exit $${failed:-0}

pictures: $(VENV)/.dev .data/.prepared  ## take the README pictures anew, with Chromium
	@$(HAS_CHROMIUM) || { echo "Chromium is not installed. Install it (Debian: apt-get install chromium)." >&2; exit 1; }
	@$(PY) -m pytest -q tests/browser/take_pictures.py

check: $(VENV)/.dev  ## lint, format and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(VENV)/.dev  ## fix what lint and format can fix
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

notebook: export PYTHONPATH = $(CURDIR)
notebook: $(VENV)/.notebook .data/.prepared  ## open the walkthrough notebook in Jupyter
	@$(PY) -m jupyter lab notebooks/customer_segmentation.ipynb

bench: $(VENV)/.dev .data/.prepared  ## benchmark against other libraries (minutes); writes docs/benchmarks.md
	@$(PY) benchmarks/run.py $(ARGS)

bench-full: $(VENV)/.dev .data/.prepared  ## benchmark up to ten million customers
	@$(PY) benchmarks/run.py --full $(ARGS)

soak: $(VENV)/.dev .data/.prepared  ## run a 20-minute load test; writes docs/reliability.md [MINUTES=2]
	@$(PY) benchmarks/soak.py --minutes $(MINUTES) $(ARGS)

lock: $(VENV)/.origin  ## update locks/ from the requirements
	echo uv | $(COMPILE) --no-annotate --output-file locks/installer.txt -
	$(COMPILE) --output-file locks/run.txt requirements.txt
	$(COMPILE) --output-file locks/dev.txt requirements-dev.txt
	$(COMPILE) --output-file locks/notebook.txt requirements-notebook.txt
	$(COMPILE) --output-file locks/snowflake.txt requirements-snowflake.txt
	$(COMPILE) --output-file locks/dbt.txt requirements-dbt.txt

clean:  ## remove the environment, the demo data and caches; saved runs stay
	rm -rf $(VENV) .data .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.origin: locks/installer.txt
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) was not found. Install Python 3.11 or newer (Debian: apt-get install python3)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old: install Python 3.11 or newer and name it, as in: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot create a virtual environment. Install its venv module (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Creating $(VENV)."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/installer.txt
	@echo "$(CURDIR)" > $@

# Test and notebook tools stay installed in later calls.
NOTEBOOK = $(if $(wildcard $(VENV)/.notebook),locks/notebook.txt)
$(VENV)/.run: $(VENV)/.origin locks/run.txt
	@echo "Installing the app's dependencies."
	@$(SYNC) locks/run.txt $(if $(wildcard $(VENV)/.dev),locks/dev.txt) $(NOTEBOOK)
	@touch $@

$(VENV)/.dev: $(VENV)/.run locks/dev.txt
	@echo "Installing the test dependencies."
	@$(SYNC) locks/run.txt locks/dev.txt $(NOTEBOOK)
	@touch $@

$(VENV)/.notebook: $(VENV)/.dev locks/notebook.txt
	@echo "Installing the notebook dependencies."
	@$(SYNC) locks/run.txt locks/dev.txt locks/notebook.txt
	@touch $@

# The local Snowflake server of the tests. If it cannot be installed, its tests are skipped with a message.
$(VENV)/.snowflake: $(VENV)/.dev locks/snowflake.txt
	@echo "Installing the local Snowflake server of the tests."
	@$(PYTHON) -m venv --clear --without-pip $(VENV)/snowflake
	@$(PY) -m uv pip sync --quiet --require-hashes --python $(VENV)/snowflake/bin/python locks/snowflake.txt && touch $@ || \
		{ rm -rf $(VENV)/snowflake; echo "Installation failed: the tests that need it are skipped."; }

# dbt for the tests of dbt/. If it cannot be installed, they are skipped with a message.
$(VENV)/.dbt: $(VENV)/.dev locks/dbt.txt
	@echo "Installing dbt for its tests."
	@$(PYTHON) -m venv --clear --without-pip $(VENV)/dbt
	@$(PY) -m uv pip sync --quiet --require-hashes --python $(VENV)/dbt/bin/python locks/dbt.txt && touch $@ || \
		{ rm -rf $(VENV)/dbt; echo "Installation failed: the tests that need it are skipped."; }

.data/.prepared: $(VENV)/.run segmentation/sales/demo/sources.py $(wildcard segmentation/clustering/kmeans/*.py)
	@$(PY) -m segmentation prepare
	@mkdir -p $(@D) && touch $@
