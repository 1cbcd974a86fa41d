"""Recognize a full disk, whichever library reports it, and describe a failed write without a path."""

from __future__ import annotations

import errno

from segmentation.errors import SegmentationError

FREE_SPACE = "Free up disk space and try again."
DISK_FULL = f"The disk is full. {FREE_SPACE}"
_CODES = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""No space, a limit on the size of a file, and a quota of the user."""
_MESSAGES = (
    "No space left",
    "ould not write all bytes",
    "File too large",
    "Disk quota exceeded",
    "ENOSPC",
    # DuckDB's share of the disk for temporary files; without a temporary directory it reports "0 bytes/0 bytes used".
    "failed to offload data block",
)
_NO_TEMPORARY_FILES = "(0 bytes/0 bytes used)"


def is_disk_full(error: BaseException) -> bool:
    """Whether this error, or one that led to it, was caused by a full disk."""
    step: BaseException | None = error
    while step is not None:
        if isinstance(step, OSError) and step.errno in _CODES:
            return True
        if not isinstance(step, SegmentationError) and is_disk_full_message(str(step)):
            return True
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    return False


def is_disk_full_message(message: str) -> bool:
    """Whether an engine's message says that the disk is full; libraries without error codes say so in words only.

    >>> is_disk_full_message('IO Error: Could not write file "/tmp/x.tmp": No space left on device')
    True
    """
    return _NO_TEMPORARY_FILES not in message and any(text in message for text in _MESSAGES)


def describe_write_error(error: OSError) -> str:
    """The reason of a failed write for the end of a sentence, never with a path.

    >>> describe_write_error(OSError(errno.ENOSPC, "No space left on device", "/home/me/list.csv"))
    'the disk is full'
    """
    return "the disk is full" if is_disk_full(error) else (error.strerror or "the system refused").lower()


def to_disk_full_error(error: BaseException) -> SegmentationError | None:
    """The error to show if no more specific one was raised; None if the cause is not a full disk."""
    return SegmentationError("The disk is full.", hint=FREE_SPACE) if is_disk_full(error) else None
