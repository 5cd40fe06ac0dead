# Two commands for a newcomer: `make run` and `make test`. Everything else is in `make help`.

SHELL := /bin/sh
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test check client client-api demo bench chaos clean environment environment-dev environment-bench assets page page-dev test-servers

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: environment assets page  ## start the whole system here, with invented teachers (PORT, DATABASE_URL, REDIS_URL); Ctrl-C stops it
	@$(PY) -m server.local

test: environment-dev assets page-dev test-servers  ## install what the tests need and run them all
	$(PY) -m pytest $(ARGS)

check: environment-dev  ## lint, formatting, types, import contracts
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

client:  ## build the WeChat mini-program: client/dist/build/mp-weixin, to be opened in WeChat DevTools (WECHAT_APPID, VITE_API_URL)
	@deploy/client mini-program

client-api: environment-dev page-dev  ## write the client's API types anew, after the API changed
	@mkdir -p var && $(PY) -m server.local.document > var/openapi.json
	@cd client && node scripts/api.mjs ../var/openapi.json

demo: environment  ## thirty invented teachers study at once against a running `make run`
	@$(PY) -m demo $(ARGS)

bench: environment-bench test-servers  ## measure, about an hour (ARGS=--quick: minutes); then tables and pictures: python -m benchmarks.report
	@$(PY) -m benchmarks $(ARGS)

chaos: environment-dev test-servers  ## kill, freeze, cut off and set back what serves a class, and count what became of its seconds
	@$(PY) -m benchmarks.chaos $(ARGS)

clean:  ## remove the environment and caches; var/ (your data) stays
	rm -rf .venv console/assets/node_modules client/node_modules client/dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

environment:
	@deploy/environment requirements.txt

environment-dev:
	@deploy/environment requirements-dev.txt

environment-bench:
	@deploy/environment requirements-bench.txt

assets:
	@deploy/assets

page:
	@deploy/client page

page-dev:
	@deploy/client tests

test-servers:
	@deploy/test-servers
