"""What the reading process gives up before it opens a file: more memory, core dumps, the network, a look into other programs."""

import ctypes
import errno
import platform
import resource
import struct

from app.settings import Settings

_PR_SET_NO_NEW_PRIVS, _SECCOMP_SET_MODE_FILTER, _ALL_THREADS = 38, 1, 1
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_OTHER_ABI = 0x40000000  # numbers of x86-64's second interface begin here
#: By machine: its name in a filter, the number of the call that sets one, and of those that are refused: socket, io_uring_setup, ptrace,
#: process_vm_readv, process_vm_writev.
_MACHINES = {
    "x86_64": (0xC000003E, 317, (41, 425, 101, 310, 311)),
    "aarch64": (0xC00000B7, 277, (198, 425, 117, 270, 271)),
}


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def confine(settings: Settings) -> bool:
    """Limit this process and all that it starts, for good; say whether the system could also take the network from it (Linux can)."""
    resource.setrlimit(resource.RLIMIT_AS, (settings.reader_memory_bytes, settings.reader_memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (settings.max_archive_bytes, settings.max_archive_bytes))
    return _without_network()


def limit_cpu(seconds: int) -> None:
    """Let the kernel end this process, or a program that it starts, once it has worked so many seconds from now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, most))


def cpu_seconds() -> float:
    """Return the processor time that this process and the programs it started have taken."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _without_network() -> bool:
    """Have the kernel refuse every new socket and every look into another process, whoever asks here."""
    machine = _MACHINES.get(platform.machine()) if platform.system() == "Linux" else None
    if machine is None:
        return False
    architecture, seccomp, refused = machine
    program = _program(architecture, refused)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    wanted = _Filter(len(program) // 8, program)
    done: int = libc.syscall(ctypes.c_long(seccomp), _SECCOMP_SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(wanted))
    return done == 0


def _program(architecture: int, refused: tuple[int, ...]) -> bytes:
    """Return the kernel's filter program: each instruction is its code, two jumps and a number."""
    last = len(refused)
    steps = [
        (_LOAD, 0, 0, 4),
        (_JUMP_IF_EQUAL, 0, last + 3, architecture),  # another machine's calls have other numbers: refuse
        (_LOAD, 0, 0, 0),
        (_JUMP_IF_AT_LEAST, last + 1, 0, _OTHER_ABI),
        *((_JUMP_IF_EQUAL, last - place, 0, number) for place, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
