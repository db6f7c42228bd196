"""A disk that takes longer to say that something is on it: for every process of a bench alike.

A server's disk answers in a tenth of the time of a memory card; what a design saves in waits is not
seen there. A shim before the C library lets fdatasync and fsync return so much later. It needs a
compiler, as nothing else does, and only here.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_LATE_NS = "LATE_SYNC_NS"
_SHIM = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int late(const char *name, int descriptor) {{
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    struct timespec wait = {{0, atol(getenv("{_LATE_NS}"))}};
    int result = real(descriptor);
    nanosleep(&wait, 0);
    return result;
}}
int fdatasync(int descriptor) {{ return late("fdatasync", descriptor); }}
int fsync(int descriptor) {{ return late("fsync", descriptor); }}
"""


def run_on_slow_disk(late_ms: float, folder: Path) -> None:
    """Start this program anew, with every fdatasync and fsync so much later; once only."""
    if late_ms <= 0 or _LATE_NS in os.environ:
        return
    compiler = shutil.which("cc")
    if compiler is None:
        sys.exit("a slow disk needs a C compiler here: apt install gcc libc6-dev, or leave it out")
    source, shim = folder / "late_sync.c", folder / "late_sync.so"
    source.write_text(_SHIM, encoding="utf-8")
    words = [compiler, "-shared", "-fPIC", "-O2", "-o", str(shim), str(source), "-ldl"]
    subprocess.run(words, check=True)
    late = {"LD_PRELOAD": str(shim), _LATE_NS: str(int(late_ms * 1e6))}
    same = [sys.executable, *sys.argv]
    done = subprocess.run(same, env=os.environ | late, check=False)
    sys.exit(done.returncode)
