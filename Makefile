# Kernel Feature Lab: `make lab` opens it, `make test` proves it. Each sets up .venv first, once.
#
# Needs Python 3.11 or newer, pip 22.3 or newer (any Python's) and make; no ensurepip, no activated environment.
#   make lab ARGS="--no-browser --port 8899 --ip 127.0.0.1"    ARGS goes to JupyterLab
#   make test ARGS="tests/naming -k slot"                      ARGS goes to pytest
#   make lab PYTHON=/opt/python/bin/python3 PIP="python3.12 -m pip"

PYTHON ?=
PIP ?=
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python -m
# What .venv was made from: another place, other ranges or other pins need another pip call.
FROM := $(shell { pwd; cat pyproject.toml constraints.txt; } | cksum | tr ' ' '-')
# An environment whose Python is gone (the system was upgraded) is made anew.
$(shell $(VENV)/bin/python -c '' 2>/dev/null || rm -f $(VENV)/lab-* $(VENV)/test-*)
PIP_FLAGS := --quiet --no-input --disable-pip-version-check --constraint constraints.txt

# Loopback and the token are JupyterLab's defaults and stay. settings/ keeps it from asking about news.
LAB_FLAGS := --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
  --LabApp.extension_manager=readonly --LabApp.app_settings_dir=settings \
  --ServerApp.root_dir=notebooks --LabApp.default_url=/lab/tree/00-start-here.ipynb \
  $(if $(filter 0,$(shell id -u)),--allow-root)

unexport PYTHONHOME PYTHONPATH
.PHONY: help lab test test-kernel test-kmod test-loads test-oracle test-oracle-all bench-naming bench-fleet bench-timeline bench-symbols bench-pagefault prove-pagefault fuzz notebooks setup clean
.NOTPARALLEL:
.SUFFIXES:

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

# The checkout's own notebooks are trusted first, or their stored pictures would not show before they are run.
lab: $(VENV)/lab-$(FROM)
	-@$(RUN) lab notebooks notebooks >/dev/null
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" exec $(RUN) jupyterlab $(LAB_FLAGS) $(ARGS)

test: $(VENV)/test-$(FROM)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(if $(strip $(ARGS)),$(RUN) pytest $(ARGS),$(RUN) tests.side_by_side)

# Fetches two Debian kernels (180 MB), one with plain modules, one with packed ones, and kmod 34: exports against the
# kernels' own Module.symvers, index files against kmod 30 and 34; or LAB_KERNEL_ROOT=DIR names one kernel.
test-kmod: $(VENV)/test-$(FROM)
	-tests/oracle/kmod-root trixie .oracle/kmod-trixie
	$(if $(LAB_KERNEL_ROOT),,tests/oracle/kernel-packages .kernel && tests/oracle/kernel-packages .kernel-6.12 6.12)
	for root in $(or $(LAB_KERNEL_ROOT),$(CURDIR)/.kernel $(CURDIR)/.kernel-6.12); do \
	  LAB_KMOD_ROOT=$(CURDIR)/.oracle/kmod-trixie LAB_KERNEL_ROOT=$$root \
	    $(RUN) pytest tests/symbols/test_real_*.py tests/symbols/test_depmod_kmod.py $(ARGS) || exit; done

# Gives modules to that kernel, booted in QEMU without network: `why` must say of each what it does, and name the symbols.
test-loads: $(VENV)/test-$(FROM)
	$(if $(LAB_KERNEL_ROOT),,tests/oracle/kernel-packages .kernel)
	LAB_KERNEL_ROOT=$(or $(LAB_KERNEL_ROOT),$(CURDIR)/.kernel) $(RUN) tests.oracle.loads $(ARGS)

# The lab's own claims on real kernels, booted in QEMU: names, driver, symbol lookup, page faults; 15 minutes at most.
# Fetches Debian's kernel into the user's cache, once. LAB_KERNEL=RELEASE or FOLDER names another, LAB_ACCEL=kvm hurries.
# Says what is missing and ends well where something is, as `kernel-lab kernel doctor` counts.
test-kernel: $(VENV)/test-$(FROM)
	-.ci/packages qemu-system-x86 busybox-static kmod udev iproute2 gcc libc6-dev make
	$(RUN) tests.booted_budget $(ARGS)

# Random machines on every bus: the names must be those that this machine's systemd gives.
test-oracle: $(VENV)/test-$(FROM)
	$(RUN) tests.oracle.naming $(ARGS)

# The same over systemd 247, 252, 257 and the newest, unpacked from Debian's archive (235 MB) by mmdebstrap.
test-oracle-all: $(VENV)/test-$(FROM)
	for suite in bullseye bookworm trixie sid; do tests/oracle/systemd-root $$suite .oracle/$$suite || exit; done
	$(RUN) tests.oracle.naming --checks 50000 $(ARGS) .oracle/bullseye .oracle/bookworm .oracle/trixie .oracle/sid
	LAB_SYSTEMD_ROOTS=.oracle/bookworm:.oracle/trixie:.oracle/sid $(RUN) pytest tests/naming/test_link_udevadm.py tests/naming/test_pin_confirm.py

# Names of one interface under all schemes, beside one udevadm process.
bench-naming: $(VENV)/test-$(FROM)
	$(RUN) tests.naming.bench_naming $(ARGS)

# Fleets of 1,000, 10,000 and 100,000 hosts of 8 interfaces under all schemes; 1,000 hosts against predict.
bench-fleet: $(VENV)/test-$(FROM)
	$(RUN) tests.naming.bench_fleet $(ARGS)

# Redraw of 10^5 segments and new data of as many, in a real browser.
bench-timeline: $(VENV)/test-$(FROM)
	$(VENV)/bin/python tests/browser/bench_timeline.py $(ARGS)

# The goals of speed as ratios beside gcc -O2 and kmod; LAB_KERNEL_ROOT names unpacked kernel packages, divided by blanks.
bench-symbols: $(VENV)/test-$(FROM)
	$(RUN) tests.symbols.bench_symbols $(ARGS) $(LAB_KERNEL_ROOT)

# Faults per CPU second of both engines beside plain SimPy and a heap, and how the cost grows with the tasks.
bench-pagefault: $(VENV)/test-$(FROM)
	$(RUN) tests.pagefault.bench_engines $(ARGS)

# Every closed form against SimPy, 200 cases of 50,000 faults (about 8 min of CPU); ARGS="--engine fast" for the other engine.
prove-pagefault: $(VENV)/test-$(FROM)
	$(RUN) tests.pagefault.proof $(ARGS)

# Damaged files for every parser of the symbol index, SECONDS of them: nothing but one clear line may come out.
fuzz: $(VENV)/test-$(FROM)
	$(RUN) tests.fuzz --seconds $(or $(SECONDS),60) $(ARGS)

# Runs the notebooks and stores what they show; `make test` then holds them to it.
notebooks: $(VENV)/test-$(FROM)
	$(RUN) tests.notebooks.store

setup: $(VENV)/test-$(FROM)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .oracle dist

# A Python that is new enough, then an environment without pip in it, then a pip from elsewhere to fill it.
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)

$(VENV)/lab-$(FROM) $(VENV)/test-$(FROM):
	@set -e; \
	if ! $(VENV)/bin/python -c '' 2>/dev/null; then \
	  for python in $(PYTHONS) ''; do \
	    $$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null </dev/null && break; \
	  done; \
	  test -n "$$python" || { echo 'no Python 3.11 or newer among: $(PYTHONS); try make $(MAKECMDGOALS) PYTHON=/path/to/python3' >&2; exit 1; }; \
	  echo "setting up $(VENV) with $$($$python --version), once"; \
	  $$python -m venv --clear --without-pip $(VENV); \
	fi; \
	base=$$($(VENV)/bin/python -c 'import sys; print(sys._base_executable)'); \
	for pip in $(if $(PIP),"$(PIP)","$$base -m pip" "python3 -m pip" pip3 pip) ''; do \
	  $$pip --python $(VENV)/bin/python list >/dev/null 2>&1 </dev/null && break; \
	done; \
	test -n "$$pip" || { echo 'no pip 22.3 or newer that works; install python3-pip, or try make $(MAKECMDGOALS) PIP="/path/to/python3 -m pip"' >&2; exit 1; }; \
	pip="$$pip --python $(VENV)/bin/python install $(PIP_FLAGS)"; \
	set -x; \
	$$pip hatchling; \
	$$pip --no-build-isolation --editable '.$(if $(findstring test-,$@),[test])'
	@rm -f $(VENV)/lab-* $(if $(findstring test-,$@),$(VENV)/test-*)
	@touch $(VENV)/lab-$(FROM) $@
