#!/usr/bin/python3
"""python_pool.py NAME: nanoseconds a job, of asyncio with concurrent.futures.

The workloads of bench/exec/main.c, each as its guide would have one write it.
"""
import asyncio
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

WORKERS = len(os.sched_getaffinity(0))

WORKLOADS = {  # executor, bytes each way, jobs in flight, jobs
    "tpool_seq": (ThreadPoolExecutor, 0, 1, 5000),
    "tpool_pipe": (ThreadPoolExecutor, 0, 1000, 20000),
    "ppool_seq_64": (ProcessPoolExecutor, 64, 1, 2000),
    "ppool_pipe_64": (ProcessPoolExecutor, 64, 1000, 5000),
    "ppool_seq_1m": (ProcessPoolExecutor, 1 << 20, 1, 100),
    "ppool_pipe_1m": (ProcessPoolExecutor, 1 << 20, 32, 200),
}


def copy(data):
    return data


async def one_after_another(run, executor, data, count):
    for _ in range(count):
        await run(executor, copy, data)


async def measure(kind, size, in_flight, jobs):
    run = asyncio.get_running_loop().run_in_executor
    data = bytes(size)
    with kind(WORKERS) as executor:
        await asyncio.gather(*(run(executor, copy, data)
                               for _ in range(2 * WORKERS)))
        started = time.perf_counter_ns()
        await asyncio.gather(*(
            one_after_another(run, executor, data, jobs // in_flight)
            for _ in range(in_flight)))
        return (time.perf_counter_ns() - started) / jobs


if __name__ == "__main__":
    print(f"{asyncio.run(measure(*WORKLOADS[sys.argv[1]])):.0f}")
