/* pool_script.h: what a hostile worker does, as bytes that a fuzzer can bend.
 *
 * A script is steps of a letter and its arguments; what is cut off or unknown
 * ends it. The worker plays it inside of a job, and then answers.
 */
#ifndef FUZZ_POOL_SCRIPT_H
#define FUZZ_POOL_SCRIPT_H

enum pool_script_step {
    SCRIPT_WRITE = 'w',  /* place (4), count (1), bytes: into the region */
    SCRIPT_CLAIM = 'c',  /* slot beside its own (1), rc (4): an answer */
    SCRIPT_TAIL = 't',   /* 1: this many more answers, and a bell */
    SCRIPT_SEND = 's',   /* count (1), bytes: a message */
    SCRIPT_ANSWER = 'a', /* rc (4): of the job, at the end */
    SCRIPT_HANG_UP = 'h',
    SCRIPT_EXIT = 'x',
};

#endif
