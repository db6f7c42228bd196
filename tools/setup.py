"""Makes the virtual environment of `make demo` and `make test` from the locks; standard library.

Says what it does, installs what is missing from Debian's packages, and does nothing the second
time. Its syntax stays readable for Python 3.7, so that an old Python gets a clear answer.
"""

import ctypes.util
import hashlib
import importlib.util
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SDIST = ROOT / "locks" / "sdist.txt"
DEV = ROOT / "locks" / "dev.txt"
LOCKS = {"demo": ROOT / "locks" / "runtime.txt", "test": DEV, "soak": DEV}
OLDEST = (3, 11)
NOTO_CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
POSTGRES = Path("/usr/lib/postgresql")
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def main() -> int:
    """`setup.py demo|test|soak [FOLDER]`: 0 good, 1 something is missing, 2 wrong use."""
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in LOCKS:
        return _stop("usage: setup.py demo|test|soak [FOLDER]", status=2)
    refusal = unsuitable(tuple(sys.version_info[:3]), struct.calcsize("P"))
    if refusal:
        return _stop(*refusal)
    purpose = sys.argv[1]
    folder = Path(sys.argv[2]) if len(sys.argv) == 3 else ROOT / ".venv"  # noqa: PLR2004 - the folder may follow
    missing = missing_packages(purpose)
    if missing:
        status = install_packages(missing)
        if status:
            return status
    return make_environment(folder, purpose)


def unsuitable(version: "tuple[int, ...]", pointer_bytes: int) -> "tuple[str, ...]":
    """Why this Python cannot run the station and what to do; empty when it can."""
    if pointer_bytes != 8:  # noqa: PLR2004 - bytes of a 64-bit pointer
        return (
            "此程序只支持 64 位系统。 A 64-bit system is required; this Python is 32-bit.",
            "Raspberry Pi: install Raspberry Pi OS (64-bit).",
        )
    if version < OLDEST:
        return (
            "需要 Python 3.11 或更新版本。 Python 3.11 or newer is required; this is %s."
            % ".".join(map(str, version)),
            "With a newer one at hand: make PYTHON=python3.13 demo",
        )
    return ()


def missing_packages(purpose: str) -> "list[str]":
    """Debian packages that this machine still needs.

    The tests look at screens and a database, the long ones at clusters of brokers.
    """
    wanted = []
    if importlib.util.find_spec("ensurepip") is None:
        wanted.append("python3.%d-venv" % sys.version_info.minor)
    if ctypes.util.find_library("zbar") is None:
        wanted.append("libzbar0")
    wanted += absent_programs("mosquitto")
    if purpose in ("test", "soak"):
        wanted += absent_programs("chromium")
        if not NOTO_CJK.exists():
            wanted.append("fonts-noto-cjk")
        if not any(POSTGRES.glob("*/bin/postgres")):
            wanted.append("postgresql")
    if purpose == "soak":
        wanted += absent_programs("rabbitmq-server", "nats-server")
    return wanted


def absent_programs(*names: str) -> "list[str]":
    """Programs that are not here; each is named like its package."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN])
    return [name for name in names if shutil.which(name, path=path) is None]


def install_packages(names: "list[str]") -> int:
    """Install Debian packages as root, through sudo only after saying so."""
    line = "apt-get install --no-install-recommends " + " ".join(names)
    if shutil.which("apt-get") is None:
        return _stop("缺少 missing: " + " ".join(names), "This is no Debian: install them by hand.")
    command = ["sh", str(ROOT / "tools" / "apt-install"), *names]
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            return _stop("缺少系统软件包。 System packages are missing.", "As root, run: " + line)
        _say("使用 sudo 安装 Using sudo to run: " + line)
        command.insert(0, "sudo")
    else:
        _say("安装系统软件包 Installing system packages: " + line)
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - fixed argv
        return _stop("软件包安装失败。 The packages were not installed.", "As root, run: " + line)
    return 0


def make_environment(folder: Path, purpose: str) -> int:
    """A virtual environment with exactly the locked packages and this checkout; fast when made."""
    lock = LOCKS[purpose]
    mark = _mark(lock)
    # What `test` installs contains what `demo` needs, at the same versions.
    stamps = [folder / (".installed-" + lock.stem), folder / ".installed-dev"]
    dev_mark = _mark(LOCKS["test"])
    if _holds(stamps[0], mark) or _holds(stamps[1], dev_mark):
        return 0
    python = folder / "bin" / "python"
    if not _runs(python):
        _say("创建虚拟环境 Making %s" % folder.name)
        if _run([sys.executable, "-m", "venv", "--clear", str(folder)]):
            return _stop("无法创建虚拟环境。 The virtual environment could not be made.")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-q"]
    _say("安装锁定的软件包 Installing the packages of locks/%s (about a minute)" % lock.name)
    hashed = [*pip, "--require-hashes", "--only-binary", ":all:"]
    # pyDes, which nfcpy needs, is one Python file without a wheel; setuptools makes one of it here.
    from_source = ["--no-binary", "pydes", "--no-build-isolation"]
    if _run([*hashed, "-r", str(SDIST)]) or _run([*hashed, *from_source, "-r", str(lock)]):
        return _stop("软件包安装失败。 The locked packages were not installed; see above.")
    if _run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)]):
        return _stop("程序安装失败。 This checkout was not installed; see above.")
    stamps[0].write_text(mark, encoding="utf-8")
    return 0


def _mark(lock: Path) -> str:
    """Changes when anything changes that an installation depends on."""
    parts = (lock.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _holds(stamp: Path, mark: str) -> bool:
    return (
        stamp.is_file()
        and stamp.read_text(encoding="utf-8") == mark
        and _runs(stamp.parent / "bin" / "python")
    )


def _runs(python: Path) -> bool:
    return python.is_file() and _run([str(python), "-c", "import pip"]) == 0


def _run(command: "list[str]") -> int:
    return subprocess.run(command, check=False).returncode  # noqa: S603 - fixed argv


def _say(text: str) -> None:
    print(text, flush=True)


def _stop(*lines: str, status: int = 1) -> int:
    print("\n".join(lines), file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
