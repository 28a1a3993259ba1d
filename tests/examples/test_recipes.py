#!/usr/bin/env python3
"""The one-page programs of the guide show what their pages say they show."""
import re

from programs import (check, check_lines, check_status, main, output, run,
                      test, test_of_time)
from harness import environment


@test_of_time
def cleanup_runs_on_every_path():
    check_lines(output("cleanup", scale=0.2), [
        "first: stopping, because it is no longer needed", "first: put away",
        "app: the first was cancelled, the second goes on",
        "app: the second is still copying",
        "second: stopping, because the group was stopped",
        "second: put away", "app: nothing is left"])


@test_of_time
def a_timeout_bounds_both_questions_together():
    check_lines(output("timeout", scale=0.2), [
        "1 second for 300 ms and 400 ms:", "  first question: answered",
        "  second question: answered", "  together: in time",
        "1 second for 300 ms and 5 s:", "  first question: answered",
        "  second question: given up", "  together: timed out"])


@test_of_time
def shields_finish_what_was_begun():
    check_lines(output("shield", scale=0.2), [
        "transfer: withdrawing", "transfer: depositing",
        "transfer: Operation canceled", "bank: nothing is half done",
        "waiter: timed out", "compute: done"])


@test
def the_counter_never_holds_more_than_four_plates():
    lines = output("queue", scale=0.2)
    check(len(lines) == 13 and lines[-1] == "12 plates carried by 3 waiters",
          lines)
    for number, line in enumerate(lines[:-1], 1):
        found = re.fullmatch(rf"plate {number} is out, ([0-4]) on the counter",
                             line)
        check(found, line)


@test_of_time
def three_clients_talk_at_the_same_time():
    check_lines(output("echo_streams", scale=0.5), [
        f"client {i} heard: {word} from client {i}"
        for word in ("hello", "goodbye") for i in (1, 2, 3)])


@test
def a_thread_of_a_library_delivers_all_it_has_measured():
    check_lines(output("sensor"), ["10 readings, together 385"])


@test
def a_file_is_followed_to_its_last_line():
    check_lines(output("watcher", scale=0.2),
                [f"entry {n}" for n in range(1, 6)])


@test
def only_what_may_work_next_time_is_retried():
    check_lines(output("retry"), [
        "shaky service: attempt 1 failed", "shaky service: attempt 2 failed",
        "shaky service: attempt 3 worked",
        "shaky service: done after 3 attempts",
        "strict service: attempt 1 failed",
        "strict service: given up after 1 attempts",
        *[f"gone service: attempt {n} failed" for n in range(1, 6)],
        "gone service: given up after 5 attempts"])


@test_of_time
def each_host_has_its_own_rate():
    lines = output("rate_limit", scale=0.2)
    check(len(lines) == 8, lines)
    for host, interval in (("one.example", 0.5), ("two.example", 0.8)):
        mine = [line for line in lines if line.startswith(host)]
        for n, line in enumerate(mine):
            found = re.fullmatch(
                rf"{host}: request {n + 1} at (\d+\.\d) s", line)
            check(found and -0.06 < float(found[1]) - n * interval < 0.5, lines)


@test_of_time
def the_bar_ends_full_and_only_once_in_a_file():
    ended = run("progress", scale=0.1)
    check_status(ended, 0)
    check(ended.out == "10 items done\n", ended.out)
    check(re.fullmatch(r"Working: 100%\|█{16}\| 10/10 "
                       r"\[00:02<00:00, +\d+\.\ditem/s\]\n", ended.err),
          ended.err)


@test_of_time
def every_task_is_logged_as_it_starts_and_ends():
    check_lines(output("task_log", scale=0.2), [
        "0.0 s  alpha    starts", "0.0 s  beta     starts",
        "0.0 s  gamma    starts", "0.1 s  beta     ends: well",
        "0.3 s  alpha    ends: well",
        "0.6 s  gamma    ends: Operation canceled"])


@test
def a_deadlock_is_told_and_not_sat_out():
    ended = run("deadlock", scale=0.2, limit=5)
    check_status(ended, 1)
    for words in ("deadlock",
                  "left first: waits for lock, which 'right first' holds",
                  "right first: waits for lock, which 'left first' holds"):
        check(words in ended.err, ended)
    check_lines(output("deadlock", "ordered", scale=0.2),
                ["both locks held"] * 2)


@test
def a_crawl_visits_every_page_and_keeps_to_its_limits():
    check_lines(output("crawler", scale=0.2), [
        f"{size}.example: 7 pages, never more than 2 at once"
        for size in ("big", "small", "tiny")])


@test_of_time
def stages_overlap():
    lines = output("etl", scale=0.5)
    check(lines[0] == "20 records, sum of squares 2870", lines)
    found = re.fullmatch(r"stage after stage: 2\.00 seconds; "
                         r"overlapping: (\d\.\d\d) seconds", lines[1])
    check(found and 0.8 < float(found[1]) < 1.6, lines)


@test_of_time
def every_viewer_sees_the_last_figure():
    lines = output("dashboard", "--viewers", "100", scale=1)
    found = re.fullmatch(r"100 viewers, (\d+) lines, "
                         r"100 saw the last figure", lines[0])
    check(found and 100 <= int(found[1]) <= 500, lines)


@test
def ten_readers_share_three_connections():
    check_lines(output("database"), [
        "10 readers on 3 connections found 1000 of 1000 stars"])


@test_of_time
def a_function_that_blocks_is_waited_for_on_a_thread():
    lines = output("offload", scale=0.1)
    check(re.fullmatch(r"100, 200 and 300 after 1\.\d seconds", lines[0]),
          lines)


@test
def children_end_well_badly_or_by_force():
    check_lines(output("children"), [
        "sort: Altair first", "sh: status 3, no film", "sleep: timed out",
        "12 squared is 144", "111 squared is 12321",
        "it ended with status 0"])


@test
def a_service_obeys_signals_and_finishes_what_has_come():
    lines = output("signals")
    lines.remove("SIGTERM: nothing more is taken")  # while the last are at work
    check_lines(lines, [
        *[f"request {n} is answered, with settings 1" for n in (1, 2)],
        "SIGHUP: settings 2 are in force",
        *[f"request {n} is answered, with settings 2" for n in (3, 4, 5)]])


@test
def a_name_follows_a_request_into_its_tasks():
    lines = output("request_id")
    check(lines[0] == "[server] is up" and lines[-1] == "[server] is down",
          lines)
    for name in ("r-1", "r-2"):
        check_lines([line for line in lines if line.startswith(f"[{name}]")], [
            f"[{name}] begins", f"[{name}] the catalogue has answered",
            f"[{name}] the archive has answered", f"[{name}] is done"])


@test
def rowers_wait_for_each_other():
    check_lines(output("rowers"), [
        "ready", "stroke 1", "stroke 2", "stroke 3", "all are ashore"])


@test
def a_day_passes_in_no_time():
    check_lines(output("virtual_time"), [
        "broken after 7 readings, at 7:00",
        "good until midnight, after 17 readings"])


def debugged(name):
    """What debug mode says of a program, and what the program says."""
    ended = run(name, scale=None, env=environment(SL_DEBUG="1"))
    check_status(ended, 0)
    return ended.err, ended.out.split("\n")[:-1]


@test_of_time
def a_blocking_call_is_seen_by_others_and_by_debug_mode():
    said, lines = debugged("pitfall_blocking")
    check_lines(lines, ["on the loop: others waited the whole time",
                        "on a thread: others waited for no time"])
    check("slow: task 'main'" in said, said)


@test
def a_prepared_call_that_is_never_made_is_reported_with_its_place():
    said, lines = debugged("pitfall_forgotten")
    check_lines(lines, ["mail to Berta is sent", "mail to Clara is sent"])
    check(re.search(r"pitfall_forgotten\.c:\d+: .*never awaited", said), said)


@test
def a_task_that_ignores_its_end_is_reported():
    said, lines = debugged("pitfall_ignored")
    check_lines(lines, ["polite: stopped", "stubborn: went on to its end"])
    check("cancel storm" in said, said)


@test
def a_prepared_call_is_made_once():
    check_lines(output("pitfall_reused"),
                ["first: 1, second: used a second time"])


@test
def a_semaphore_bounds_what_thousands_of_tasks_do_at_once():
    check_lines(output("pitfall_unbounded", scale=1), [
        "without a limit: 2000 requests, 2000 at once",
        "with a limit: 2000 requests, 8 at once"])


main()
