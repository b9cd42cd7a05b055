#include "Internal.h"

#ifdef __linux__
#include <sched.h>
#endif
#include <thread>

int32_t cllama_cores(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return int32_t(std::thread::hardware_concurrency());
}
