"""What every package may use of the machine: threads, files, time limits, progress, SQL identifiers."""
