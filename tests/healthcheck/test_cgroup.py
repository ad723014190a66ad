"""Limits of control groups, as trees of files and in a real group."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudru_jlab.healthcheck.cgroup import MemoryGroup, find_group
from cloudru_jlab.healthcheck.supervisor.cpu import CpuGroup

GB = 1 << 30
UNLIMITED = 9223372036854771712
MEMINFO = "MemTotal:       16777216 kB\nMemFree:         1000000 kB\nMemAvailable:   12582912 kB\n"


class Machine:
    """A machine's files below a folder."""

    def __init__(self, top: Path, cgroup: str, mountinfo: str) -> None:
        self.top = top
        self.proc = top / "proc" / "self"
        self.write("proc/meminfo", MEMINFO)
        self.write("proc/self/cgroup", cgroup)
        self.write("proc/self/mountinfo", mountinfo)
        self.now = 0.0

    def write(self, name: str, text: str) -> None:
        file = self.top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def group(self, folder: str, **files: str) -> None:
        for name, text in files.items():
            self.write(f"sys/fs/cgroup/{folder}/{name.replace('__', '.')}", text)

    def memory(self) -> MemoryGroup:
        return MemoryGroup(self.proc, self.top, lambda: self.now)


V2_MOUNT = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V1_MOUNT = (
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)


def v2(tmp_path: Path, path: str = "/pod/container") -> Machine:
    machine = Machine(tmp_path, f"0::{path}\n", V2_MOUNT)
    machine.group(".", cgroup__controllers="cpu memory\n")
    for folder in ("pod", "pod/container"):
        machine.group(
            folder,
            cgroup__controllers="cpu memory\n",
            memory__current=f"{3 * GB}\n",
            memory__max="max\n",
            memory__stat=f"anon 1\ninactive_file {GB}\nactive_file {GB // 2}\n",
            memory__events="low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 1\n",
        )
    return machine


def v1(tmp_path: Path, limit: int = UNLIMITED, above: int = UNLIMITED) -> Machine:
    machine = Machine(tmp_path, "9:name=systemd:/\n4:memory:/docker/x\n2:cpu,cpuacct:/docker/x\n0::/\n", V1_MOUNT)
    for folder, value in (("memory", UNLIMITED), ("memory/docker", UNLIMITED), ("memory/docker/x", limit)):
        machine.group(
            folder,
            memory__usage_in_bytes=f"{3 * GB}\n",
            memory__limit_in_bytes=f"{value}\n",
            memory__max_usage_in_bytes=f"{4 * GB}\n",
            memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 5\n",
            memory__stat=(
                f"inactive_file 7\nhierarchical_memory_limit {min(above, value)}\n"
                f"total_inactive_file {GB}\ntotal_active_file 0\n"
            ),
        )
    return machine


def test_v2_without_any_limit_is_the_machine(tmp_path: Path) -> None:
    use = v2(tmp_path).memory().usage()
    assert use.limit == 16 * GB
    assert use.used == 4 * GB
    assert not use.container
    assert use.oom_kills == 2


def test_v2_takes_the_least_limit_of_all_above(tmp_path: Path) -> None:
    machine = v2(tmp_path)
    machine.group("pod/container", memory__max=f"{8 * GB}\n")
    machine.group("pod", memory__max=f"{6 * GB}\n", memory__current=f"{5 * GB}\n")
    use = machine.memory().usage()
    assert use.limit == 6 * GB
    assert use.used == 5 * GB - GB - GB // 2, "what the group uses whose limit holds, without the cache of files"
    assert use.container


def test_v2_a_limit_above_the_machine_is_none(tmp_path: Path) -> None:
    machine = v2(tmp_path)
    machine.group("pod/container", memory__max=f"{64 * GB}\n")
    use = machine.memory().usage()
    assert (use.limit, use.container) == (16 * GB, False)


def test_v2_a_limit_that_changes_is_seen(tmp_path: Path) -> None:
    machine = v2(tmp_path)
    machine.group("pod/container", memory__max=f"{8 * GB}\n")
    memory = machine.memory()
    assert memory.usage().limit == 8 * GB
    machine.group("pod/container", memory__max=f"{4 * GB}\n")
    machine.now = 10.0
    assert memory.usage().limit == 4 * GB


def test_v2_peak_is_the_kernels_own_or_the_highest_seen(tmp_path: Path) -> None:
    machine = v2(tmp_path)
    machine.group("pod/container", memory__max=f"{8 * GB}\n")
    memory = machine.memory()
    assert memory.usage().peak == 3 * GB
    machine.group("pod/container", memory__current=f"{GB}\n")
    assert memory.usage().peak == 3 * GB
    machine.group("pod/container", memory__peak=f"{7 * GB}\n")
    assert memory.usage().peak == 7 * GB


def test_v2_in_a_namespace_of_its_own_is_the_mount_itself(tmp_path: Path) -> None:
    machine = v2(tmp_path, "/")
    machine.group(".", memory__max=f"{2 * GB}\n", memory__current=f"{GB}\n", memory__stat="inactive_file 0\n")
    use = machine.memory().usage()
    assert (use.used, use.limit, use.container) == (GB, 2 * GB, True)


def test_a_group_outside_of_the_mount_is_the_mount_itself(tmp_path: Path) -> None:
    machine = v2(tmp_path, "/../../elsewhere")
    machine.group(".", memory__max=f"{2 * GB}\n", memory__current=f"{GB}\n")
    assert machine.memory().usage().limit == 2 * GB


def test_v1_unlimited_is_no_limit(tmp_path: Path) -> None:
    use = v1(tmp_path).memory().usage()
    assert (use.limit, use.container, use.oom_kills) == (16 * GB, False, 5)


def test_v1_limit_and_what_cannot_be_reclaimed(tmp_path: Path) -> None:
    use = v1(tmp_path, 5 * GB).memory().usage()
    assert use == (2 * GB, 5 * GB, True, 4 * GB, 5)


def test_v1_limit_of_a_group_that_is_out_of_sight(tmp_path: Path) -> None:
    use = v1(tmp_path, 5 * GB, above=4 * GB).memory().usage()
    assert use.limit == 4 * GB


def test_v1_in_docker_the_path_is_the_mounts_root(tmp_path: Path) -> None:
    machine = v1(tmp_path)
    machine.write("proc/self/mountinfo", "35 31 0:32 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")
    machine.group("memory", memory__limit_in_bytes=f"{3 * GB}\n")
    found = find_group("memory", machine.proc, machine.top)
    assert found is not None
    assert found.folders == (tmp_path / "sys/fs/cgroup/memory",)
    assert machine.memory().usage().limit == 3 * GB


def test_no_group_at_all_is_the_machine(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "", "")
    assert machine.memory().usage() == (4 * GB, 16 * GB, False, 4 * GB, 0)


def test_cpu_limit_is_the_least_quota(tmp_path: Path) -> None:
    machine = v2(tmp_path)
    machine.group("pod/container", cpu__max="max 100000\n", cpu__stat="usage_usec 1000000\n")
    machine.group("pod", cpu__max="50000 100000\n")
    cpu = CpuGroup(machine.proc, machine.top, lambda: machine.now)
    assert cpu.limit() == 0.5
    machine.now = 2.0
    machine.group("pod/container", cpu__stat="usage_usec 4000000\n")
    assert cpu.use() == 1.5


def test_cpu_of_v1(tmp_path: Path) -> None:
    machine = v1(tmp_path)
    folder = "cpu,cpuacct/docker/x"
    machine.group(folder, cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n", cpuacct__usage="1000000000\n")
    machine.group("cpu,cpuacct/docker", cpu__cfs_quota_us="25000\n", cpu__cfs_period_us="100000\n")
    cpu = CpuGroup(machine.proc, machine.top, lambda: machine.now)
    assert cpu.limit() == 0.25
    machine.now = 1.0
    machine.group(folder, cpuacct__usage="1500000000\n")
    assert cpu.use() == 0.5


# --- a real one

REAL = Path("/sys/fs/cgroup/memory")


@pytest.fixture
def real_group() -> Iterator[Path]:
    """A group of version 1 below the one that this process is in."""
    found = find_group("memory")
    if found is None or found.version != 1 or not os.access(found.folders[0], os.W_OK):
        pytest.skip("no memory control group of version 1 can be made here")
    folder = found.folders[0] / f"cloudru-{uuid.uuid4().hex}"
    try:
        folder.mkdir()
        (folder / "memory.limit_in_bytes").write_text(str(300 << 20))
    except OSError as error:
        pytest.skip(f"no memory control group can be made here: {error}")
    yield folder
    folder.rmdir()


READ = """
from cloudru_jlab.healthcheck.cgroup import MemoryGroup
held = bytearray(100 << 20)
held[::4096] = b"x" * (len(held) // 4096)
print(*MemoryGroup().usage())
"""


def test_real_group(real_group: Path) -> None:
    enter = f"import os; open({str(real_group / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))\n"
    output = subprocess.run([sys.executable, "-c", enter + READ], check=True, capture_output=True, text=True).stdout
    used, limit, container, peak, kills = output.split()
    assert limit == str(300 << 20)
    assert container == "True"
    assert 100 << 20 <= int(used) <= int(peak) <= 300 << 20
    assert kills == "0"
