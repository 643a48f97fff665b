"""`vitrine` for `spark-submit`, which takes files that end in .py; `python -m training.spark.submit` tells where."""

import os
import sys


def main() -> None:
    """Do what the arguments say; without any, print this file's path."""
    if len(sys.argv) == 1:
        print(__file__)  # noqa: T201
        return
    from recommender.command import main as command

    command()


if __name__ == "__main__":
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(__file__)]  # noqa: PTH120 - as Python put it there
    main()
