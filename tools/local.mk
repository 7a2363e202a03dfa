# What helps who works on the tree: see tests/README.md.
EXTRA_DIST += %D%/compile_commands.sh %D%/lint.sh %D%/cppcheck.cfg \
	%D%/hooks/pre-commit %D%/hooks/commit-msg \
	.clang-tidy .cppcheck-suppressions .editorconfig .luacheckrc .shellcheckrc

# Not all files are compiled with the last three; the others do not mind.
.PHONY: compile_commands
compile_commands: $(BUILT_SOURCES)
	@$(SHELL) $(srcdir)/%D%/compile_commands.sh "$(abs_top_srcdir)" \
	  $(COMPILE) -DSOURCE_DIR='"$(abs_top_srcdir)"' -DORDERS_FILE='""' \
	  -DORDERMQ_CRASH_POINTS

# Faults that are seen without running anything; what is not installed is left
# out.
.PHONY: lint
lint: compile_commands
	@$(srcdir)/%D%/lint.sh -b "$(abs_top_builddir)"

# What git asks before a commit, in seconds.
.PHONY: hooks
hooks:
	@git -C $(srcdir) config core.hooksPath %D%/hooks && \
	  echo 'git runs %D%/hooks before a commit'
