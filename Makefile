# Every target is one line; `make help` lists them. `make demo` and `make test` are all that a newcomer needs.
.DEFAULT_GOAL := help
.PHONY: help setup demo ui test test-slow browser lint types format injections bench bench-store bench-service capacity hostile faults bench-desk desk-faults bench-retraining retrain-faults fuzz-api load lock clean distclean
RUN := .venv/bin/python -m
REPORT := out/report.html

help: ## list every target
	@sed -nE 's/^([a-z-]+):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'

setup: ## make .venv/ with the program and all it needs; a second run ends at once
	@deploy/setup.sh

demo: setup ## assess the sample applications and leave an HTML report
	@mkdir -p $(dir $(REPORT)) && .venv/bin/loanlens assess data_samples/applications --html $(REPORT) && echo "The report: file://$(abspath $(REPORT))"

ui: setup ## open the analyst's desk with its own database, and a first administrator's one-time password
	@.venv/bin/loanlens ui

test: lint types ## lint, check types, run the tests; EVAL_SET=DIR adds those that need the evaluation set
	@$(RUN) pytest $(if $(EVAL_SET),--eval-set=$(EVAL_SET))

test-slow: setup ## run the tests that need the real weights for long
	@$(RUN) pytest -m slow $(if $(EVAL_SET),--eval-set=$(EVAL_SET))

browser: setup ## run an analyst's day in a real browser (needs Debian's chromium)
	@$(RUN) pytest -m browser tests/browser

lint: setup ## check style and house rules (ruff)
	@$(RUN) ruff check .

types: setup ## check types (mypy --strict)
	@$(RUN) mypy

format: setup ## put imports in order and apply the safe fixes of ruff
	@$(RUN) ruff check --fix .

injections: setup ## assess documents that give orders to a machine beside their clean twins; COUNT=200 by default
	@.venv/bin/loanlens evaluate injections --count $(or $(COUNT),200)

bench: setup ## measure pages a second and latency of each stage on the samples
	@.venv/bin/loanlens bench

bench-store: setup ## measure the desk's queries on 100,000 made-up applications with 10 million facts (minutes, 6 GB of disk)
	@$(RUN) tests.bench_store

bench-service: setup ## measure applications an hour through intake, queue and workers; N=300 applications, WORKERS="1 2"
	@$(RUN) tests.bench_service --applications $(or $(N),100) --workers $(or $(WORKERS),1 2)

capacity: setup ## work docs/capacity.md out from docs/capacity.yaml: machines and cost for a load
	@$(RUN) tests.capacity

hostile: setup ## send 260 broken and hostile files through the service and say what became of each
	@$(RUN) tests.hostile

faults: setup ## kill and freeze the service's parts under a running batch, fill its disk, and count; KILLS=1000 REAL=50 for the full run
	@$(RUN) tests.faults --kills $(or $(KILLS),100) --takeover --desk $(if $(filter 0,$(shell id -u)),--full-disk)
	@$(RUN) tests.faults_outside
	@$(RUN) tests.faults_service --kills $(or $(KILLS),200)
	@$(if $(REAL),$(RUN) tests.faults --kills $(REAL) --real,true)

bench-desk: setup ## let 20 analysts correct 2,000 figures at once, and measure what each waits for (minutes)
	@$(RUN) tests.bench_desk

desk-faults: setup ## kill analysts and the database while they correct and decide, and count what is half written; KILLS=200
	@$(RUN) tests.desk_faults --kills $(or $(KILLS),200)

bench-retraining: setup ## measure how long retraining the extractor from corrected pages takes; PAGES=500
	@$(RUN) tests.bench_retraining --pages $(or $(PAGES),500)

retrain-faults: setup ## kill a retraining at random moments, resume it, and compare it with one that nobody killed; KILLS=20
	@$(RUN) tests.retrain_faults --kills $(or $(KILLS),20)

fuzz-api: setup ## ask the API everything its schema allows and forbids (schemathesis); EXAMPLES=10000 for the full run
	@$(RUN) tests.fuzz_api --examples $(or $(EXAMPLES),1000)

load: setup ## measure the API at a fixed rate of requests; RATE=50 SECONDS=30 PROCESSES=1
	@$(RUN) tests.load_api --rate $(or $(RATE),50) --seconds $(or $(SECONDS),30) --processes $(or $(PROCESSES),1)

lock: setup ## resolve requirements*.in into the locks again
	@deploy/lock.sh

clean: ## remove what can be made again in seconds: reports, caches
	@rm -rf out build .mypy_cache .ruff_cache .pytest_cache .hypothesis && find . -path ./.venv -prune -o -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## also remove .venv/
	@rm -rf .venv loanlens.egg-info
