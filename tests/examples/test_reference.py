#!/usr/bin/env python3
"""The reference programs print what their documents show, to the character
where a document shows it."""
import math
import re

from programs import (about, check, check_lines, check_status, main, output,
                      run, start, test, test_of_time)
from harness import SCALE


def order(items, orders):
    factorials = [math.factorial(n) for n in range(2, orders + 1)]
    points = factorials[-1] if factorials else 1
    return [
        "=" * 60,
        "    RESTAURANT ORDER PROCESSING SYSTEM",
        "    Using Asyncio Coroutines with Futures",
        "=" * 60, "",
        f"Processing order with {items} items...",
        f"Customer has {orders} previous orders.", "",
        "Starting concurrent processing...", "",
        *[f"  [Bill Calculator] Adding item {i}: $10"
          for i in range(1, items + 1)],
        *[f"  [Loyalty System] Processing order {n + 2}: "
          f"Points multiplied to {p}" for n, p in enumerate(factorials)], "",
        f"✓ COMPLETED: BILL SUMMARY: {items} items = ${items * 10} + "
        f"Tax(${items}.00) = ${items * 11}.00", "",
        f"✓ COMPLETED: LOYALTY POINTS: Based on {orders} orders, "
        f"you earned {points} bonus points!", "",
        "=" * 60, "    ORDER PROCESSING COMPLETE!", "=" * 60]


@test
def an_order_of_five_items_is_the_documents_sample():
    check_lines(output("order_processing", "5", "4"), order(5, 4))


@test
def orders_of_other_sizes_add_up():
    for items, orders in ((0, 0), (1, 1), (3, 6), (2, 20)):
        check_lines(output("order_processing", str(items), str(orders)),
                    order(items, orders))


@test
def an_order_without_arguments_tells_its_usage_and_takes_five_and_four():
    lines = output("order_processing")
    check(lines[0] == "" and "ITEMS ORDERS" in lines[1] and lines[3] == "" and
          "default values: 5 items, 4 previous orders" in lines[4], lines)
    check_lines(lines[5:], order(5, 4))


@test
def an_order_that_is_no_number_or_too_big_is_refused():
    for arguments in (("x", "4"), ("5", "-1"), ("5", "21"), ("5", "4", "3"),
                      ("5", "4 "), ("-3", "4")):
        ended = run("order_processing", *arguments)
        check_status(ended, 2)
        check(len(ended.err.splitlines()) == 1 and not ended.out, ended)


@test_of_time
def both_parts_of_an_order_wait_at_the_same_time():
    ended = run("order_processing", "5", "4", scale=0.5)
    check(0.9 <= ended.seconds / SCALE < 1.9, ended.seconds)


def home_steps(lines):
    """Split what lies between opening and ending into steps."""
    steps = []
    for line in lines:
        if line.startswith(("🔒", "🌡️", "💡")):
            steps.append([])
        steps[-1].append(line)
    return steps


def security(step):
    check(step[0] == "🔒 [SECURITY] Checking all door and window sensors...")
    check(re.fullmatch(r"   ✓ Security check completed in [123]s - "
                       r"All sensors OK!", step[1]), step)
    return "Temperature Control"


def thermostat(step):
    found = re.fullmatch(r"🌡️  \[THERMOSTAT\] Current temperature: (\d+)°C",
                         step[0])
    check(found and 18 <= int(found[1]) <= 28, step)
    degrees = int(found[1])
    if degrees == 22:
        check(step[1] == "   ✓ Temperature is perfect at 22°C!", step)
    else:
        verb = "Cooling" if degrees > 22 else "Heating"
        check(re.fullmatch(fr"   ✓ {verb} activated! Adjusting to 22°C "
                           r"\(took [123]s\)", step[1]), step)
    return "Lighting Control"


def lights(step):
    room = r"(Living Room|Bedroom|Kitchen|Bathroom)"
    check(re.fullmatch(fr"💡 \[LIGHTS\] Checking {room} lighting...", step[0]))
    found = re.fullmatch(fr"   ✓ {room} brightness set to (\d+)% "
                         r"\(took [123]s\)", step[1])
    check(found and int(found[2]) <= 100, step)
    return "Security Check"


def check_home(lines):
    check_lines(lines[:13], [
        "=" * 60, "    SMART HOME AUTOMATION SYSTEM",
        "    Using Asyncio Event Loop Scheduling", "=" * 60, "",
        "This system rotates between three smart home tasks:",
        "  1. 🔒 Security System Check", "  2. 🌡️  Temperature Control",
        "  3. 💡 Lighting Control", "",
        "Running automation cycle for 30 seconds...", "=" * 60, ""])
    check_lines(lines[-7:], [
        "", "⏰ Automation cycle complete. Shutting down...", "", "=" * 60,
        "    SMART HOME AUTOMATION STOPPED",
        "    All systems in standby mode", "=" * 60])
    steps = home_steps(lines[13:-7])
    check(8 <= len(steps) <= 15, len(steps), "steps")
    for number, step in enumerate(steps):
        following = (security, thermostat, lights)[number % 3](step)
        rest = [] if number == len(steps) - 1 else [
            f"   → Scheduling: {following} in 1 second...", ""]
        if rest and number % 3 == 2:
            rest.append("-" * 50)
        check_lines(step[2:], rest)


@test_of_time
def the_smart_home_rotates_and_stops_in_time():
    for seed in ("1", "2", "3"):
        check_home(output("smart_home", "--seed", seed, scale=0.02))


@test_of_time
def a_seed_repeats_the_smart_home():
    first, again = (output("smart_home", "--seed", "7", scale=0.02)
                    for _ in range(2))
    # How many steps fit in is the machine's doing; the last lacks a line.
    steps = min(len(home_steps(lines[13:-7])) for lines in (first, again)) - 1
    first, again = (home_steps(lines[13:-7])[:steps]
                    for lines in (first, again))
    check(steps > 5 and first == again, first, again)


@test
def another_seed_is_another_smart_home():
    seen = {tuple(output("smart_home", "--seed", str(seed), scale=0.01))
            for seed in range(3)}
    check(len(seen) == 3, seen)


@test
def lines_come_when_they_are_printed_also_through_a_pipe():
    for name in ("analytics", "smart_home", "example_1", "example_2"):
        process = start(name, scale=1000)
        try:
            # It has hours to go: what is read now was not kept for its end.
            check(process.stdout.readline() != b"", name)
        finally:
            process.kill()
            process.communicate()


ANALYTICS_TAIL = """
✅ [SALES COMPLETE] Total Daily Revenue = $900
   Average Order Value = $112.50

✅ [TRAFFIC COMPLETE] Total Visitors Today = 1150
   Peak Hour Visitors = 720

✅ [INVENTORY COMPLETE] Turnover Combinations = 6435
   Stock Efficiency = 53.3%
"""


@test
def the_analytics_are_the_documents_sample():
    rounds = []
    visitors = [15, 25, 40, 65, 105, 170, 275, 445]
    for n in range(1, 9):
        rounds += [f"📊 [SALES] Processing order #{n} - Value: ${25 * n}",
                   f"👥 [TRAFFIC] Hour {n}: {visitors[n - 1]} visitors on site",
                   f"📦 [INVENTORY] Analyzing product batch #{n} - "
                   f"Turnover factor: {math.comb(15, n)}"]
    check_lines(output("analytics", scale=0.01), [
        "=" * 65, "    E-COMMERCE ORDER ANALYTICS SYSTEM",
        "    Using Asyncio.Task for Parallel Execution", "=" * 65, "",
        "Running three analytics tasks in PARALLEL:",
        "  📊 Task 1: Daily Sales Revenue Calculation",
        "  👥 Task 2: Customer Traffic Analysis",
        "  📦 Task 3: Inventory Turnover Analysis", "", "-" * 65, "",
        *rounds, *ANALYTICS_TAIL.split("\n"), "-" * 65, "", "=" * 65,
        "    ALL ANALYTICS TASKS COMPLETED!",
        "    Dashboard ready for business review", "=" * 65])


RESULTS = "['Result of 1', 'Result of 2']"
SEQUENTIAL = ["Do something with 1...", "Done with 1",
              "Do something with 2...", "Done with 2"]
CONCURRENT = ["Do something with 1...", "Do something with 2...",
              "Done with 1", "Done with 2"]


def one_by_one(kind):
    return [*SEQUENTIAL[:2], f"{kind} 1 fully completed", *SEQUENTIAL[2:],
            f"{kind} 2 fully completed", RESULTS,
            about("Finished in {} seconds", 3)]


@test_of_time
def example_1_blocks_for_three_seconds():
    check_lines(output("example_1"), one_by_one("Fetch"))


@test_of_time
def example_2_waits_for_three_seconds():
    check_lines(output("example_2"), one_by_one("Task"))


@test_of_time
def example_2_fixed_waits_for_two():
    check_lines(output("example_2_fixed"), [
        *CONCURRENT[:3], "Task 1 fully completed", CONCURRENT[3],
        "Task 2 fully completed", RESULTS,
        about("Finished in {} seconds", 2)])


@test_of_time
def example_3_takes_three_then_two_then_two():
    check_lines(output("example_3"), [
        "--- Sequential (await coroutines one-by-one) ---", *SEQUENTIAL,
        RESULTS, about("Sequential finished in {} seconds", 3), "",
        "--- Concurrent using create_task + gather ---", *CONCURRENT, RESULTS,
        about("concurrent_with_create_task finished in {} seconds", 2), "",
        "--- Concurrent using gather(fetch, fetch) ---", *CONCURRENT, RESULTS,
        about("concurrent_with_gather_direct finished in {} seconds", 2)])


@test_of_time
def example_5_has_four_ways_of_two_seconds():
    check_lines(output("example_5"), [
        f"Task 1 and 2 awaited results: {RESULTS}",
        f"Coroutine Results: {RESULTS}", f"Task Results: {RESULTS}",
        f"Task Group Results: {RESULTS}", "Main Coroutine Done",
        about("Finished in {} seconds", 8)])


@test
def wrong_options_are_refused_in_one_line():
    for program in ("analytics", "smart_home", "example_1", "example_3"):
        for arguments in (("--time-scale", "0"), ("--time-scale", "x"),
                          ("--seed", "-4"), ("--seed",), ("--what",)):
            ended = run(program, *arguments, scale=None)
            check_status(ended, 2)
            check(len(ended.err.splitlines()) == 1 and not ended.out, ended)


main()
