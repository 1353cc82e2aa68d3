# make demo   set up, then show pics at work        make test    set up, then all tests but parity
# make check  format, lint, types, tests            make parity  the port against transformers (needs torch)
# make milvus the store past one machine, with Milvus Lite (large packages)
# make bench  timings, beside rclip where it can be           make docs    what README.md and docs/ quote of the program
# make mini   pics-mini anew, from the registry's drawings     make eval-mini   how well it finds
SHELL := bash
PYTHON ?= python3
UV := $(shell command -v uv)
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint check parity milvus bench docs mini eval-mini format clean

.venv/ready: pyproject.toml
ifdef UV
	uv venv --quiet --allow-existing --python $(PYTHON) .venv
	uv pip install --quiet --python $(BIN)/python --editable . --group dev
else
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
endif
	@touch $@

.venv/parity: .venv/ready
	$(BIN)/python -m ensurepip >/dev/null
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --group parity
	$(BIN)/python -m pip install --quiet --no-deps open_clip_torch timm  # not torchvision, which they ask for
	@touch $@

.venv/milvus: .venv/ready
	$(BIN)/python -m ensurepip >/dev/null
	$(BIN)/python -m pip install --quiet --group milvus
	@touch $@

.venv/training: .venv/ready
	$(BIN)/python -m ensurepip >/dev/null
	$(BIN)/python -m pip install --quiet --group training
	@touch $@

demo: .venv/ready
	@$(BIN)/pics demo

test: .venv/ready
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test

parity: .venv/parity
	$(BIN)/python -m pytest -m parity

milvus: .venv/milvus
	$(BIN)/python -m pytest tests/indexer/test_store_milvus.py tests/cli/test_moving.py

bench: .venv/ready
	$(BIN)/python -m benchmarks $(BENCH)

docs: .venv/ready
	PYTHONPATH=. $(BIN)/cog -r README.md docs/cli.md docs/models.md docs/searching.md docs/scale.md

mini: .venv/training
	$(BIN)/python -m training

eval-mini: .venv/training
	$(BIN)/python -m training prepare evaluate

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build dist *.egg-info
