# Every target does its own set-up in .venv; a second run finds it done.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: install demo screenshots pictures test check lint types quality bench lock clean

install: $(READY)

$(READY): constraints.txt pyproject.toml setup.py $(wildcard indexer/*/*.pyx indexer/*/*/*.p[yx][xd])
	@echo "Setting up $(VENV) (one to two minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed; run make PYTHON=python3.12"'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'from indexer.language import analyser; analyser("sv").word("barn")' # prepares the dictionary
	@touch $(READY)

lint: $(READY)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

PORT ?= 8080

demo: $(READY)          # the demo site, crawled, indexed and served at http://127.0.0.1:8080
	$(BIN)/python tools/demo.py --port $(PORT)

test: $(READY)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

check: lint types test

DATA ?=                 # a folder with test sets that are not part of the project

quality: $(READY)       # search quality against the floors of tests/eval
	$(BIN)/python tests/eval/gate.py "$(DATA)"

bench: $(READY)         # this engine beside its peers, written to benchmarks/results.md
	$(BIN)/python benchmarks/engine.py "$(DATA)"

screenshots: $(READY)   # every page, wide, narrow and dark, of the demo's index
	test -d build/demo/index || $(BIN)/python tools/demo.py --no-serve
	$(BIN)/python tools/screenshots.py --index build/demo/index --corpus build/demo/store build/screenshots

pictures: $(READY)      # those that README shows, of the demo's index
	test -d build/demo/index || $(BIN)/python tools/demo.py --no-serve
	$(BIN)/python tools/screenshots.py --index build/demo/index --corpus build/demo/store --readme docs

lock: $(READY)          # after a change of dependencies: pins names, versions and hashes, never hosts
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url pyproject.toml -o constraints.txt
	rm -f $(READY)

clean:                  # what can be made again; never corpus/store and index, which may hold years of crawls
	rm -rf $(VENV) build
