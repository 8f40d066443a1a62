"""Makes .venv with everything of pins/dev.txt in it; the Makefile runs it before anything else.

Only the standard library, and nothing newer than Python 3.7: this runs on the machine's own Python. Looks for a Python
3.12 that works, else 3.11. Where Debian's Python lacks venv, it installs that with apt, and says so.
"""

# ruff: noqa: S603, T201 (it runs what it found on this machine, and tells the user)

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PINS = ROOT / "pins" / "dev.txt"
STAMP = VENV / ".pins"
VERSIONS = ("3.12", "3.11")


def main():
    """Harmless when it has run before; two at once run one after the other."""
    with PINS.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make_ready()


def make_ready():
    pins = hashlib.sha256(PINS.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == pins and works(PYTHON):
        STAMP.touch()
        return 0
    if not works(PYTHON):
        make_venv()
    if not install():
        return 1
    STAMP.write_text(pins)
    return 0


def works(python, modules=""):
    """Whether it runs, is one of VERSIONS and has the modules. A shim on PATH may exist and not run."""
    code = f"import sys, ssl, sqlite3{modules}; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([str(python), "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.decode().strip() in VERSIONS


def candidates():
    """Every place where a Python of these versions may be, the newest version first."""
    homes = [os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv")]
    for version in VERSIONS:
        name = "python" + version
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            yield Path(folder) / name
        for home in homes:
            if home and os.access(home, os.X_OK):
                for found in sorted(Path(home, "versions").glob(version + "*"), reverse=True):
                    yield found / "bin" / name
        yield Path("/usr/bin") / name
        yield Path("/usr/local/bin") / name


def make_venv():
    python = next((p for p in candidates() if works(p, ", venv, ensurepip")), None)
    if python is None:
        python = next((p for p in candidates() if works(p)), None)
        if python is None:
            sys.exit("bootstrap: Python 3.12 or 3.11 is needed: `apt-get install python3` on Debian 12")
        install_debian_venv(python)
    print(f"Making .venv with {python}", flush=True)
    shutil.rmtree(str(VENV), ignore_errors=True)
    subprocess.run([str(python), "-m", "venv", str(VENV)], check=True)


def install_debian_venv(python):
    """Debian and Ubuntu ship venv apart from Python. The lists are updated only when they don't know the package."""
    package = "python3-venv" if python.name == default_python() else python.name + "-venv"
    print(f"Installing with apt: {package}", flush=True)
    root = [] if os.geteuid() == 0 else ["sudo"]
    if root and shutil.which("sudo") is None:
        sys.exit(f"bootstrap: run as root, or as a user with sudo, so that {package} can be installed")
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    install = [*command, "install", "-y", "--no-install-recommends", package]
    if subprocess.run(install).returncode != 0:
        subprocess.run([*command, "update"], check=True)
        subprocess.run(install, check=True)
    if not works(python, ", venv, ensurepip"):
        sys.exit(f"bootstrap: {python} still can't make an environment after installing {package}")


def default_python():
    """The name of Debian's python3, such as python3.11."""
    return Path(os.path.realpath("/usr/bin/python3")).name


def install():
    """pip's lines are the progress; without --no-deps it would weigh every version again, though all are pinned."""
    total = len(re.findall(r"(?m)^[A-Za-z0-9][^\n]*==", PINS.read_text()))
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    print(f"Installing the {total} Python packages of pins/dev.txt into .venv", flush=True)
    pip = subprocess.Popen(
        [*command, "--progress-bar", "off", "-r", str(PINS)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    last = []
    seen = 0
    for line in (raw.decode(errors="replace").rstrip() for raw in pip.stdout):
        last = [*last[-9:], line]
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            seen += 1
            show(seen, total, re.split(r"[ =]", line.replace("Requirement already satisfied: ", "Collecting "))[1])
        elif line.startswith("Installing collected"):
            show(total, total, "unpacking")
    if sys.stdout.isatty():
        print()
    if pip.wait() != 0:
        print("\n".join(["bootstrap: pip failed:", *last]), file=sys.stderr)
        return False
    return True


def show(seen, total, name):
    """One line that moves on a terminal; elsewhere a line now and then."""
    text = f"  {min(seen, total):3d} of {total} {name}"
    if sys.stdout.isatty():
        print(f"\r{text:<60}", end="", flush=True)
    elif seen % 20 == 0 or seen >= total:
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
