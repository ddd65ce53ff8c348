# SPDX-License-Identifier: GPL-2.0-or-later
"""The trees to mutate: captures of guests of 6.1 and 6.12, with typical files in /proc, /etc, /run
and /var, and a tree with very many blocks."""

from __future__ import annotations

import pathlib
import struct

from entries import Tree, folder, link, put, with_parents

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent

BLOCKS = "sys/devices/system/memory"
NODES = "sys/devices/system/node"
UUID = "ed93e918-e165-49d8-921d-383d7b9660c5"


def load(tree: Tree, path: pathlib.Path) -> None:
    """Lines of "/PATH [MODE] = TEXT", with | for ends of lines, or "/PATH -> TARGET"."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("/"):
            continue
        if " -> " in line:
            name, _, target = line.partition(" -> ")
            link(tree, name[1:], target)
            continue
        name, _, text = line.partition(" =")
        name, _, mode = name.rstrip("]").partition(" [")
        text = text.removeprefix(" ").replace("|", "\n")
        if not text.startswith("<"):
            put(tree, name[1:], text + "\n", int(mode or "644", 8))


# ---- /sys ------------------------------------------------------------------------------------


def zone(node: int, name: str, pages: int) -> str:
    return f"""Node {node}, zone {name:>8}
  pages free     {pages // 2}
        boost    0
        min      66
        low      82
        high     98
        spanned  {pages}
        present  {pages}
        managed  {pages}
        cma      0
        protection: (0, 1900, 1900, 1900)
      nr_free_pages {pages // 2}
      nr_zone_inactive_file 812
      nr_zone_active_file 1209
      nr_slab_reclaimable 301
"""


def add_node(tree: Tree, node: int, cpus: str, distance: str, blocks: list[int]) -> None:
    at = f"{NODES}/node{node}"
    put(tree, f"{at}/cpulist", cpus + "\n")
    put(tree, f"{at}/distance", distance + "\n")
    put(tree, f"{at}/vmstat", "nr_foll_pin_acquired 12\nnr_foll_pin_released 8\n")
    put(tree, f"{at}/hugepages/hugepages-2048kB/nr_hugepages", f"{node}\n")
    kib = len(blocks) * 131072
    put(
        tree,
        f"{at}/meminfo",
        f"Node {node} MemTotal: {kib} kB\nNode {node} MemFree: {kib // 2} kB\n"
        f"Node {node} Inactive(file): 812 kB\n",
    )
    for block in blocks:
        link(tree, f"{at}/memory{block}", f"../../memory/memory{block}")


def add_block(tree: Tree, block: int, node: int, state: str, zones: str) -> None:
    at = f"{BLOCKS}/memory{block}"
    put(tree, f"{at}/state", state + "\n")
    put(tree, f"{at}/valid_zones", zones + "\n", 0o444)
    put(tree, f"{at}/phys_index", f"{block:08x}\n", 0o444)
    put(tree, f"{at}/removable", "1\n", 0o444)
    link(tree, f"{at}/node{node}", f"../../node/node{node}")


def add_kernel(tree: Tree, release: str) -> None:
    parameters = "sys/module/memory_hotplug/parameters"
    put(tree, f"{parameters}/online_policy", "contig-zones\n")
    put(tree, f"{parameters}/memmap_on_memory", "N\n")
    put(tree, f"{parameters}/auto_movable_ratio", "301\n")
    put(tree, "sys/bus/dax/drivers_autoprobe", "1\n")
    put(tree, "sys/bus/nd/drivers_autoprobe", "1\n")
    put(tree, "sys/kernel/kexec_crash_loaded", "1\n")
    put(tree, "sys/kernel/mm/numa/demotion_enabled", "false\n")
    folder(tree, "sys/devices/virtual/memory_tiering")
    for driver in ("dax/drivers/kmem", "dax/drivers/device_dax", "nd/drivers/dax_pmem"):
        put(tree, f"sys/bus/{driver}/bind", "")
    put(tree, "proc/sys/kernel/osrelease", release + "\n")
    put(tree, "proc/sys/kernel/arch", "x86_64\n")
    put(tree, "proc/sys/kernel/dmesg_restrict", "1\n")
    put(tree, "proc/sys/vm/hugetlb_optimize_vmemmap", "0\n")
    put(tree, "proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/vda1 memhp_default_state=offline\n")
    put(
        tree,
        f"boot/config-{release}",
        "CONFIG_MEMORY_HOTPLUG=y\nCONFIG_MEMORY_HOTREMOVE=y\nCONFIG_DEV_DAX_KMEM=m\n"
        "CONFIG_MHP_MEMMAP_ON_MEMORY=y\nCONFIG_DYNAMIC_DEBUG=y\n",
    )
    modules = f"lib/modules/{release}"
    put(
        tree,
        f"{modules}/modules.dep",
        "kernel/drivers/dax/kmem.ko.xz:\nkernel/drivers/dax/device_dax.ko.xz:\n"
        "kernel/drivers/nvdimm/nd_pmem.ko.xz: kernel/drivers/nvdimm/libnvdimm.ko.xz\n",
    )
    put(tree, f"{modules}/modules.builtin", "kernel/drivers/acpi/nfit/nfit.ko\n")
    for module in ("kmem", "device_dax"):
        put(tree, f"sys/module/{module}/initstate", "live\n")


# ---- /proc -----------------------------------------------------------------------------------


def add_process(tree: Tree, pid: int, comm: str, fds: dict[int, str]) -> None:
    at = f"proc/{pid}"
    start = 0x7F2C6B200000
    put(tree, f"{at}/comm", comm + "\n")
    put(
        tree,
        f"{at}/status",
        f"Name:\t{comm}\nPid:\t{pid}\nPPid:\t1\nUid:\t0\t0\t0\t0\nNSpid:\t{pid}\n"
        f"VmPin:\t    4096 kB\nCapEff:\t000001ffffffffff\n",
    )
    put(tree, f"{at}/stat", f"{pid} ({comm}) S 1 1 1 0 -1 4194560 {'7 ' * 12}0 8123 42 1\n")
    put(tree, f"{at}/cgroup", "0::/system.slice/db.service\n")
    put(
        tree,
        f"{at}/maps",
        f"{start:x}-{start + 0x4000:x} rw-p 00000000 00:00 0 \n"
        f"{start + 0x200000:x}-{start + 0x400000:x} rw-s 00000000 00:05 61   /dev/dax0.0\n"
        "7ffd1c000000-7ffd1c021000 rw-p 00000000 00:00 0          [stack]\n",
    )
    put(tree, f"{at}/smaps", f"{start:x}-{start + 0x4000:x} rw-p 00000000 00:00 0\nRss: 16 kB\n")
    put(tree, f"{at}/pagemap", struct.pack("<4Q", *[(1 << 63) | 0x108000 + i for i in range(4)]))
    link(tree, f"{at}/map_files/{start + 0x200000:x}-{start + 0x400000:x}", "/dev/null")
    put(tree, f"{at}/task/{pid}/stat", f"{pid} ({comm}) S 1 1 1 0 -1 0\n")
    info = "pos:\t0\nflags:\t0100002\nmnt_id:\t15\nino:\t7\nscm_fds: 1\n"
    for fd, target in fds.items():
        for of in (at, f"{at}/task/{pid}"):
            link(tree, f"{of}/fd/{fd}", target)
            put(tree, f"{of}/fdinfo/{fd}", info)


def add_processes(tree: Tree) -> None:
    """Their pids are larger than any pid of a kernel."""
    add_process(tree, 5000001, "systemd", {0: "/dev/null", 3: "anon_inode:[eventpoll]"})
    add_process(tree, 5000412, "fio", {3: "/dev/dax0.0", 5: "anon_inode:[io_uring]"})
    add_process(tree, 5000500, "qemu-system-x86", {7: "/dev/vfio/12", 9: "socket:[4242]"})
    put(
        tree,
        "proc/5000412/fdinfo/5",
        "pos:\t0\nflags:\t02000002\nUserFiles:\t0\nUserBufs:\t1\n    0: 0x7f2c6b200000/16384\n",
    )
    link(tree, "proc/self", "5000412")
    put(
        tree,
        "proc/5000412/mountinfo",
        "25 30 0:23 / /sys rw,nosuid - sysfs sysfs rw\n26 30 0:24 / /proc rw - proc proc rw\n",
    )
    put(tree, "proc/5000412/ns/pid", "")
    put(tree, "proc/vmstat", "nr_free_pages 491520\nnr_foll_pin_acquired 12\n")
    put(tree, "proc/iomem", (HERE / "base" / "iomem").read_bytes())


# ---- files of administrators and of mhpctl -----------------------------------------------------


def add_reporting(tree: Tree) -> None:
    """A balloon that reports free pages, and free blocks of each order."""
    balloon = "sys/bus/virtio/devices/virtio1"
    put(tree, f"{balloon}/device", "0x0005\n")
    put(tree, f"{balloon}/features", "000001" + "0" * 58 + "\n")
    link(tree, f"{balloon}/driver", "../../drivers/virtio_balloon")
    put(tree, "sys/module/page_reporting/parameters/page_reporting_order", "9\n")
    counts = " ".join(f"{count:>6}" for count in range(11, 0, -1))
    zones = [(0, "DMA"), (0, "DMA32"), (1, "DMA32"), (2, "Movable")]
    put(
        tree,
        "proc/buddyinfo",
        "".join(f"Node {node}, zone {name:>8} {counts} \n" for node, name in zones),
    )
    put(
        tree,
        "proc/pagetypeinfo",
        "Page block order: 9\nPages per block:  512\n\n"
        + "".join(
            f"Node {node:>4}, zone {name:>8}, type      Isolate {counts} \n"
            for node, name in zones
        ),
    )


def add_settings(tree: Tree) -> None:
    put(
        tree,
        "etc/mhpctl/policy.d/10-pmem.conf",
        f"[memory pmem]\nmatch.namespace = {UUID}\nzone = movable\nconsent = data\n",
    )
    put(
        tree,
        "usr/lib/mhpctl/policy.d/20-cxl.conf",
        "[memory cxl]\nmatch.origin = cxl\nmatch.size = >=1G <1T\nzone = movable\n",
    )
    put(tree, "run/mhpctl/policy.d/30-off.conf", "")
    put(
        tree,
        "etc/daxctl.conf.d/one.conf",
        f"[reconfigure-device any]\nnvdimm.uuid = {UUID}\nmode = system-ram\nonline = true\n",
    )
    rules = (
        'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"\n',
        'SUBSYSTEM!="dax", GOTO="end"\nENV{SYSTEMD_WANTS}="daxdev-reconfigure@%k.service"\n'
        'LABEL="end"\n',
    )
    put(tree, "etc/udev/rules.d/40-hotplug.rules", rules[0])
    put(tree, "usr/lib/udev/rules.d/90-daxctl-device.rules", rules[1])
    put(tree, "usr/lib/udev/rules.d/91-mhpctl.rules", rules[1])
    put(
        tree,
        "etc/systemd/system/hotplug.service",
        "[Service]\nExecStart=/bin/sh -c 'echo online > /sys/devices/system/memory/"
        "auto_online_blocks'\n",
    )
    put(tree, "etc/systemd/system/mhpctl-apply.service.d/more.conf", "[Service]\nNice=5\n")
    put(tree, "etc/tmpfiles.d/memory.conf", f"w /{BLOCKS}/auto_online_blocks - - - - online\n")
    put(tree, "etc/modprobe.d/no.conf", "blacklist kmem\ninstall nfit /bin/true\n")
    put(tree, "etc/sysfs.conf", "devices/system/memory/auto_online_blocks = online\n")
    put(tree, "etc/rc.local", "#!/bin/sh\nexit 0\n")
    put(tree, "etc/default/grub", 'GRUB_CMDLINE_LINUX="quiet"\n')
    put(tree, "usr/sbin/update-grub", "#!/bin/sh\n", 0o755)
    link(tree, "etc/os-release", "../usr/lib/os-release")
    put(tree, "usr/lib/os-release", "ID=debian\n")


VERSION_EVENT = (
    '{"schema":"mhpctl/1","event":"version","time":"2023-11-14T22:13:20.209Z","version":"0.1.0"}\n'
)
RESULT_EVENT = (
    '{"schema":"mhpctl/1","event":"result","command":"online","status":"ok","exit_code":0,'
    '"changed":false,"elapsed_ms":7,"dry_run":true,"targets":[],"failures":[],"warnings":[]}\n'
)
PROGRESS_EVENT = (
    '{"schema":"mhpctl/1","event":"progress","step":"online_block","object":"memory33-47",'
    '"done":3,"total":15,"unit":"blocks","eta_ms":1200}\n'
)


def add_job(tree: Tree, job: int, words: list[str], events: str) -> None:
    at = f"run/mhpctl/jobs/{job}"
    put(tree, f"{at}/command", "".join(f"{word}\0" for word in words), 0o600)
    put(tree, f"{at}/job", f"{1700000000000000 + job} 0\n", 0o600)
    put(tree, f"{at}/unit", f"mhpctl-job-{job}.service\n", 0o600)
    put(tree, f"{at}/lock", "", 0o600)
    put(tree, f"{at}/log", "mhpctl: memory40: retrying\n", 0o600)
    put(tree, f"{at}/events", events, 0o600)


def add_runs(tree: Tree) -> None:
    online = ["online", "--async", "dax0.0"]
    add_job(tree, 3, online, VERSION_EVENT + PROGRESS_EVENT + RESULT_EVENT)
    add_job(tree, 4, [*online, "--yes"], VERSION_EVENT + PROGRESS_EVENT)
    put(tree, "run/mhpctl/restore.auto-online", f"{BLOCKS}/auto_online_blocks\toffline\n")
    put(tree, "run/mhpctl/restore.dax-autoprobe", "sys/bus/dax/drivers_autoprobe\t1\n")
    put(tree, "run/mhpctl/memmap-rate", "41000000\n")
    put(tree, "run/mhpctl/settings.lock", "", 0o600)
    runs = TOP / "tests" / "fuzz" / "corpus" / "runs" / "some"
    put(tree, "run/mhpctl/policy.runs", runs.read_bytes())
    put(
        tree,
        f"var/lib/mhpctl/namespaces/{UUID}",
        "size=2147483648\nhead=65536\ntail=65536\nseal=81985529216486895\nend\n",
        0o600,
    )
    put(
        tree,
        "today.plan",
        '{"schema": "mhpctl/1", "command": "plan", "status": "ok", "exit_code": 0, '
        '"sections": [], "steps": []}\n',
    )


# ---- the trees -------------------------------------------------------------------------------


def small(kernel: str) -> Tree:
    tree: Tree = {}
    if kernel == "6.1":
        for name in ("boot", "dax"):
            load(tree, TOP / "tests" / "unit" / "data" / f"{name}-6.1.sysfs")
    else:
        load(tree, HERE / "base" / "6.12.sysfs")
    add_node(tree, 0, "0-1", "10 20 20", list(range(8)))
    add_node(tree, 1, "2-3", "20 10 20", list(range(8, 16)))
    add_block(tree, 48, 2, "offline", "Normal Movable")
    add_block(tree, 49, 2, "offline", "Normal Movable")
    for block in (48, 49):
        link(tree, f"{NODES}/node2/memory{block}", f"../../memory/memory{block}")
    put(tree, f"{NODES}/online", "0-2\n")
    put(
        tree,
        "proc/zoneinfo",
        zone(0, "DMA", 3840)
        + zone(0, "DMA32", 258048)
        + zone(1, "DMA32", 262110)
        + zone(2, "Movable", 491520),
    )
    add_reporting(tree)
    add_kernel(tree, f"{kernel}.0-amd64")
    add_processes(tree)
    add_settings(tree)
    add_runs(tree)
    return with_parents(tree)


def many(nr_blocks: int) -> Tree:
    """Blocks of four nodes, alternately online and offline, so that every run has one block."""
    tree: Tree = {}
    put(tree, f"{BLOCKS}/block_size_bytes", "8000000\n")
    put(tree, f"{BLOCKS}/auto_online_blocks", "offline\n")
    nodes: list[list[int]] = [[], [], [], []]
    for block in range(nr_blocks):
        node = block * 4 // nr_blocks
        nodes[node].append(block)
        online = block % 2 == 0
        zones = "Movable" if online else "Normal Movable"
        add_block(tree, block, node, "online" if online else "offline", zones)
    for node, blocks in enumerate(nodes):
        add_node(tree, node, f"{node}", "10 20 20 20", blocks)
    add_kernel(tree, "6.12.0-amd64")
    add_settings(tree)
    return with_parents(tree)
