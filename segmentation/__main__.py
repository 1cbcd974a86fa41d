"""python -m segmentation: the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from segmentation.cli.parser import parse_arguments
from segmentation.errors import SegmentationError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for errors the user can correct, 130 if interrupted."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads sleep; must be set before numpy is imported
    try:
        arguments = parse_arguments(argv)
        from segmentation.cli import commands  # imported late: --help needs none of the libraries

        getattr(commands, arguments.command)(arguments)
    except SegmentationError as error:
        print(f"Error: {error.message}", *([f"Hint: {error.hint}"] if error.hint else []), sep="\n", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
