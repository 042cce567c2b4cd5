# Two commands: `make demo` and `make test`. Everything else is convenience.
PYTHON ?= python3.11
PY := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo demo-reset test test-sqlite test-postgres lint bench lock clean

demo: .venv/.run
	@$(PY) -m countersign demo

demo-reset: .venv/.run
	@$(PY) -m countersign demo --reset

test: .venv/.test lint test-sqlite test-postgres

test-sqlite: .venv/.test
	COUNTERSIGN_TEST_DATABASE=sqlite $(PY) -m pytest -n 2 --dist worksteal

test-postgres: .venv/.test
	COUNTERSIGN_TEST_DATABASE=postgresql $(PY) -m pytest -n 2 --dist worksteal

lint: .venv/.test
	$(PY) -m ruff check .

bench: .venv/.test
	$(PY) -m bench

# `make lock` after changing requirements/*.in: versions and hashes, no download addresses.
lock: .venv/.test
	$(PY) -m pip install -q pip-tools
	for part in run test build; do $(PY) -m piptools compile -q --generate-hashes --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe --no-header \
	  -o requirements/$$part.txt requirements/$$part.in; done

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing: apt install python3.11 python3-venv (or set PYTHON=...)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: .venv/bin/python requirements/run.txt requirements/build.txt pyproject.toml
	$(PY) -m pip install -q --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(PY) -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test: .venv/.run requirements/test.txt
	$(PY) -m pip install -q --require-hashes -r requirements/test.txt
	@touch $@

clean:
	rm -rf .venv var build *.egg-info
