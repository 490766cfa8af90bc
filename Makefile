# The front door. Each target does the set-up that it needs; the second time there is none.
#   CC=clang make build      another compiler
#   FUZZ_SECONDS=600 make fuzz
#   PYTEST_ARGS="-k crash" make test

# `make format check test` means one after the other.
.NOTPARALLEL:
.PHONY: help setup setup-build pythons build demo test harm bench bench-peers docs check faces format sanitize fuzz wheel clean

help:
	@echo 'make demo       trace two real programs, show the reports, ask questions of the result'
	@echo 'make test       build, then run all tests'
	@echo 'make harm       what test suites of others do with and without the recorder, test by test: hours'
	@echo 'make build      build/bin/breadcrumb, ready to run from there'
	@echo 'make bench      what tracing, ingesting and asking cost, measured here, into docs/benchmarks.md'
	@echo 'make bench-peers  the same for whole programs, beside other tracers; PEERS_ARGS="--program go"'
	@echo 'make check      the rules that a tool can check: rooms, symbols, sizes, format, both compilers'
	@echo 'make docs       manual pages of all commands, in build/man'
	@echo 'make wheel      dist/breadcrumb-*.whl, which pip installs where there is nothing but Python'
	@echo 'make format     lay out all C and Python the way check wants it'
	@echo 'make faces      write docs and type stubs that are made from the table of settings'
	@echo 'make sanitize   the tests again, under ASan, UBSan and TSan'
	@echo 'make fuzz       each fuzz target for FUZZ_SECONDS (60)'
	@echo 'make setup      packages, libduckdb and test tools only'
	@echo 'make pythons    obtain the supported Pythons that this machine lacks, for the tests'
	@echo 'make clean      remove what was built, not what was fetched'

setup:
	@tools/setup.sh

# Without what only tests need.
setup-build:
	@tools/setup.sh --build

pythons: setup-build
	@tools/get_pythons.sh
	@tools/get_free_threaded.sh

build: setup-build
	@tools/build.sh build

harm: setup pythons build
	@tools/get_pythons.sh --suites
	@tools/with_env.sh tools/harm.sh

demo: build
	@tools/with_env.sh tools/demo.sh

test: setup pythons build
	@tools/test.sh build

bench: build
	@tools/with_env.sh bench/run.sh

bench-peers: setup build
	@tools/with_env.sh bench/peers/run.sh $(PEERS_ARGS)

docs: build
	@tools/with_env.sh sh -c '"$$BREADCRUMB_TOOLS_PYTHON" tools/faces.py --man build/man'

check: build
	@tools/check.sh

faces: build
	@tools/settings_faces.py

format: setup-build
	@tools/format.sh

sanitize: setup
	@tools/sanitize.sh

fuzz: setup-build
	@tools/fuzz.sh

wheel: build
	@tools/wheel.sh

clean:
	rm -rf build build-* dist
