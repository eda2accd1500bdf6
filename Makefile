# Every target installs first; nothing but Python ≥ 3.11 is expected to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-bench
PEERS_PYTHON ?= $(PYTHON)
ARGS ?=
LOCK ?= --upgrade
COOLDOWN ?= 7 days

.PHONY: help install demo run test check lint types bench peers faults upgrade-test compose-test pin browser contracts boards manifests lock licences sbom release clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## locked dependencies into .venv

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## a day of Zhangye with known truth, on this machine
	@$(BIN)/huishang demo $(ARGS)

run: install ## everything embedded, until Ctrl-C
	@$(BIN)/huishang run $(ARGS)

test: install ## the whole suite; ARGS goes to pytest
	$(BIN)/python -m pytest $(ARGS)

lint: install ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## mypy --strict
	$(BIN)/mypy

check: lint types test ## what CI runs

bench: install peers ## everything measured, beside others doing the same, on Apache Kafka
	@$(BIN)/python -m bench $(ARGS)

peers: $(PEERS)/.installed ## what the benchmarks' peers need, into .venv-bench

$(PEERS)/.installed: requirements/bench.txt
	@$(PEERS_PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] in ((3, 11), (3, 12)) else f"bytewax has wheels up to Python 3.12, this is {sys.version.split()[0]}; try make PEERS_PYTHON=python3.12")'
	$(PEERS_PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bench.txt
	@touch $@

faults: install ## rounds of faults against an oracle, on Apache Kafka; ARGS="--rounds 20 --seed 7"
	@$(BIN)/python -m tests.faults $(ARGS)

upgrade-test: install ## a rolling upgrade from the version before and back, on Apache Kafka
	@$(BIN)/python -m tests.upgrade $(ARGS)

compose-test: install ## docker-compose.yml run for real, restarted piece by piece; without Docker as root on Debian
	@$(BIN)/python -m tests.compose $(ARGS)

pin: install ## digests of docker-compose.yml's images, from their registries into .env
	@$(BIN)/python -m deploy.pin $(ARGS)

browser: ## Debian's chromium and a Chinese font, for tests/browser; as root
	@command -v chromium >/dev/null && [ -n "$$(fc-list :lang=zh)" ] || { apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium fonts-wqy-microhei; }

contracts: install ## write docs/contracts anew from the code
	$(BIN)/huishang contracts export docs/contracts

boards: install ## write Grafana's boards anew from deploy/grafana
	$(BIN)/python -m deploy.grafana $(ARGS)

manifests: install ## write Kubernetes' topics, users and alerts anew from the code
	$(BIN)/python -m deploy.k8s

# uv writes its command into the first two, whence Renovate knows how to make them again.
# What came out within COOLDOWN is left alone when all is upgraded: what is planted is mostly found within days.
COMPILE = $(if $(LOCK),UV_EXCLUDE_NEWER='$(COOLDOWN)') $(BIN)/uv pip compile --quiet --universal --python-version=3.11 --generate-hashes

lock: install ## resolve the dependencies anew; LOCK= keeps what still fits
	$(COMPILE) $(LOCK) --extra=embedded --extra=train --extra=dev --output-file=requirements/dev.txt pyproject.toml
	$(COMPILE) --constraints=requirements/dev.txt --output-file=requirements/runtime.txt pyproject.toml
	{ grep -oE '^(daachorse|msgspec|opencc|pyyaml|xxhash)==[^ ]+' requirements/dev.txt; cat requirements/bench.in; } | $(COMPILE) $(LOCK) --output-file=requirements/bench.txt --custom-compile-command='make lock' -

licences: install ## write docs/licences.md anew from the lock files
	$(BIN)/python -m deploy.supply licences

sbom: install ## the image's bill of materials, CycloneDX, into dist
	$(BIN)/python -m deploy.supply sbom

release: install ## image, wheel and bill of materials of VERSION into dist; needs Docker
	deploy/release.sh $(VERSION) $(ARGS)

clean: ## remove what was installed and cached
	rm -rf $(VENV) $(PEERS) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
