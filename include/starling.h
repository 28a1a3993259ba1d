/* starling.h: everything in libstarling. */
#ifndef STARLING_H
#define STARLING_H

#include <starling/address.h>
#include <starling/api.h>
#include <starling/barrier.h>
#include <starling/channel.h>
#include <starling/clock.h>
#include <starling/condition.h>
#include <starling/cores.h>
#include <starling/coro.h>
#include <starling/debug.h>
#include <starling/error.h>
#include <starling/event.h>
#include <starling/file.h>
#include <starling/future.h>
#include <starling/group.h>
#include <starling/local.h>
#include <starling/lock.h>
#include <starling/lookup.h>
#include <starling/loop.h>
#include <starling/once.h>
#include <starling/pool.h>
#include <starling/process.h>
#include <starling/queue.h>
#include <starling/retry.h>
#include <starling/rwlock.h>
#include <starling/sandbox.h>
#include <starling/scope.h>
#include <starling/semaphore.h>
#include <starling/shm.h>
#include <starling/signal.h>
#include <starling/stream.h>
#include <starling/task.h>
#include <starling/thread.h>
#include <starling/worker.h>
#include <starling/thread_channel.h>
#include <starling/udp.h>

#endif
