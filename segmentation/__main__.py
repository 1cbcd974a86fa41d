"""python -m segmentation: the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from segmentation.cli.parser import parse_arguments
from segmentation.errors import SegmentationError
from segmentation.runtime.disk_space import to_disk_full_error
from segmentation.runtime.garbage_collection import collect_less_often
from segmentation.snowflake_client.query_tag import describe_work


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for errors the user can correct, 130 if interrupted.

    `retrain` returns 3 for a run that is held for review.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads sleep; must be set before numpy is imported
    try:
        arguments = parse_arguments(argv)
        describe_work(arguments.command)
        from segmentation.cli import commands  # imported late: --help needs none of the libraries
        from segmentation.sales.load_size import confirm_load

        if arguments.yes:
            confirm_load("")
        code: int | None = getattr(commands, arguments.command)(arguments)
        sys.stdout.flush()  # a full disk behind a redirection shows only now
    except SegmentationError as error:
        _print_error(error)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except Exception as error:
        full = to_disk_full_error(error)
        if full is None:
            raise
        _print_error(full)
        return 2
    return code or 0


def _print_error(error: SegmentationError) -> None:
    print(f"Error: {error.message}", *([f"Hint: {error.hint}"] if error.hint else []), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    collect_less_often()
    sys.exit(main())
