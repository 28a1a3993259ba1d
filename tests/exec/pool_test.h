/* pool_test.h: a pool with the program of bad jobs, and what to ask of it. */
#ifndef TESTS_EXEC_POOL_TEST_H
#define TESTS_EXEC_POOL_TEST_H

#include <starling/pool.h>

#include "programs.h"

/* Run body(pool) as the main task with a pool of `workers`, close the pool,
 * check that no child and no descriptor is left. */
void with_pool(int workers, int (*body)(sl_pool *pool));
void with_options(const sl_process_pool_options *options,
                  int (*body)(sl_pool *pool));

/* Run a job without data. */
int run(sl_pool *pool, const char *job);

/* Check that the pool answers. */
void check_works(sl_pool *pool);

/* The process that runs the next job. */
int worker_pid(sl_pool *pool);

/* Submit a job that never ends, and wait until it has begun. */
sl_future *submit_endless(sl_pool *pool);

/* The one child of this process; 0 if there is none. */
int helper_pid(void);

int open_descriptors(void);

/* The program under another name, by which it behaves otherwise. */
const char *program_called(const char *name);

#endif
