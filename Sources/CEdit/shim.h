#include <stdio.h>
#include <editline/readline.h>

/// Sets what Tab completes.
static inline void cedit_set_completion(rl_completion_func_t *complete) {
  rl_attempted_completion_function = complete;
}
