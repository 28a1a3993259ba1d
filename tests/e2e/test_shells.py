#!/usr/bin/env python3
"""Promises about completions and settings: real shells are asked."""
import os
import pty
import shutil
import subprocess

from folders import write
from harness import (Skip, check, check_one_line, check_status, environment,
                     main, run, test)


def script(shell):
    ended = run("completion", shell)
    check_status(ended, 0)
    write("script", ended.out.encode())


def bash_offers(*words):
    """What bash would offer for the last of the words."""
    quoted = " ".join(f"'{word}'" for word in words)
    done = subprocess.run(
        ["bash", "--norc", "-c",
         f"source ./script; COMP_WORDS=(starling {quoted}); "
         f"COMP_CWORD={len(words)}; compopt() {{ :; }}; _starling; "
         "printf '%s\\n' \"${COMPREPLY[@]}\""],
        capture_output=True, text=True, env=environment())
    check(done.returncode == 0 and not done.stderr, done)
    return done.stdout.split()


@test
def bash_completes_commands_options_values_and_files():
    script("bash")
    os.makedirs("folder")
    write("file.txt", b"")
    check(bash_offers("sta") == ["stars", "status"])
    check("demo" in bash_offers(""))
    check(bash_offers("stars", "--downl") == ["--downloads"])
    check(bash_offers("apod", "--url") == [], "stars' option offered to apod")
    check(bash_offers("stars", "--sync", "") == ["batch", "item", "off"])
    check(bash_offers("stars", "--sync", "=", "i") == ["item"])
    check(bash_offers("stars", "--urls", "f") == ["folder", "file.txt"] or
          bash_offers("stars", "--urls", "f") == ["file.txt", "folder"])
    check(bash_offers("stars", "--out", "f") == ["folder"])
    check(bash_offers("completion", "z") == ["zsh"])
    check(bash_offers("completion", "zsh", "") == [])
    check(bash_offers("config", "") == ["show"])
    check(bash_offers("config", "show", "t") == ["thumbs"])
    check(bash_offers("--v") == ["--version"])


# What zsh makes of a line at Tab only its editor knows, which needs a terminal;
# Control-T then tells it and begins another.
ZSH_RC = """
PS1=
unsetopt beep zle_bracketed_paste
autoload -U compinit
compinit -u -D
source ./script
tell() { print -r -- "$BUFFER" >>told; BUFFER=; }
zle -N tell
bindkey '^T' tell
"""


def zsh_makes_of(lines):
    write(".zshrc", ZSH_RC.encode())
    shell, terminal = pty.fork()
    if shell == 0:
        os.execvpe("zsh", ["zsh", "-di"],
                   environment(TERM="dumb", ZDOTDIR=os.getcwd()))
    for line in lines:
        os.write(terminal, line.encode() + b"\t\x14")
    os.write(terminal, b"exit\r")
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # it has ended
        pass
    os.close(terminal)
    os.waitpid(shell, 0)
    with open("told") as file:
        return file.read().split("\n")[:-1]


@test
def zsh_completes_commands_options_values_and_files():
    if shutil.which("zsh") is None:
        raise Skip("there is no zsh")
    script("zsh")
    os.makedirs("folder")
    lines = {"starling dem": "starling demo ",
             "starling --v": "starling --version ",
             "starling stars --downl": "starling stars --downloads=",
             "starling stars --sync ba": "starling stars --sync batch ",
             "starling status fo": "starling status folder/",
             "starling config show thu": "starling config show thumbs ",
             "starling completion z": "starling completion zsh "}
    made = zsh_makes_of(lines)
    check(made == list(lines.values()), made)


@test
def zsh_reads_its_completion():
    if shutil.which("zsh") is None:
        raise Skip("there is no zsh")
    script("zsh")
    done = subprocess.run(
        ["zsh", "-fc", "autoload -U compinit; compinit -u -D; "
         "source ./script; print $_comps[starling]"],
        capture_output=True, text=True, env=environment(TERM="dumb"))
    check(done.stdout == "_starling\n" and not done.stderr, done)


@test
def fish_completes_commands_options_and_values():
    if shutil.which("fish") is None:
        raise Skip("there is no fish")
    script("fish")

    def offers(line):
        done = subprocess.run(
            ["fish", "-Nc", f"source ./script; complete -C '{line}'"],
            capture_output=True, text=True, env=environment())
        check(done.returncode == 0, done)
        return [offer.split("\t")[0] for offer in done.stdout.splitlines()]
    check(offers("starling sta") == ["stars", "status"])
    check(offers("starling stars --downl") == ["--downloads"])
    check(offers("starling stars --sync ") == ["batch", "item", "off"])
    check(offers("starling completion z") == ["zsh"])
    check(offers("starling config s") == ["show"])
    check(offers("starling config show t") == ["thumbs"])
    check(offers("starling --v") == ["--version"])


@test
def completions_are_there_whatever_a_config_file_says():
    os.makedirs(".config/starling")
    write(".config/starling/config.ini", b"nonsense\n")
    check_status(run("completion", "bash"), 0)
    for arguments in ((), ("tcsh",), ("bash", "zsh")):
        ended = run("completion", *arguments)
        check_status(ended, 2)
        check_one_line(ended, "bash|zsh|fish")
    ended = run("config", "show")
    check_status(ended, 2)
    check_one_line(ended, "config.ini:1")


@test
def settings_are_shown_with_where_they_come_from():
    os.makedirs(".config/starling")
    write(".config/starling/config.ini",
          b"retries = 7\n[thumbs]\nquality = 70\n[run]\nquality = 71\n")
    ended = run("config", "show", "thumbs", "--downloads", "5",
                env=environment(NASA_API_KEY="SECRET17"))
    check_status(ended, 0)
    lines = {line.split(" = ")[0]: line for line in ended.out.splitlines()}
    check(lines["retries"].startswith("retries = 7 "), ended)
    check(lines["retries"].endswith("config.ini:1"), ended)
    check("quality = 70" in ended.out and "71" not in ended.out, ended)
    check(lines["downloads"].endswith("; command line"), ended)
    check(lines["sync"].endswith("; default"), ended)
    ended = run("config", "show", env=environment(NASA_API_KEY="SECRET17"))
    check("SECRET17" not in ended.out, ended)
    check("; NASA_API_KEY" in ended.out, ended)
    # What was shown is a file that says the same, but for what is secret.
    write("shown.ini", ended.out.encode())
    check("\n; api_key = ***" in ended.out, ended)
    again = run("config", "show", "--config", "shown.ini")
    check_status(again, 0)
    check("\napi_key = DEMO_KEY" in again.out, again)
    check("\nretries = 7 " in again.out, again)
    for arguments, words in (((), "starling config show"),
                             (("shwo",), "starling config show"),
                             (("show", "tumbs"), "did you mean 'thumbs'?")):
        ended = run("config", *arguments)
        check_status(ended, 2)
        check_one_line(ended, words)


if __name__ == "__main__":
    main()
