# Two targets do everything on a machine with git, make and Python 3.11 or later: `make demo` and `make test`.
PYTHON ?= $(firstword $(foreach v,python3 python3.13 python3.12 python3.11,$(if $(shell $(v) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo yes),$(v))))
VENV ?= .venv
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
DEMO ?= okrsync-demo
ROOMS := okrsync connectors flows store dashboard mapping config
# Commands answer within a second only from compiled files, and some machines forbid Python to write them on its own.
COMPILE = $(VENV)/bin/python -m compileall -q $(ROOMS)

.PHONY: demo test mutants lint types imports wheel lock clean

demo: $(VENV)/.installed
	$(VENV)/bin/okrsync demo $(DEMO)

# Files go to workers whole: those that start Prefect, a PostgreSQL or the demo's company start it once each. Many tests
# wait for processes, so there is one worker more than cores.
WORKERS ?= $(shell expr `getconf _NPROCESSORS_ONLN` + 1)

test: $(VENV)/.installed-dev
	$(VENV)/bin/pytest -n $(WORKERS) --dist loadfile

# How much of wrong code the tests of mapping notice: make mutants MODULES=metric,draft/amounts SAMPLE=40. See docs/mutation.md.
mutants: $(VENV)/.installed-dev
	$(VENV)/bin/python -m bench.mutants --modules "$(MODULES)" --sample $(or $(SAMPLE),40)

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/.installed-dev
	$(VENV)/bin/mypy

imports: $(VENV)/.installed-dev
	$(VENV)/bin/lint-imports

wheel: $(VENV)/.installed-dev
	rm -rf dist && $(UV) build --quiet --wheel --python $(VENV)/bin/python
	$(VENV)/bin/python tests/check_wheel.py dist

lock: $(UV)
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --python $(PYTHON) pyproject.toml -o requirements.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --python $(PYTHON) -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock

clean:
	rm -rf .venv .uv dist mutants

# uv is fetched into a local folder only where the machine has none.
.uv/bin/uv:
	@test -n "$(PYTHON)" || { echo "okrsync needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .uv || { rm -rf .uv; echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv), or uv" >&2; exit 1; }
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/bin/python: | $(UV)
	@test -n "$(PYTHON)" || { echo "okrsync needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(UV) venv --quiet --python $(PYTHON) $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	test -e $(VENV)/.installed-dev || $(UV) pip sync --quiet --compile-bytecode --python $(VENV)/bin/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(VENV)/bin/python --no-deps --editable .
	$(COMPILE)
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(UV) pip sync --quiet --compile-bytecode --python $(VENV)/bin/python --require-hashes requirements-dev.lock
	$(UV) pip install --quiet --python $(VENV)/bin/python --no-deps --editable .
	$(COMPILE)
	touch $@ $(VENV)/.installed
