from __future__ import annotations

import sys
from contextlib import ExitStack

import pytest

from audit.model.code import Code, CodeFile
from audit.sources.firmware import workers
from audit.sources.firmware.filesystems.nodes import Tree
from audit.sources.firmware.filesystems.roots import Root
from audit.sources.firmware.layout.entry import Entry
from audit.sources.firmware.reading import Job
from tests.sources.firmware.trees import at_home_only, deadly, memory


def jobs(files: dict[str, bytes]) -> tuple[Job, ...]:
    """A job for each file of the first root."""
    return tuple(Job(entry=Entry(path=p, root=0, place=p, size=len(d))) for p, d in files.items())


def read(root: Root, files: dict[str, bytes], count: int) -> tuple[dict[str, CodeFile], list[str]]:
    """The answers by path, and the paths that progress was told of."""
    seen: list[str] = []
    told = workers.read_all((root,), jobs(files), workers=count, step=lambda job: seen.append(job.entry.path))
    return {file.path: file for file in told}, sorted(seen)


FILES = {f"/app/{n}.apk": bytes([n]) * (n + 1) for n in range(40)}


def test_several_processes_read_what_one_does() -> None:
    """How many processes read changes nothing in what is read, and all is told of once."""
    alone, several = (read(memory(FILES), FILES, count) for count in (1, 2))
    assert alone == several
    assert several[1] == sorted(FILES)
    assert all(len(file.sha256) == 64 for file in several[0].values())


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed by a signal")
def test_a_file_that_kills_its_reader_is_named_and_the_rest_is_read() -> None:
    """A process that dies over a file loses no other file, and that one is a trouble, never a silence."""
    files = {**FILES, "/app/deadly.apk": b"x", "/app/deadly2.apk": b"y" * 99}
    answers, seen = read(deadly(files), files, 2)
    assert seen == sorted(files)
    assert set(answers) == set(files)
    for path, answer in answers.items():
        if "deadly" in path:
            assert answer.code is Code.UNREADABLE
            assert "ended before" in answer.troubles[0].reason
        else:
            assert answer.sha256


def test_what_only_this_process_can_open_is_read_here() -> None:
    """Images that workers cannot reach are read all the same."""
    answers, seen = read(at_home_only(FILES), FILES, 2)
    assert seen == sorted(answers) == sorted(FILES)
    assert all(answer.sha256 for answer in answers.values())


def test_no_work_needs_no_worker() -> None:
    """A firmware without a file to read gives no answer and does not wait for one."""
    assert read(memory({}), {}, 2) == ({}, [])


def test_few_trees_stay_open() -> None:
    """Each open one keeps what it unpacked last; a hundred modules of an image would take all memory."""
    closed: list[int] = []
    roots = tuple(_counted(number, closed) for number in range(20))
    with workers.Trees(roots) as trees:
        for number in (*range(20), 19, 18, 0):
            with trees.tree(number).open("/a.apk") as file:
                assert file.read() == bytes([number])
        assert 17 <= len(closed) <= 19
    assert sorted(closed) == sorted([*range(20), 0])


def _counted(number: int, closed: list[int]) -> Root:
    def opened(stack: ExitStack) -> Tree:
        stack.callback(closed.append, number)
        return memory({"/a.apk": bytes([number])}).open(stack)

    return Root(name="system", origin="system", open=opened)
