# Needs only python3 (3.11 or newer); everything else is installed into .venv.
PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint clean browser bench

.venv/.synced: pyproject.toml uv.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv sync --frozen --quiet --compile-bytecode --inexact
	touch $@

demo: .venv/.synced  ## everything set up, then site and workers in the foreground
	@exec $(BIN)/python manage.py demo --port $(PORT)

browser: .venv/.synced
	@$(BIN)/python -m tests.browser.install

test: .venv/.benched browser  ## the whole suite, against real services and a real browser
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

.venv/.benched: .venv/.synced
	-$(BIN)/uv sync --frozen --quiet --compile-bytecode --group bench
	touch $@

bench: .venv/.benched  ## measure search, walls, encoding, the labelling room and a crawl on this machine, write docs/benchmarks.md
	for size in 1000 20000 200000; do \
		$(BIN)/python manage.py bench search --size $$size --json > docs/benchmarks/search-$$size.json || exit 1; \
	done
	$(BIN)/python manage.py bench search --size 1000000 --no-peers --json > docs/benchmarks/search-1000000.json
	$(BIN)/python manage.py bench walls --json > docs/benchmarks/walls.json
	$(BIN)/python manage.py bench encode --json > docs/benchmarks/encode.json
	$(BIN)/python manage.py bench room --size 100000 --json > docs/benchmarks/room.json
	$(BIN)/python manage.py bench crawl --json > docs/benchmarks/crawl.json
	$(BIN)/python -m tests.benchmarks.report

lint: .venv/.synced  ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

clean:  ## remove the virtual environment and caches; data under .pendant stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
