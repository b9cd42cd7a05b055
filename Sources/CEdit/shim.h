#include <stdio.h>
#include <wchar.h>
#include <editline/readline.h>

/// Sets what Tab completes.
static inline void cedit_set_completion(rl_completion_func_t *complete) {
  rl_attempted_completion_function = complete;
}

/// Whether names of files are completed where the completion function finds nothing.
static inline void cedit_complete_files(int files) { rl_attempted_completion_over = !files; }

/// The line as it is typed so far.
static inline const char *cedit_line(void) { return rl_line_buffer ? rl_line_buffer : ""; }

/// Where the cursor is in it, in bytes; known while a command runs that was bound to a key.
static inline int cedit_point(void) { return rl_point; }

/// Sets what reads a character, or gives -1 at the end; before `rl_initialize`.
static inline void cedit_set_reader(int (*read_character)(FILE *)) {
  rl_getc_function = read_character;
}

// wchar.h has it for those alone who ask for X/Open's functions.
extern int wcwidth(wchar_t);

/// Columns that a terminal gives a character; less than 0 for one that is not shown.
static inline int cedit_columns(wchar_t character) { return wcwidth(character); }
