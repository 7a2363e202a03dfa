# OMQ_TRY_CFLAGS(VARIABLE, FLAGS): add to VARIABLE each of FLAGS that the
# compiler takes.
AC_DEFUN([OMQ_TRY_CFLAGS], [
  for omq_flag in $2; do
    AC_MSG_CHECKING([whether $CC takes $omq_flag])
    omq_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS -Werror $omq_flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
      [AC_MSG_RESULT([yes]); $1="$[]$1 $omq_flag"],
      [AC_MSG_RESULT([no])])
    CFLAGS=$omq_saved_cflags
  done
])
