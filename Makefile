# Needs python3 (3.11 or newer) and make; all else goes into .venv. `make` alone lists what there is.
# Every step leaves a stamp when it is done, so a call that was interrupted goes on where it stopped.

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

# Idle threads sleep instead of spinning: on shared cores spinning ones starve those that work.
export OMP_WAIT_POLICY = PASSIVE

# Trust the certificates that the system trusts, where it has any: in many offices those include one of their own.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= 1
endif

# A venv holds absolute paths and belongs to one minor version of Python. One that was half made, moved,
# or left behind by an upgrade of the system is made anew.
ifneq ($(shell cat $(VENV)/.origin 2>/dev/null && $(PY) -c 'import uv' 2>&1 || true),$(CURDIR))
$(shell rm -f $(VENV)/.origin)
endif

.DELETE_ON_ERROR:
.PHONY: help run setup test pictures check format bench bench-full soak notebook lock clean

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## */\1|/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

ifdef SOURCE
run: export SEGMENTS_SOURCE = $(SOURCE)
endif
# Whoever runs this sits at this machine. A server behind a reverse proxy must not set it: visitors could open its files.
run: export SEGMENTS_LOCAL_FILES = 1
run: $(VENV)/.run .data/.prepared  ## open the app on http://localhost:8501 [PORT=8502] [SOURCE=sales.parquet]
	@$(PY) -m ui.server.prewarm http://localhost:$(PORT) & $(PY) -m streamlit run app.py --server.port $(PORT)

setup: $(VENV)/.run  ## only install [PYTHON=python3.12]

test: export SEGMENTS_SOURCE =
test: $(VENV)/.dev $(VENV)/.snowflake $(VENV)/.dbt .data/.prepared  ## run every test [ARGS="-k advice"]
	@$(HAS_CHROMIUM) || { [ -f /etc/debian_version ] && [ "$$(id -u)" = 0 ] && echo "Installing Chromium." && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null; } || \
		echo "Browser tests are left out: there is no Chromium. Install it (Debian: apt-get install chromium)."
	@if $(HAS_CHROMIUM); then $(PY) -m pytest $(ARGS); else $(PY) -m pytest -m "not browser" $(ARGS); fi

pictures: $(VENV)/.dev .data/.prepared  ## renew the pictures of the README, with Chromium
	@$(HAS_CHROMIUM) || { echo "There is no Chromium: install it (Debian: apt-get install chromium)." >&2; exit 1; }
	@$(PY) -m pytest -q tests/browser/take_pictures.py

check: $(VENV)/.dev  ## lint, format and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(VENV)/.dev  ## repair what lint and format can repair
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

notebook: export PYTHONPATH = $(CURDIR)
notebook: $(VENV)/.notebook .data/.prepared  ## open the pipeline told as a story, in Jupyter
	@$(PY) -m jupyter lab notebooks/customer_segmentation.ipynb

bench: $(VENV)/.dev .data/.prepared  ## measure against other libraries, some minutes; writes docs/benchmarks.md
	@$(PY) benchmarks/run.py $(ARGS)

bench-full: $(VENV)/.dev .data/.prepared  ## the same up to ten million customers
	@$(PY) benchmarks/run.py --full $(ARGS)

soak: $(VENV)/.dev .data/.prepared  ## put the app under load for 20 minutes; writes docs/reliability.md [MINUTES=2]
	@$(PY) benchmarks/soak.py --minutes $(MINUTES) $(ARGS)

lock: $(VENV)/.origin  ## renew locks/ from the requirements
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
		{ echo "There is no $(PYTHON) here: install Python 3.11 or newer (Debian: apt-get install python3)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old: install Python 3.11 or newer and name it, as in: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make an environment: install its venv part (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Making $(VENV)."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/installer.txt
	@echo "$(CURDIR)" > $@

# Once the tools of the tests and of the notebook are there, later calls keep them.
NOTEBOOK = $(if $(wildcard $(VENV)/.notebook),locks/notebook.txt)
$(VENV)/.run: $(VENV)/.origin locks/run.txt
	@echo "Installing what the app needs."
	@$(SYNC) locks/run.txt $(if $(wildcard $(VENV)/.dev),locks/dev.txt) $(NOTEBOOK)
	@touch $@

$(VENV)/.dev: $(VENV)/.run locks/dev.txt
	@echo "Installing what tests and checks need."
	@$(SYNC) locks/run.txt locks/dev.txt $(NOTEBOOK)
	@touch $@

$(VENV)/.notebook: $(VENV)/.dev locks/notebook.txt
	@echo "Installing what the notebook needs."
	@$(SYNC) locks/run.txt locks/dev.txt locks/notebook.txt
	@touch $@

# The local Snowflake server of the tests. Where it cannot be installed its tests are left out, and say so.
$(VENV)/.snowflake: $(VENV)/.dev locks/snowflake.txt
	@echo "Installing the local Snowflake server of the tests."
	@$(PYTHON) -m venv --clear --without-pip $(VENV)/snowflake
	@$(PY) -m uv pip sync --quiet --require-hashes --python $(VENV)/snowflake/bin/python locks/snowflake.txt && touch $@ || \
		{ rm -rf $(VENV)/snowflake; echo "It could not be installed: the tests that need it are left out."; }

# dbt, which the tests of dbt/ run. Where it cannot be installed they are left out, and say so.
$(VENV)/.dbt: $(VENV)/.dev locks/dbt.txt
	@echo "Installing dbt for its tests."
	@$(PYTHON) -m venv --clear --without-pip $(VENV)/dbt
	@$(PY) -m uv pip sync --quiet --require-hashes --python $(VENV)/dbt/bin/python locks/dbt.txt && touch $@ || \
		{ rm -rf $(VENV)/dbt; echo "It could not be installed: the tests that need it are left out."; }

.data/.prepared: $(VENV)/.run segmentation/sales/demo/sources.py $(wildcard segmentation/clustering/kmeans/*.py)
	@$(PY) -m segmentation prepare
	@mkdir -p $(@D) && touch $@
