# The configuration, the systemd units, the examples, the completion.
# What an operator edits: installed once, and never over a changed file.
pkgsysconfdir = $(sysconfdir)/ordermq
EXTRA_DIST += %D%/ordermq.conf %D%/demo.conf
.PHONY: install-conf uninstall-conf
install-data-local: install-conf
uninstall-local: uninstall-conf
install-conf:
	@$(MKDIR_P) "$(DESTDIR)$(pkgsysconfdir)"
	test -e "$(DESTDIR)$(pkgsysconfdir)/ordermq.conf" || \
	  $(INSTALL_DATA) "$(srcdir)/%D%/ordermq.conf" \
	    "$(DESTDIR)$(pkgsysconfdir)/ordermq.conf"
uninstall-conf:
	! cmp -s "$(srcdir)/%D%/ordermq.conf" \
	    "$(DESTDIR)$(pkgsysconfdir)/ordermq.conf" || \
	  rm -f "$(DESTDIR)$(pkgsysconfdir)/ordermq.conf"

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	%D%/examples/checkout.conf \
	%D%/examples/events.conf \
	%D%/examples/orders-capped.conf \
	%D%/examples/orders-product.conf \
	%D%/examples/publish.c \
	%D%/examples/till.conf \
	%D%/examples/systemd/redis-elsewhere.conf \
	%D%/examples/systemd/redis-socket.conf \
	%D%/examples/voucher.conf

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/bash-completion/ordermqctl

units = \
	%D%/systemd/ordermq.service \
	%D%/systemd/ordermq@.service \
	%D%/systemd/ordermq-points@.service \
	%D%/systemd/ordermq-push@.service \
	%D%/systemd/ordermq-keeper.service \
	%D%/systemd/ordermq-outbox.service
# What several of them have in common.
unit_parts = \
	%D%/systemd/supervisor.part \
	%D%/systemd/instance.part \
	%D%/systemd/sandbox.part
put_parts = for part in supervisor instance sandbox; do \
	  echo "/^@$$part.part@$$/{"; \
	  echo "r $(srcdir)/%D%/systemd/$$part.part"; echo d; echo "}"; \
	done
whole_units = %D%/systemd/ordermq.target %D%/systemd/ordermq.slice
EXTRA_DIST += $(units:=.in) $(unit_parts) $(whole_units)
if HAVE_SYSTEMD
nodist_systemdsystemunit_DATA = $(units) $(whole_units)
endif
$(units): $(units:=.in) $(unit_parts) Makefile
	$(AM_V_at)$(MKDIR_P) $(@D) && ($(put_parts)) >$@.sed && \
	  $(SED) -f $@.sed $(srcdir)/$@.in >$@.whole
	$(substitute) $@.whole >$@.tmp && rm $@.sed $@.whole && mv $@.tmp $@
AM_DISTCHECK_CONFIGURE_FLAGS = \
	--with-systemdsystemunitdir=$$dc_install_base/$(systemdsystemunitdir)

sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = %D%/sysusers.d/ordermq.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dist_tmpfiles_DATA = %D%/tmpfiles.d/ordermq.conf
logrotatedir = $(sysconfdir)/logrotate.d
dist_logrotate_DATA = %D%/logrotate.d/ordermq
CLEANFILES += $(units)
