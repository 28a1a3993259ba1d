"""Tasks for gdb, in a live program or a core file.

    (gdb) source starling.py    (where it is installed under /usr, gdb does)
    (gdb) sl tasks              the tree of tasks of every loop
    (gdb) sl bt NAME|0xADDRESS  where a task is, suspended or not

A suspended task is a saved stack pointer. The switch (src/context/switch_*.S)
has pushed all registers that a called function must preserve below it, in an
order that this file knows, too. gdb is not made to believe that these are the
processor's: an unwinder puts the task's frames above the newest one of the
selected thread, and the command takes that one away again. So nothing is
written, and a core file will do.
"""
import re

import gdb
import gdb.unwinder

SCOPE_GROUP = 2
STATES = ("ready", "parked", "ended")
ENDED = 2

# Offsets from the saved stack pointer, and how far below the caller's it is.
LAYOUTS = {
    "i386:x86-64": (
        {"r15": 8, "r14": 16, "r13": 24, "r12": 32, "rbx": 40, "rbp": 48,
         "rip": 56}, "rsp", 64),
    "aarch64": (
        {**{f"x{19 + i}": 8 * i for i in range(12)}, "pc": 88}, "sp", 176),
}


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class TaskUnwinder(gdb.unwinder.Unwinder):
    """Says that the newest frame was called by a suspended task."""

    def __init__(self):
        super().__init__("starling tasks")
        self.task_sp = None
        self.newest_sp = None

    def __call__(self, frame):
        if self.task_sp is None or \
                int(frame.read_register("sp")) != self.newest_sp:
            return None
        registers, sp_name, size = layout_of(frame.architecture().name())
        info = frame.create_unwind_info(
            FrameId(frame.read_register("sp"), frame.read_register("pc")))
        for name, offset in registers.items():
            kind = frame.read_register(name).type
            info.add_saved_register(
                name, read_word(self.task_sp + offset).cast(kind))
        kind = frame.read_register(sp_name).type
        info.add_saved_register(
            sp_name, gdb.Value(self.task_sp + size).cast(kind))
        return info


def layout_of(architecture):
    try:
        return LAYOUTS[architecture]
    except KeyError:
        raise gdb.GdbError(f"no idea how tasks are saved on {architecture}")


def read_word(address):
    word = gdb.lookup_type("unsigned long")
    return gdb.Value(address).cast(word.pointer()).dereference()


def loops():
    """Each thread's loop, with the thread selected meanwhile."""
    selected = gdb.selected_thread()
    if selected is None:
        raise gdb.GdbError("there is no program to look at")
    try:
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            try:
                loop = gdb.parse_and_eval("sl__current_loop")
            except gdb.error:
                raise gdb.GdbError(
                    "nothing is known of libstarling: it is not loaded yet, or "
                    "was stripped of what debuggers need") from None
            if int(loop) != 0:
                yield loop
    finally:
        selected.switch()


def groups_of(task):
    """The groups that a task has open, outermost first."""
    scope = task["scope"]
    while int(scope) != 0 and int(scope["outer"]) != 0:
        scope = scope["outer"]
    while int(scope) != 0:
        if int(scope["kind"]) == SCOPE_GROUP:
            yield scope.cast(gdb.lookup_type("sl_group").pointer())
        scope = scope["inner"]


def tasks_below(task, depth):
    yield task, depth
    for group in groups_of(task):
        yield from tasks_in(group, depth + 1)


def tasks_in(group, depth):
    task = group["first"]
    while int(task) != 0:
        if int(task["state"]) != ENDED:
            yield from tasks_below(task, depth)
        task = task["next"]


def name_of(task):
    extra = task["extra"]
    name = extra["name"].string(errors="replace") if int(extra) else ""
    return name or "task"


def state_of(task, loop):
    if int(loop["current"]) == int(task):
        return "running"
    waiter = task["waiter"]
    if int(task["state"]) == 1 and int(waiter) != 0:
        what = waiter["what"]
        return "waits for " + (what.string() if int(what) else "something")
    return STATES[int(task["state"])]


def all_tasks():
    for loop in loops():
        for task, depth in tasks_in(loop["root"], 0):
            yield loop, task, depth


def find(wanted):
    found = [(loop, task) for loop, task, _ in all_tasks()
             if wanted in (name_of(task), hex(int(task)))]
    if not found:
        raise gdb.GdbError(f"there is no task '{wanted}'; see 'sl tasks'")
    if len(found) > 1:
        raise gdb.GdbError(f"{len(found)} tasks are called '{wanted}'; take "
                           "the address from 'sl tasks'")
    return found[0]


def backtrace_of_suspended(task):
    """gdb's own words, less the newest frame, which is somebody else's."""
    gdb.newest_frame().select()
    unwinder.newest_sp = int(gdb.newest_frame().read_register("sp"))
    unwinder.task_sp = int(task["context"]["sp"])
    gdb.invalidate_cached_frames()
    try:
        text = gdb.execute("backtrace", to_string=True)
    finally:
        unwinder.task_sp = None
        gdb.invalidate_cached_frames()
    frames = re.split(r"^(?=#\d+ )", text, flags=re.MULTILINE)[2:]
    return "".join(re.sub(r"^#\d+ *", f"#{i:<2} ", frame)
                   for i, frame in enumerate(frames))


class Sl(gdb.Command):
    """Starling's tasks: 'sl tasks', 'sl bt NAME'."""

    def __init__(self):
        super().__init__("sl", gdb.COMMAND_STACK, prefix=True)


class SlTasks(gdb.Command):
    """List the tree of tasks of every loop."""

    def __init__(self):
        super().__init__("sl tasks", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for loop, task, depth in all_tasks():
            print(f"{int(task):#x} {'  ' * depth}{name_of(task)}: "
                  f"{state_of(task, loop)}, runs "
                  f"{task['fn'].format_string(symbols=True)}")


class SlBt(gdb.Command):
    """Print where a task is: sl bt NAME, or sl bt 0xADDRESS."""

    def __init__(self):
        super().__init__("sl bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        loop, task = find(argument.strip())
        if int(loop["current"]) == int(task):
            raise gdb.GdbError("it runs; its thread's backtrace is 'bt'")
        if int(task["context"]["sp"]) == 0:
            raise gdb.GdbError("it has not begun, and has no stack yet")
        print(backtrace_of_suspended(task), end="")


unwinder = TaskUnwinder()
gdb.unwinder.register_unwinder(None, unwinder, replace=True)
Sl()
SlTasks()
SlBt()
