"""Makes the tests' Python environment once and prints the path of its interpreter.

    python3 venv.py FOLDER

FOLDER becomes a virtual environment with the packages of tests/requirements.txt, or is left
alone when it already holds exactly those. Any number of these may run at once: one works, the
others wait for it.
"""

import os
import pathlib
import shutil
import subprocess
import sys

REQUIREMENTS = pathlib.Path(__file__).resolve().parent.parent / "requirements.txt"


def make(folder):
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    # Standard output carries the answer, so what the tools say goes to standard error.
    subprocess.run([sys.executable, "-m", "venv", partial], check=True, stdout=sys.stderr)
    pip = [partial / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--quiet", "-r", REQUIREMENTS], check=True, stdout=sys.stderr)
    shutil.copy(REQUIREMENTS, partial / "requirements.txt")
    os.rename(partial, folder)


def holds_the_packages(folder):
    try:
        return (folder / "requirements.txt").read_bytes() == REQUIREMENTS.read_bytes()
    except OSError:
        return False


def main():
    folder = pathlib.Path(sys.argv[1]).absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name(folder.name + ".lock"), "w") as lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        except ImportError:
            pass  # Only one at a time where there is no such lock.
        if not holds_the_packages(folder):
            make(folder)
    print(folder / "bin" / "python")


if __name__ == "__main__":
    main()
