"""Processes of a benchmark: each on a core of its own, none of them outliving it.

It must not end a process that it did not start.
"""

import os
import resource
import signal
import subprocess


class Unmeasured(Exception):
    """The bench could not run; the message is for people."""


def furnish(core):
    """Runs in the child: its core, and as many files as may be."""

    def prepare():
        os.sched_setaffinity(0, {core})
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    return prepare


class Process:
    """A process on `core` until it ends, or this is closed."""

    def __init__(self, core, command, environment=None):
        self.name = os.path.basename(command[0])
        # Should the bench itself be killed, the kernel ends what it started.
        self.child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            preexec_fn=furnish(core),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.returncode is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.child.stdout.close()
        self.child.stderr.close()

    def resident_kib(self):
        """Memory that it has now."""
        with open(f"/proc/{self.child.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def output(self):
        """Waits for its end; what it said."""
        said, complaint = self.child.communicate()
        if self.child.returncode != 0:
            line = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["no word"]
            raise Unmeasured(f"{self.name} ended with {self.child.returncode}: {line[0]}")
        return said.decode(errors="replace")


def run(core, command, environment=None):
    """Runs `command` on `core`; what it said, and the seconds of processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Process(core, command, environment) as process:
        said = process.output()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return said, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
