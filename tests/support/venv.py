"""Makes the tests' Python environment once and prints the path of its interpreter.

    python3 venv.py FOLDER REQUIREMENTS

FOLDER becomes a virtual environment with the packages of the file REQUIREMENTS, or is left
alone when it already holds exactly those. Any number of these may run at once: one works, the
others wait for it.
"""

import os
import pathlib
import shutil
import subprocess
import sys


def make(folder, requirements):
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    # Standard output carries the answer, so what the tools say goes to standard error.
    subprocess.run([sys.executable, "-m", "venv", partial], check=True, stdout=sys.stderr)
    pip = [partial / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--quiet", "-r", requirements], check=True, stdout=sys.stderr)
    shutil.copy(requirements, partial / "requirements.txt")
    os.rename(partial, folder)


def holds_the_packages(folder, requirements):
    try:
        return (folder / "requirements.txt").read_bytes() == requirements.read_bytes()
    except OSError:
        return False


def main():
    folder, requirements = (pathlib.Path(path).absolute() for path in sys.argv[1:])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name(folder.name + ".lock"), "w") as lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        except ImportError:
            pass  # Only one at a time where there is no such lock.
        if not holds_the_packages(folder, requirements):
            make(folder, requirements)
    print(folder / "bin" / "python")


if __name__ == "__main__":
    main()
