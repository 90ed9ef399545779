from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agents import clients, running, servers

pytestmark = pytest.mark.peer

MUCH = """
import socket, sys
print("ready", flush=True); sys.stdin.readline()
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for _ in range(2000): s.send(b"y" * 1000)
s.close()
"""


def test_much_is_counted_to_the_byte_and_reported_within_bounds() -> None:
    """2 MB in 2,000 writes: the first 10 kB are reported, all of it is counted; nothing is dropped."""
    with servers.listening() as port:
        command = [sys.executable, "-c", MUCH, str(port)]
        config = {"perConnection": 10_000, "firstBytes": 600}
        with (
            clients.waiting(command) as process,
            running.attached(process.pid, config=config) as seen,
        ):
            process.go()
            process.end()
            seen.wait_end()
    running.check(seen)
    sent = seen.events("data")
    assert sum(len(event["blob"]) for event in sent) == 10_000
    assert sum(event["size"] for event in sent) == 2_000_000
    assert len(sent) < 100
    assert seen.messages[-1].payload["dropped"] == 0


def test_what_comes_too_fast_is_counted_as_dropped() -> None:
    """A queue of four: the count says how many of 2,000 events were lost, and those told are in order."""
    with servers.listening() as port:
        command = [sys.executable, "-c", MUCH, str(port)]
        with (
            clients.waiting(command) as process,
            running.attached(process.pid, config={"queue": 4, "perConnection": 1 << 24}) as seen,
        ):
            process.go()
            process.end()
            seen.wait_end()
    running.check(seen)
    dropped = seen.messages[-1].payload["dropped"]
    kept = len(seen.events("data"))
    assert dropped > 1000
    assert 1990 <= kept + dropped <= 2010


UNSEEN = """
import ctypes, os, socket, sys
print("ready", flush=True); sys.stdin.readline()
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.send(b"to the server")
ctypes.CDLL(None).syscall(3, s.detach())  # close(), past the C library
file = os.open(os.devnull, os.O_WRONLY)
os.write(file, b"356938035643809 for a file")
"""


def test_what_goes_to_a_file_is_never_told_as_sent() -> None:
    """A connection closed unseen, its number given to a file: what is written there went nowhere."""
    if platform.machine() != "x86_64":
        pytest.skip("close() is system call 3 on x86_64")
    with servers.listening() as port:
        command = [sys.executable, "-c", UNSEEN, str(port)]
        with clients.waiting(command) as process, running.attached(process.pid) as seen:
            process.go()
            process.end()
            seen.wait_end()
    running.check(seen)
    assert [event["blob"] for event in seen.events("data")] == [b"to the server"]
    assert [event["conn"] for event in seen.events("close")] == [seen.events("data")[0]["conn"]]


CHILD = """
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words) {
    struct sockaddr_in to = { AF_INET, htons(atoi(words[1])) };
    inet_aton("127.0.0.1", &to.sin_addr);
    int file = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(file, (struct sockaddr *) &to, sizeof to) != 0) return 1;
    puts("ready"); fflush(stdout); getchar();
    send(file, "one", 3, 0);
    pid_t child = vfork();
    if (child == 0) { close(file); execl("/bin/true", "true", NULL); _exit(1); }
    waitpid(child, NULL, 0);
    send(file, "two", 3, 0);
    return close(file);
}
"""


def test_a_child_that_closes_what_it_inherited_closes_nothing_of_its_parent(tmp_path: Path) -> None:
    """A child in its parent's memory, on its way to another program, closes its own copy of a socket."""
    made = tmp_path / "parent"
    words = [clients.program("cc"), "-x", "c", "-", "-w", "-o", str(made)]
    subprocess.run(words, input=CHILD, text=True, check=True, timeout=60)
    with servers.listening() as port:
        command = [str(made), str(port)]
        with clients.waiting(command) as process, running.attached(process.pid) as seen:
            process.go()
            process.end()
            seen.wait_end()
    running.check(seen)
    assert [event["blob"] for event in seen.events("data")] == [b"one", b"two"]
    assert len({event["conn"] for event in seen.events("data")}) == 1
    assert len(seen.events("close")) == 1


WRONG = """
import ctypes, os, socket, sys, threading
port = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
print("ready", flush=True); sys.stdin.readline()
s = socket.create_connection(("127.0.0.1", port))
wrong = ctypes.c_void_p(8)
print(libc.connect(s.fileno(), wrong, 16), os.strerror(ctypes.get_errno()))
print(libc.send(s.fileno(), wrong, 100, 0), os.strerror(ctypes.get_errno()))
print(libc.getaddrinfo(ctypes.c_char_p(b"x" * 5000), None, None, ctypes.byref(ctypes.c_void_p())))
def talk(number):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as own:
            own.sendall(b"thread %d" % number)
threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print("alive")
"""


def test_wrong_arguments_and_many_threads_disturb_nobody() -> None:
    """A pointer to nowhere is the caller's error, as ever, and our trouble; eight threads are told apart."""
    with servers.listening() as port:
        command = [sys.executable, "-c", WRONG, str(port)]
        with clients.waiting(command) as process:
            process.go()
            alone = process.end()
        with clients.waiting(command) as process, running.attached(process.pid) as seen:
            process.go()
            assert process.end() == alone
            seen.wait_end()
    assert "Bad address" in alone
    assert "alive" in alone
    [trouble] = seen.events("trouble")
    assert trouble["where"] == "connect"
    assert "access violation" in trouble["what"]
    by_connection: dict[str, set[tuple[int, bytes]]] = {}
    for event in seen.events("data"):
        by_connection.setdefault(event["conn"], set()).add((event["tid"], event["blob"]))
    assert len(by_connection) == 160
    assert all(len(told) == 1 for told in by_connection.values())
    assert len(seen.events("connect")) == len(seen.events("close")) == 161
