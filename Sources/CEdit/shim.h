#include <stdio.h>
#include <editline/readline.h>

/// Sets what Tab completes.
static inline void cedit_set_completion(rl_completion_func_t *complete) {
  rl_attempted_completion_function = complete;
}

/// Whether names of files are completed where the completion function finds nothing.
static inline void cedit_complete_files(int files) { rl_attempted_completion_over = !files; }

/// The line as it is typed so far.
static inline const char *cedit_line(void) { return rl_line_buffer ? rl_line_buffer : ""; }
