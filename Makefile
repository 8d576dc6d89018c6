# lathe: build, test, install.  `make help` lists targets and variables.
# SPDX-License-Identifier: GPL-2.0-or-later
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

MODE	   ?= release
B	   := build/$(MODE)
prefix	   ?= /usr/local
bindir	   ?= $(prefix)/bin
libexecdir ?= $(prefix)/libexec
datadir	   ?= $(prefix)/share
mandir	   ?= $(datadir)/man
sysconfdir ?= /etc
DESTDIR	   ?=
PKG_CONFIG ?= pkg-config
INSTALL	   ?= install
ifeq ($(origin CC),default)
CC	   := gcc
endif
AR	   := ar
CFLAGS	   ?= -O2 -g
Q	   := $(if $(V),,@)

VERSION := 0.1.0

warn := -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wundef -Wimplicit-fallthrough \
	$(if $(findstring clang,$(CC)),-Wno-missing-field-initializers -Wno-string-plus-int,-Wjump-misses-init)
base := -std=gnu17 -D_GNU_SOURCE -MMD -MP $(warn) $(if $(WERROR),-Werror)

mode-release :=
mode-asan    := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
mode-tsan    := -fsanitize=thread
mode-cov     := --coverage -O0
mode-fuzz    := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(origin mode-$(MODE)),undefined)
$(error MODE is one of: release asan tsan cov fuzz)
endif
san := $(mode-$(MODE))

# ---- parts we do not write ------------------------------------------------------------
# Asked for once, and only by targets that compile: `make qualify` installs them first.
pkgs.glib    := glib-2.0 gobject-2.0 gio-2.0 gio-unix-2.0
pkgs.libvirt := libvirt libvirt-qemu libvirt-glib-1.0 libxml-2.0
pkgs.json    := jansson
pkgs.xml     := libxml-2.0
pkgs.archive := libarchive
pkgs.hwloc   := hwloc
pkgs.all     := $(pkgs.glib) $(pkgs.libvirt) $(pkgs.json) $(pkgs.archive) $(pkgs.hwloc)
glib.cflags    = $(eval glib.cflags := $$(shell $(PKG_CONFIG) --cflags $(pkgs.glib)))$(glib.cflags)
libvirt.cflags = $(eval libvirt.cflags := $$(shell $(PKG_CONFIG) --cflags $(pkgs.libvirt)))$(libvirt.cflags)
json.cflags    = $(eval json.cflags := $$(shell $(PKG_CONFIG) --cflags $(pkgs.json)))$(json.cflags)
xml.cflags     = $(eval xml.cflags := $$(shell $(PKG_CONFIG) --cflags $(pkgs.xml)))$(xml.cflags)
archive.cflags = $(eval archive.cflags := $$(shell $(PKG_CONFIG) --cflags $(pkgs.archive)))$(archive.cflags)
hwloc.cflags   = $(eval hwloc.cflags := $$(shell $(PKG_CONFIG) --cflags $(pkgs.hwloc)))$(hwloc.cflags)
all.libs       = $(eval all.libs := $$(shell $(PKG_CONFIG) --libs $(pkgs.all)) -lm)$(all.libs)

# ---- what is built from what ----------------------------------------------------------
harness.src := $(wildcard harness/*/*.c harness/knob/rows/*.c workloads/*.c reports/*.c guest-agent/image/*.c) \
	       guest-agent/wire.c
agent.src   := $(wildcard guest-agent/*.c)
unit.src    := $(wildcard tests/unit/test-*.c)
fuzz.src    := $(wildcard tests/fuzz/fuzz-*.c)
headers	    := $(wildcard harness/*/*.h harness/knob/rows/*.h workloads/*.h reports/*.h guest-agent/*.h \
			  guest-agent/image/*.h)

obj = $(patsubst %.c,$(B)/%.o,$($(1).src))

# What a folder may include is the architecture (design: includes point one way). A header
# is named without its folder, so a folder that is not listed cannot be reached.
i.base	    := -Iharness/base
i.host	    := $(i.base) -Iharness/host
i.bundle    := $(i.base) -Iharness/bundle
i.wire	    := -Iguest-agent
i.workloads := $(i.base) -Iworkloads
i.measure   := $(i.host) $(i.bundle) -Iharness/measure
i.plan	    := $(i.host) $(i.bundle) -Iharness/plan
i.knob	    := $(i.plan) -Iharness/knob -Iharness/knob/rows
i.tune	    := $(i.knob) -Iharness/tune
i.judge	    := $(i.knob) $(i.measure) -Iharness/judge
i.domain    := $(i.plan) -Iharness/domain
i.vm	    := $(i.plan) -Iharness/vm
i.fleet	    := $(i.domain) -Iharness/vm -Iharness/knob -Iharness/tune -Iharness/fleet
i.guest	    := $(i.host) $(i.bundle) $(i.wire) -Iharness/guest
i.image	    := $(i.base) -Iguest-agent/image
i.reports   := $(i.judge) -Ireports
i.run	    := $(i.judge) $(i.vm) $(i.guest) $(i.image) $(i.reports) $(i.workloads) -Iharness/tune -Iharness/domain \
	       -Iharness/fleet -Iharness/run
i.command   := $(i.run) -Iharness/command

$(B)/harness/base/%.o:	    inc = $(i.base) $(glib.cflags)
$(B)/harness/host/%.o:	    inc = $(i.host) $(glib.cflags) $(hwloc.cflags) $(archive.cflags)
$(B)/harness/bundle/%.o:    inc = $(i.bundle) $(glib.cflags) $(json.cflags)
$(B)/harness/plan/%.o:	    inc = $(i.plan) $(glib.cflags)
$(B)/harness/knob/%.o:	    inc = $(i.knob) $(glib.cflags) $(xml.cflags) $(hwloc.cflags)
$(B)/harness/tune/%.o:	    inc = $(i.tune) $(glib.cflags) $(json.cflags)
$(B)/harness/measure/%.o:   inc = $(i.measure) $(glib.cflags) $(json.cflags)
$(B)/harness/judge/%.o:	    inc = $(i.judge) $(glib.cflags) $(paths)
$(B)/harness/domain/%.o:    inc = $(i.domain) $(glib.cflags) $(xml.cflags)
$(B)/harness/fleet/%.o:	    inc = $(i.fleet) $(glib.cflags) $(json.cflags)
$(B)/harness/vm/%.o:	    inc = $(i.vm) $(glib.cflags) $(libvirt.cflags)
$(B)/harness/guest/%.o:	    inc = $(i.guest) $(glib.cflags)
$(B)/harness/run/%.o:	    inc = $(i.run) $(glib.cflags)
$(B)/harness/command/%.o:   inc = $(i.command) $(glib.cflags) $(json.cflags) $(paths)
$(B)/harness/main.o:	    inc = $(i.command) $(glib.cflags) $(paths)
$(B)/workloads/%.o:	    inc = $(i.workloads) $(glib.cflags)
$(B)/reports/%.o:	    inc = $(i.reports) $(glib.cflags) $(xml.cflags) $(json.cflags)
$(B)/guest-agent/image/%.o: inc = $(i.image) $(glib.cflags) $(archive.cflags)
$(B)/guest-agent/%.o:	    inc = $(i.wire)
$(B)/tests/%.o:		    inc = $(i.command) -Itests/unit $(glib.cflags) $(json.cflags) \
				  $(libvirt.cflags) $(archive.cflags) \
				  -DLATHE_VERSION='"$(VERSION)"'

paths = -DLATHE_VERSION='"$(VERSION)"' -DLATHE_LIBEXECDIR='"$(libexecdir)/lathe"' \
	-DLATHE_DATADIR='"$(datadir)/lathe"' -DLATHE_SYSCONFDIR='"$(sysconfdir)/lathe"'

manuals := $(wildcard man/*)
completionsdir := $(datadir)/bash-completion/completions

profiles := $(patsubst harness/%,$(B)/%,$(wildcard harness/profiles/*.ini))

all: $(B)/lathe $(B)/lathe-agent $(profiles) $(B)/lathe.bash

$(B)/lathe: $(B)/harness/main.o $(B)/liblathe.a
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) $(san) $(LDFLAGS) $^ $(all.libs) $(LDLIBS) -o $@
$(B)/liblathe.a: $(call obj,harness)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
# The agent is PID 1 of a guest that has nothing else: static, and never with a sanitizer's
# runtime (the test build below has that). Linker warnings name libc calls that need a
# shared library at run time: they are errors.
$(B)/lathe-agent: $(patsubst %.c,$(B)/static/%.o,$(agent.src))
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -static -Wl,--fatal-warnings -Wl,--gc-sections $(LDFLAGS) $^ -o $@
$(B)/static/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(base) $(i.wire) -ffunction-sections -fdata-sections \
	    -DLATHE_VERSION='"$(VERSION)"' $(CFLAGS) -c $< -o $@
$(B)/profiles/%: harness/profiles/%
	@mkdir -p $(@D)
	$(Q)cp $< $@

# The sanitizers' word on leaks belongs to the tests, not to the build.
$(B)/lathe.bash: $(B)/lathe
	$(Q)ASAN_OPTIONS=detect_leaks=0 $< completion bash > $@

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS) $(base) $(inc) $(CFLAGS) $(san) -c $< -o $@

# A changed compiler or flag rebuilds everything; an unchanged one nothing.
$(B)/flags: stamp = $(CC) $(CPPFLAGS) $(base) $(CFLAGS) $(san) $(LDFLAGS)
$(B)/paths: stamp = $(subst ",\",$(paths))
$(B)/flags $(B)/paths: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$(stamp)" | cmp -s - $@ || printf '%s\n' "$(stamp)" > $@
$(patsubst %.c,$(B)/%.o,harness/main.c $(wildcard harness/command/*.c harness/judge/*.c)): $(B)/paths

# ---- checks ---------------------------------------------------------------------------
unit := $(patsubst %.c,$(B)/%,$(unit.src))
fuzz := $(patsubst %.c,$(B)/%,$(fuzz.src))

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/liblathe.a
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) $(san) $(LDFLAGS) $^ $(all.libs) -lcmocka $(LDLIBS) -o $@

# With libFuzzer in its own mode; else with a main() that replays files.
fuzz-main := $(if $(filter fuzz,$(MODE)),,$(B)/tests/fuzz/replay.o)
$(B)/tests/fuzz/fuzz-%: $(B)/tests/fuzz/fuzz-%.o $(fuzz-main) $(B)/liblathe.a
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) $(san) $(if $(fuzz-main),,-fsanitize=fuzzer) $(LDFLAGS) $^ \
	    $(all.libs) $(LDLIBS) -o $@

# A first program for guests that go wrong on purpose.
$(B)/tests/vm/%: tests/vm/%.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(base) $(CFLAGS) -static $< -o $@

# A test build of the agent: its own port, wire and start-up, and a liar behind them.
$(B)/tests/vm/hostile-agent: $(patsubst %,$(B)/static/%.o,tests/vm/hostile-agent \
		guest-agent/announce guest-agent/init guest-agent/kernel-threads \
		guest-agent/port guest-agent/wire)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -static $^ -o $@

# Every header stands on its own.
$(B)/headers.ok: $(headers) $(B)/flags
	$(Q)for h in $(headers); do echo "#include \"$$h\"" | \
	    $(CC) -std=gnu17 -D_GNU_SOURCE $(warn) -Werror -I. $(i.command) $(glib.cflags) \
	    $(libvirt.cflags) $(archive.cflags) $(json.cflags) $(hwloc.cflags) -fsyntax-only -x c - || exit 1; done
	@touch $@
check-headers: $(B)/headers.ok

cli := $(wildcard tests/cli/*) tests/bench/check-figures

# The programs of `make bench`: a guest's first program, and a reader of large histograms.
$(B)/tests/bench/bare-init: tests/bench/bare-init.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(CC) $(base) $(CFLAGS) -static $< -o $@
$(B)/tests/bench/bench-histogram: $(B)/tests/bench/bench-histogram.o $(B)/liblathe.a
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) $(san) $(LDFLAGS) $^ $(all.libs) $(LDLIBS) -o $@
bench.programs := $(B)/tests/bench/bare-init $(B)/tests/bench/bench-histogram

# Those with real guests.
guests := tests/vm/suite tests/vm/vms tests/vm/sync

tests := $(unit) $(fuzz) $(B)/tests/vm/faulty-init $(B)/tests/vm/obedient-init \
	 $(B)/tests/vm/hostile-agent \
	 $(bench.programs)
test-programs: all $(tests) check-headers
# From here on a program is one of that build: it finds its agent there.
run-tests = JOBS=2 TESTS=$(CURDIR)/tests tests/run BUILD=$(CURDIR)/$(B)

check-unit: test-programs
	$(Q)$(run-tests) $(unit) $(fuzz) $(cli)
check-vm: test-programs
	$(Q)$(run-tests) $(guests)

# The expected output of the tests that compare with a file. The difference is for a reviewer.
golden: golden := $(patsubst %.c,$(B)/%,$(shell grep -l UPDATE_GOLDEN $(unit.src)))
golden: test-programs
	$(Q)UPDATE_GOLDEN=1 $(run-tests) $(golden)

# libFuzzer stores what it finds in the first folder: never the source tree.
fuzz-end   := $(if $(SECONDS),-max_total_time=$(SECONDS),-runs=$(or $(RUNS),20000))
fuzz-names := $(or $(FUZZ),$(patsubst tests/fuzz/fuzz-%.c,%,$(fuzz.src)))
check-fuzz:
	$(Q)setup/require build fuzz
	+$(Q)$(MAKE) --no-print-directory MODE=fuzz CC=clang fuzz-programs
	$(Q)for name in $(fuzz-names); do \
	    mkdir -p build/fuzz/corpus/$$name build/fuzz/found && \
	    build/fuzz/tests/fuzz/fuzz-$$name $(fuzz-end) -timeout=20 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/found/$$name- build/fuzz/corpus/$$name \
	    tests/fuzz/corpus/$$name || exit 1; done
fuzz-programs: $(fuzz)

# The agent is static and not instrumented: what a guest runs of it counts only where a test
# compiles it in.
coverage:
	$(Q)setup/require build run test coverage
	+$(Q)$(MAKE) --no-print-directory MODE=cov test-programs
	$(Q)find build/cov -name '*.gcda' -delete
	+$(Q)$(MAKE) --no-print-directory MODE=cov check-unit $(if $(VM),check-vm)
	$(Q)gcovr -r . --csv --exclude tests/ build/cov | tests/coverage

# ---- the two commands -----------------------------------------------------------------
# What is missing is installed before anything is compiled: the second make finds it.
qualify:
	$(Q)setup/require build run
	+$(Q)$(MAKE) --no-print-directory all
	$(Q)$(B)/lathe run smoke
# The unit tests and corpora once more, under ASan and UBSan.
sanitized = BUILD=$(CURDIR)/build/asan $(patsubst $(B)/%,build/asan/%,$(unit) $(fuzz))
check:
	$(Q)setup/require build run test
	+$(Q)$(MAKE) --no-print-directory test-programs
	$(if $(san),,+$(Q)$(MAKE) --no-print-directory MODE=asan test-programs)
	$(Q)$(run-tests) $(unit) $(fuzz) $(cli) $(guests) $(if $(san),,$(sanitized))

# Figures, and which of them keep their targets: BENCH="--pairs 9" for more pairs.
bench:
	$(Q)setup/require build run bench
	+$(Q)$(MAKE) --no-print-directory all bench-programs
	$(Q)BUILD=$(CURDIR)/$(B) tests/bench/run $(BENCH)
bench-programs: $(bench.programs)

install: all
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir)/lathe \
	    $(DESTDIR)$(datadir)/lathe/profiles $(DESTDIR)$(completionsdir) \
	    $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man5
	$(INSTALL) -m 755 $(B)/lathe $(DESTDIR)$(bindir)
	$(INSTALL) -m 755 $(B)/lathe-agent $(DESTDIR)$(libexecdir)/lathe
	$(INSTALL) -m 644 $(profiles) $(DESTDIR)$(datadir)/lathe/profiles
	$(INSTALL) -m 644 $(B)/lathe.bash $(DESTDIR)$(completionsdir)/lathe
	$(INSTALL) -m 644 $(filter %.1,$(manuals)) $(DESTDIR)$(mandir)/man1
	$(INSTALL) -m 644 $(filter %.5,$(manuals)) $(DESTDIR)$(mandir)/man5
uninstall:
	rm -f $(DESTDIR)$(bindir)/lathe $(DESTDIR)$(completionsdir)/lathe
	rm -f $(foreach m,$(manuals),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
	rm -rf $(DESTDIR)$(libexecdir)/lathe $(DESTDIR)$(datadir)/lathe

clean:
	rm -rf build
help:
	@echo 'make qualify      install what is missing, build, run `lathe run smoke` (root)'
	@echo 'make check        install what is missing, build, run all tests (root)'
	@echo 'make              build into build/$$(MODE); MODE=release asan tsan cov fuzz'
	@echo 'make check-unit   only the tests that need no guest'
	@echo 'make check-vm     only the tests on a real guest (root)'
	@echo 'make check-fuzz   fuzz every parser (clang); RUNS=20000 or SECONDS=N each, FUZZ=NAMES'
	@echo 'make coverage     lines that the unit tests reach; with VM=1 the guest tests as well'
	@echo 'make golden       rewrite expected output: review the difference'
	@echo 'make bench        what lathe costs, against its targets (root); BENCH="--pairs 9"'
	@echo 'make install      prefix=/usr/local DESTDIR=; uninstall undoes it'
	@echo 'make clean        remove build/'
	@echo 'Variables: CC CFLAGS LDFLAGS PKG_CONFIG WERROR=1 V=1'

.PHONY: all qualify bench bench-programs check check-unit check-vm check-fuzz \
	check-headers coverage fuzz-programs \
	golden test-programs install uninstall clean help FORCE
.SECONDARY:
-include $(shell test -d $(B) && find $(B) -name '*.d')
